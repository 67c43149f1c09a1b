# The work of ./tools/readme. Arguments: files with what the quoted commands printed, if they ran.
readme <- readLines("README.md", encoding = "UTF-8")
faults <- 0
wrong <- function(...) {
  faults <<- faults + 1
  cat("README.md: ", ..., "\n", sep = "")
}

# Durations differ from run to run. Digits may differ where the processor has no fused multiply-add.
comparable <- function(lines) {
  lines <- gsub("\\b[0-9.]+ s\\b", "TIME s", trimws(lines, "right"))
  if (convstep::convstep_simd() == "baseline") gsub("[0-9.]+", "NUMBER", lines) else lines
}

# --- code ----------------------------------------------------------------------------------------

fences <- matrix(grep("^```", readme), 2)
blocks <- apply(fences[, readme[fences[1, ]] == "```r", drop = FALSE], 2, function(lines) {
  readme[seq(lines[1] + 1, lines[2] - 1)]
}, simplify = FALSE)

# Code that installs is not run: it must name the packages that are needed.
is_install <- vapply(blocks, function(block) startsWith(block[1], "install.packages"), NA)
needed <- unlist(strsplit(read.dcf("DESCRIPTION", c("Imports", "LinkingTo")), ","))
needed <- sub(" *\\(.*", "", trimws(needed))
needed <- setdiff(needed, rownames(installed.packages(priority = "base")))
for (block in blocks[is_install]) {
  named <- eval(str2lang(block[1])[[2]])
  if (!setequal(named, needed)) {
    wrong("installs ", toString(sort(named)), "; needed are ", toString(sort(needed)))
  }
}

# The rest runs in a fresh session, where a mark is printed behind each piece: some lines of code,
# then the lines of output that the page shows for them.
mark <- "-- piece --"
pieces_of <- function(block) {
  shown <- startsWith(block, "#>")
  number <- cumsum(!shown & c(TRUE, head(shown, -1)))
  Map(function(lines, shown) list(code = lines[!shown], output = sub("^#> ?", "", lines[shown])),
      split(block, number), split(shown, number))
}
outputs_of <- function(pieces) {
  code <- tempfile(fileext = ".R")
  on.exit(unlink(code))
  writeLines(unlist(lapply(pieces, function(piece) {
    c(piece$code, paste0("cat(\"", mark, "\\n\")"))
  })), code)
  printed <- system2(file.path(R.home("bin"), "Rscript"), c("--vanilla", code), stdout = TRUE,
                     stderr = TRUE)
  ends <- printed == mark
  unname(split(printed[!ends], factor(1 + cumsum(ends)[!ends], seq_along(pieces))))
}
examples <- lapply(blocks[!is_install], pieces_of)
for (pieces in examples) {
  came <- outputs_of(pieces)
  for (i in seq_along(pieces)) {
    if (!identical(comparable(pieces[[i]]$output), comparable(came[[i]]))) {
      wrong("shows\n", paste0("  < ", pieces[[i]]$output, "\n"), "for what prints\n",
            paste0("  > ", came[[i]], "\n"))
    }
  }
}

# What a command prints in the end must be among the lines that the page quotes.
quoted <- comparable(sub("^    ", "", grep("^    ", readme, value = TRUE)))
for (file in commandArgs(trailingOnly = TRUE)) {
  printed <- comparable(readLines(file))
  ends <- grep("^([0-9]+ epochs in|test accuracy:|median test accuracy:) ", printed, value = TRUE)
  if (length(ends) == 0) wrong("quotes nothing that ", file, " holds")
  for (line in setdiff(ends, quoted)) {
    wrong("does not quote '", line, "', which tools/", sub(".*\\.", "", file), " prints")
  }
}

# --- figures -------------------------------------------------------------------------------------

result <- function(name) readLines(file.path("tools", "bench", "results", paste0(name, ".md")))
# The first table of a file, its cells as text.
table_of <- function(lines) {
  first <- grep("^\\|", lines)[1]
  rows <- lines[first:(first - 1 + rle(startsWith(lines[-seq_len(first - 1)], "|"))$lengths[1])]
  cells <- lapply(strsplit(rows, "|", fixed = TRUE), function(row) trimws(row[-1]))
  table <- as.data.frame(do.call(rbind, cells[-(1:2)]))
  stats::setNames(table, cells[[1]])
}
# What the groups of a pattern match, in the one line that it matches.
groups <- function(pattern, lines) {
  line <- grep(pattern, lines, value = TRUE)
  if (length(line) != 1) stop("'", pattern, "' is in ", length(line), " lines of the results")
  regmatches(line, regexec(pattern, line))[[1]][-1]
}
conv <- result("conv")
speeds <- table_of(conv)
direct <- table_of(conv[-seq_len(grep("^## ", conv))])
layers <- result("layers")
others <- table_of(layers)
epoch <- table_of(result("epoch"))

inside <- unlist(apply(fences, 2, function(lines) seq(lines[1], lines[2]), simplify = FALSE))
text <- gsub(" +", " ", paste(readme[-inside], collapse = " "))
checked <- 0
must_say <- function(...) {
  checked <<- checked + 1
  sentence <- paste0(...)
  if (!grepl(sentence, text, fixed = TRUE)) wrong("does not say '", sentence, "'")
}

header <- "^Measured [0-9-]+ on (.*), 2 threads, R .*, PyTorch ([0-9]+[.][0-9]+)"
machine <- groups(header, conv)
for (lines in list(layers, result("epoch"))) stopifnot(identical(groups(header, lines), machine))
must_say("in double precision, on two threads of an ", machine[1], ", beside PyTorch ", machine[2],
         " in the same run")

f64 <- groups("against PyTorch float64: geometric mean (.*), lowest (.*)$", conv)
f32 <- groups("against PyTorch float32: geometric mean (.*), lowest ([^ ]*) [(](.*)[)]$", conv)
lowest <- speeds[which.min(speeds[["auto / f64"]]), ]
stopifnot(length(unique(speeds$layer)) == 8, nrow(speeds) == 16)
must_say("| convolution, eight layers, forward and backward: geometric mean | ", f64[1], " | ",
         f32[1], " | | the same, the lowest of the sixteen | ", f64[2], " (", lowest$layer, " ",
         lowest$direction, ") | ", f32[2], " (", f32[3], ") |")

pooling <- groups(paste("pooling and relu against PyTorch float64:",
                        "geometric mean (.*), lowest (.*) [(](.*)[)]$"), layers)
stopifnot(sum(grepl("pool|relu", others$layer)) == 16)
shape <- as.numeric(strsplit(sub(".*, ([0-9x]+) .*", "\\1", pooling[3]), "x")[[1]])
layer <- sub("pool [^ ]+", "pooling", sub(", [^ ]+", "", pooling[3]))
must_say("| pooling and ReLU, both directions: geometric mean | ", pooling[1], " | | | the same, ",
         "the lowest of the sixteen | ", pooling[2], " (", layer, ", ",
         round(8 * prod(shape) / 1e6), " MB) | |")

ratio <- stats::setNames(epoch$ratio, epoch$what)
must_say("| an epoch of a small net over the 60,000 images of Fashion-MNIST | ",
         ratio[["PyTorch float64"]], " | ", ratio[["PyTorch float32"]], " |")

large <- c("lenet2", "vgg64", "vgg128")
share <- range(as.numeric(direct[["avx512 % of peak"]][direct$layer %in% large]))
peak <- as.numeric(groups("peak avx512 on 2: ([0-9]+) GF/s", conv))
stopifnot(as.numeric(speeds$winograd[speeds$layer %in% large[-1]]) > peak)
must_say("runs at ", share[1], " to ", share[2], " % of the processor's multiply-adds in the ",
         "layers lenet2, vgg64 and vgg128; `\"winograd\"` passes them")

digits <- convstep::mnist_sample()
big <- function(x) format(x, big.mark = ",")
must_say(big(length(digits$train$y)), " images that the package carries")
must_say("its accuracy on the ", big(length(digits$test$y)), " held out")

# --- names ---------------------------------------------------------------------------------------

spans <- function(pattern) unlist(regmatches(text, gregexpr(pattern, text, perl = TRUE)))
code <- spans("(?<=`)[^`]+(?=`)")
paths <- unique(c(spans("(?<![a-z/])([.]ci|tools)/[a-z/-]+"), spans("(?<=\\]\\()[^):]+(?=\\))")))
for (path in paths[!file.exists(paths)]) wrong("names ", path, ", which is not there")
functions <- unique(sub("[(].*", "", grep("^[a-z_0-9]+[(]", code, value = TRUE)))
for (name in setdiff(functions, c(getNamespaceExports("convstep"), "vignette"))) {
  wrong("names ", name, "(), which the package has not")
}

cat(length(unlist(examples, recursive = FALSE)), " pieces of code run, ", checked,
    " sentences with figures, ", length(paths), " paths and ", length(functions),
    " functions looked at; ", faults, " wrong\n", sep = "")
quit(status = if (faults > 0) 1 else 0)
