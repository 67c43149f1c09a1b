# serve.R PORT FOLDER: the installed tutorial, rendered in a copy of it, until the process ends.
arguments <- commandArgs(trailingOnly = TRUE)
from <- system.file("tutorials", "convstep", package = "convstep")
file.copy(from, arguments[2], recursive = TRUE)
options(tutorial.storage = "none")
rmarkdown::run(file.path(arguments[2], "convstep", "convstep.Rmd"), shiny_args = list(
  port = as.integer(arguments[1]), launch.browser = FALSE
))
