# The file format safetensors: eight bytes with the length of a header, a header of JSON that names
# each tensor's type, shape and place, and the tensors' bytes, little-endian and row-major
# (<https://github.com/huggingface/safetensors>). It holds no code, so a file that lies can be
# wrong, but does no harm: everything that the header says is checked before any of it is used.

safetensors_bytes <- c(F64 = 8, F32 = 4, F16 = 2, BF16 = 2)
# The format's own limit.
longest_header <- 1e8

# A list of the tensors in `file` by name, each a list of `dtype`, `shape` (row-major, the last
# extent running fastest) and its first byte and the byte behind its last, counted from the start
# of the file.
safetensors_index <- function(file) {
  check_file(file)
  size <- file.size(file)
  connection <- file(file, "rb")
  on.exit(close(connection))
  halves <- readBin(connection, "integer", 2, size = 4, endian = "little")
  if (length(halves) < 2) stop_safetensors(file, "ends within its first eight bytes")
  length <- sum((halves %% 2^32) * c(1, 2^32))
  if (length < 2 || length > longest_header || length > size - 8) {
    stop_safetensors(file, "says that its header has ", format(length, digits = 15),
                     " bytes, but has ", format(size - 8, digits = 15),
                     " in all behind that number")
  }
  header <- parse_safetensors_header(readBin(connection, "raw", length), file)
  header <- header[names(header) != "__metadata__"]
  tensors <- lapply(names(header), function(name) {
    safetensors_entry(header[[name]], name, 8 + length, size, file)
  })
  names(tensors) <- names(header)
  check_safetensors_cover(tensors, 8 + length, size, file)
  tensors
}

parse_safetensors_header <- function(bytes, file) {
  need_package("jsonlite", "to read and write safetensors files")
  header <- tryCatch(jsonlite::fromJSON(rawToChar(bytes), simplifyVector = FALSE),
                     error = function(e) NULL)
  if (!is.list(header) || length(header) > 0 && is.null(names(header))) {
    stop_safetensors(file, "has a header that is not a JSON object")
  }
  twice <- names(header)[duplicated(names(header))]
  if (length(twice) > 0) stop_safetensors(file, "names the tensor \"", twice[1], "\" twice")
  header
}

safetensors_entry <- function(entry, name, start, size, file) {
  fault <- function(...) stop_safetensors(file, "says of the tensor \"", name, "\" ", ...)
  if (!is.list(entry) || !all(c("dtype", "shape", "data_offsets") %in% names(entry))) {
    fault("no dtype, shape and data_offsets")
  }
  whole <- function(x) {
    x <- suppressWarnings(as.numeric(unlist(x)))
    if (anyNA(x) || any(x < 0) || any(x != round(x)) || any(x > 2^52)) fault("sizes that are none")
    x
  }
  shape <- whole(entry$shape)
  offsets <- whole(entry$data_offsets)
  if (length(offsets) != 2 || offsets[2] < offsets[1] || start + offsets[2] > size) {
    fault("that it lies at bytes ", paste(format(offsets, digits = 15), collapse = " to "),
          " of ", format(size - start, digits = 15))
  }
  bytes <- safetensors_bytes[as.character(entry$dtype)[1]]
  if (is.na(bytes)) bytes <- NULL # a type that we need not read, until it is asked for
  if (!is.null(bytes) && prod(shape) * bytes != offsets[2] - offsets[1]) {
    fault("a shape of (", paste(shape, collapse = ", "), ") in ", entry$dtype, ", ",
          format(prod(shape) * bytes, digits = 15), " bytes, but gives it ",
          format(offsets[2] - offsets[1], digits = 15))
  }
  list(dtype = as.character(entry$dtype)[1], shape = shape, begin = start + offsets[1],
       end = start + offsets[2])
}

# The tensors must lie one after the other, without holes and overlaps, up to the end of the file.
check_safetensors_cover <- function(tensors, start, size, file) {
  begin <- vapply(tensors, `[[`, 0, "begin")
  end <- vapply(tensors, `[[`, 0, "end")
  order <- order(begin, end)
  if (!identical(as.vector(c(begin[order], size)), as.vector(c(start, end[order])))) {
    stop_safetensors(file, "has tensors that overlap, bytes that belong to none, or is cut short")
  }
}

# The values of a tensor in an array whose extents are those of the file turned around, so that the
# bytes lie in R's order: a file's (K, C, H, W) becomes (W, H, C, K).
read_safetensor <- function(file, entry, name) {
  if (!entry$dtype %in% names(safetensors_bytes)) {
    stop_safetensors(file, "holds the tensor \"", name, "\" as ", entry$dtype, ", not as one of ",
                     paste(names(safetensors_bytes), collapse = ", "))
  }
  n <- prod(entry$shape)
  connection <- file(file, "rb")
  on.exit(close(connection))
  seek(connection, entry$begin)
  bytes <- readBin(connection, "raw", n * safetensors_bytes[[entry$dtype]])
  values <- decode_floats(bytes, n, entry$dtype)
  if (length(values) != n) stop_safetensors(file, "ends within the tensor \"", name, "\"")
  if (length(entry$shape) > 0) dim(values) <- rev(entry$shape)
  values
}

decode_floats <- function(bytes, n, dtype) {
  switch(dtype,
    F64 = readBin(bytes, "double", n, size = 8, endian = "little"),
    F32 = readBin(bytes, "double", n, size = 4, endian = "little"),
    # The upper half of a single.
    BF16 = readBin(rbind(matrix(raw(1), 2, length(bytes) / 2), matrix(bytes, 2)), "double", n,
                   size = 4, endian = "little"),
    F16 = half_to_double(readBin(bytes, "integer", n, size = 2, signed = FALSE, endian = "little"))
  )
}

# IEEE 754 half precision: a sign, five bits of exponent, ten of the fraction.
half_to_double <- function(bits) {
  sign <- ifelse(bits >= 32768, -1, 1)
  exponent <- (bits %/% 1024) %% 32
  fraction <- bits %% 1024
  size <- ifelse(exponent == 0, fraction * 2^-24, (1024 + fraction) * 2^(exponent - 25))
  size[exponent == 31] <- ifelse(fraction[exponent == 31] == 0, Inf, NaN)
  sign * size
}

# The nearest half, ties to even; beyond its range infinite.
double_to_half <- function(x) {
  size <- abs(x)
  exponent <- pmin(pmax(floor(log2(ifelse(size > 0 & is.finite(size), size, 1))), -14), 15)
  # round() of R takes the even neighbour of halves. A fraction that reaches 2048 carries over.
  units <- round(size / 2^(exponent - 10))
  bits <- ifelse(units < 1024, units, (exponent + 14) * 1024 + units)
  bits[size >= 65520] <- 31 * 1024
  negative <- !is.na(x) & (x < 0 | 1 / x < 0)
  bits[is.na(x)] <- 31 * 1024 + 512
  as.integer(bits + 32768 * negative)
}

encode_floats <- function(values, dtype) {
  switch(dtype,
    F64 = writeBin(as.double(values), raw(), size = 8, endian = "little"),
    F32 = writeBin(as.double(values), raw(), size = 4, endian = "little"),
    F16 = writeBin(double_to_half(as.double(values)), raw(), size = 2, endian = "little"),
    BF16 = {
      bytes <- writeBin(as.double(values), raw(), size = 4, endian = "little")
      halves <- matrix(readBin(bytes, "integer", 2 * length(values), size = 2, signed = FALSE,
                               endian = "little"), 2)
      # To nearest, ties to even; a NaN stays one.
      up <- halves[1, ] > 32768 | (halves[1, ] == 32768 & halves[2, ] %% 2 == 1)
      halves <- ifelse(is.nan(values), 32704L, halves[2, ] + (up & !is.nan(values)))
      writeBin(as.integer(halves), raw(), size = 2, endian = "little")
    }
  )
}

# Writes arrays in R's order under their extents turned around, a list by name; `metadata` is a list
# of strings. The file appears whole or not at all.
write_safetensors <- function(tensors, file, dtype, metadata = list()) {
  need_package("jsonlite", "to read and write safetensors files")
  shapes <- lapply(tensors, function(x) rev(if (is.null(dim(x))) length(x) else dim(x)))
  sizes <- vapply(shapes, prod, 0) * safetensors_bytes[[dtype]]
  ends <- cumsum(sizes)
  entries <- Map(function(shape, begin, end) {
    list(dtype = jsonlite::unbox(dtype), shape = as.numeric(shape), data_offsets = c(begin, end))
  }, shapes, ends - sizes, ends)
  if (length(metadata) > 0) {
    entries <- c(list(`__metadata__` = lapply(metadata, jsonlite::unbox)), entries)
  }
  header <- charToRaw(enc2utf8(as.character(jsonlite::toJSON(entries, digits = NA))))
  # Spaces up to a multiple of eight bytes, so that the tensors are aligned.
  header <- c(header, rep(charToRaw(" "), -length(header) %% 8))
  replace_file(file, function(part) {
    write_bytes(part, c(
      list(writeBin(c(length(header), 0L), raw(), size = 4, endian = "little"), header),
      lapply(tensors, encode_floats, dtype)
    ))
    size <- 8 + length(header) + sum(sizes)
    if (file.size(part) != size) {
      stop("Of ", size, " bytes only ", file.size(part), " could be written to '", part, "'.",
           call. = FALSE)
    }
  })
}

write_bytes <- function(file, pieces) {
  connection <- file(file, "wb")
  on.exit(close(connection))
  for (piece in pieces) writeBin(piece, connection)
}

stop_safetensors <- function(file, ...) {
  stop_assertion("file", "Must be a safetensors file, but '", file, "' ", ...)
}
