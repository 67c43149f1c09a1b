# The part of lib.sh that is easier said in R: Rscript tools/lib.R COMMAND [ARGUMENT]...

# Names and least versions of the packages in fields of DESCRIPTION, or given by name.
requirements <- function(what) {
  description <- read.dcf("DESCRIPTION")
  fields <- intersect(what, colnames(description))
  entries <- trimws(unlist(strsplit(description[, fields], ",")))
  entries <- c(entries, setdiff(what, c("Depends", "Imports", "LinkingTo", "Suggests")))
  name <- sub("[ (].*", "", entries)
  least <- ifelse(grepl(">=", entries), gsub(".*>= *|\\).*", "", entries), "0.0")
  least <- tapply(least, name, function(versions) as.character(max(package_version(versions))))
  data.frame(name = names(least), least = as.vector(least))
}

missing_packages <- function(what) {
  needed <- requirements(what)
  there <- mapply(function(name, least) {
    nzchar(system.file(package = name)) && utils::packageVersion(name) >= least
  }, needed$name, needed$least)
  needed$name[!there]
}

# The library to install into: the first that may be written to, else the user's own.
writable_library <- function() {
  for (path in .libPaths()) {
    if (file.access(path, 2) == 0) {
      return(path)
    }
  }
  path <- path.expand(strsplit(Sys.getenv("R_LIBS_USER"), .Platform$path.sep)[[1]][1])
  if (is.na(path) || !dir.create(path, recursive = TRUE, showWarnings = FALSE)) {
    stop("No library may be written to; set R_LIBS_USER to a folder of yours")
  }
  path
}

install <- function(names) {
  repos <- getOption("repos")
  if (identical(unname(repos["CRAN"]), "@CRAN@")) {
    stop("Needed: ", paste(names, collapse = ", "),
         ". No CRAN mirror is configured: set options(repos = ...) in your .Rprofile")
  }
  utils::install.packages(names, lib = writable_library(), repos = repos)
  still <- missing_packages(names)
  if (length(still) > 0) {
    stop("Could not be installed: ", paste(still, collapse = ", "))
  }
}

# One sum over the names and contents of everything that R CMD INSTALL reads.
checksum <- function() {
  files <- c("DESCRIPTION", "NAMESPACE", "LICENSE", list.files(c("R", "src", "inst", "man"),
                                                               recursive = TRUE, full.names = TRUE))
  files <- sort(grep("\\.(o|so|dll)$", files, value = TRUE, invert = TRUE), method = "radix")
  list <- tempfile()
  on.exit(unlink(list))
  writeLines(c(R.version.string, paste(files, tools::md5sum(files))), list)
  unname(tools::md5sum(list))
}

arguments <- commandArgs(trailingOnly = TRUE)
switch(arguments[1],
  missing = cat(missing_packages(arguments[-1]), sep = "\n"),
  install = install(arguments[-1]),
  library = cat(writable_library(), "\n", sep = ""),
  checksum = cat(checksum(), "\n", sep = ""),
  stop("Unknown command: ", arguments[1])
)
