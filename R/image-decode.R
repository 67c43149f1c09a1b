# One image file: its kind by its first bytes, whole or not, decoded by the package for its kind and
# brought to size in C++.

# The bytes of an image (size, channels) as `reading` (see check_reading()) wants it. A file that
# holds none is an error of class `convstep_bad_image` that says why.
decode_image <- function(file, reading) {
  bytes <- image_bytes(file)
  kind <- image_kind(bytes)
  if (is.null(kind)) stop_bad_image("is no image of a known kind")
  decoded <- switch(kind,
    JPEG = decode_jpeg(bytes),
    PNG = decode_png(bytes),
    decode_other(bytes, kind)
  )
  resize_image_cpp(decoded$pixels, decoded$extents, decoded$orientation, reading$resize,
                   reading$size, reading$channels, reading$fill)
}

image_bytes <- function(file) {
  size <- file.size(file)
  if (is.na(size)) stop_bad_image("is not there")
  if (dir.exists(file)) stop_bad_image("is a folder")
  if (size == 0) stop_bad_image("is empty")
  tryCatch(readBin(file, "raw", size), warning = function(w) NULL, error = function(e) NULL) %||%
    stop_bad_image("may not be read")
}

`%||%` <- function(x, otherwise) if (is.null(x)) otherwise else x

image_kind <- function(bytes) {
  starts <- function(hex, at = 1) {
    wanted <- as.raw(strtoi(strsplit(hex, " ")[[1]], 16L))
    identical(bytes[at - 1 + seq_along(wanted)], wanted)
  }
  if (starts("ff d8 ff")) {
    "JPEG"
  } else if (starts("89 50 4e 47 0d 0a 1a 0a")) {
    "PNG"
  } else if (starts("49 49 2a 00") || starts("4d 4d 00 2a")) {
    "TIFF"
  } else if (starts("47 49 46 38")) {
    "GIF"
  } else if (starts("52 49 46 46") && starts("57 45 42 50", 9)) {
    "WebP"
  } else if (starts("66 74 79 70", 5)) {
    "HEIF"
  } else if (starts("42 4d")) {
    "BMP"
  }
}

# The decoders: each returns `pixels`, R's native raster or raw bytes of red, green, blue and alpha,
# row by row; `extents`, its rows and columns; and the `orientation` by EXIF's number.

decode_jpeg <- function(bytes) {
  checked <- jpeg_fault_cpp(bytes)
  if (checked$fault != "") stop_bad_image(checked$fault)
  need_decoder("jpeg", "JPEG")
  said <- what_is_said(raster <- decoded_by(jpeg::readJPEG(bytes, native = TRUE)))
  # libjpeg goes on after any damage, and only says so; bytes too many between segments do no harm.
  damage <- grepl("Corrupt JPEG data|Premature end|Invalid SOS", said) & !grepl("extraneous", said)
  if (any(damage)) {
    stop_bad_image("is damaged: ", sub(".*JPEG decompression: *", "", said[damage][1]))
  }
  if (identical(attr(raster, "color.space"), "CMYK")) {
    return(decode_other(bytes, "CMYK JPEG"))
  }
  list(pixels = raster, extents = dim(raster), orientation = checked$orientation)
}

decode_png <- function(bytes) {
  fault <- png_fault_cpp(bytes)
  if (fault != "") stop_bad_image(fault)
  need_decoder("png", "PNG")
  # It warns that only the upper 8 of 16 bits are kept, which is meant.
  raster <- decoded_by(suppressWarnings(png::readPNG(bytes, native = TRUE)))
  list(pixels = raster, extents = dim(raster), orientation = 1L)
}

decode_other <- function(bytes, kind) {
  need_decoder("magick", kind)
  image <- decoded_by({
    image <- magick::image_orient(magick::image_read(bytes)[1])
    magick::image_data(magick::image_convert(image, colorspace = "sRGB"), "rgba")
  })
  list(pixels = as.vector(image), extents = dim(image)[3:2], orientation = 1L)
}

# The lines that C code prints on the error stream while `code` runs.
what_is_said <- function(code) {
  said <- character()
  connection <- textConnection("said", "w", local = TRUE)
  former <- sink.number(type = "message")
  sink(connection, type = "message")
  tryCatch(code, finally = {
    if (former == 2) sink(type = "message") else sink(getConnection(former), type = "message")
    close(connection) # which adds a line that has no end
  })
  said
}

# What a decoder throws is a bad image.
decoded_by <- function(code) {
  tryCatch(code, error = function(e) {
    stop_bad_image("cannot be decoded: ", sub("^\\s*lib(png|jpeg) error: *", "",
                                              trimws(conditionMessage(e))))
  })
}

stop_bad_image <- function(...) {
  stop(structure(class = c("convstep_bad_image", "error", "condition"),
                 list(message = paste0(...), call = NULL)))
}

need_decoder <- function(package, kind) {
  if (!requireNamespace(package, quietly = TRUE)) {
    stop(kind, " files are read by the package '", package, "', which is not installed: ",
         "install.packages(\"", package, "\").", call. = FALSE)
  }
}
