library(testthat)
library(convstep)

test_check("convstep")
