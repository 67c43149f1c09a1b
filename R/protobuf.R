# The wire format of protocol buffers, as far as ONNX needs it: a message is a row of fields, each a
# number and a value (<https://protobuf.dev/programming-guides/encoding/>). Writers return raw
# vectors, to be put behind each other; the reader returns lists.

pb_varint_field <- function(field, x) c(pb_varint(8 * field), pb_varint(x))

pb_bytes_field <- function(field, bytes) {
  c(pb_varint(8 * field + 2), pb_varint(length(bytes)), bytes)
}

pb_string_field <- function(field, x) pb_bytes_field(field, charToRaw(enc2utf8(x)))

pb_float_field <- function(field, x) {
  c(pb_varint(8 * field + 5), writeBin(as.double(x), raw(), size = 4, endian = "little"))
}

# One whole number, |x| < 2^53: groups of seven bits, the lowest first, a bit in front of all but the
# last; negative numbers as 64 bits of two's complement. Divisions by powers of two are exact.
pb_varint <- function(x) {
  groups <- floor(x / 128^(0:8)) %% 128
  groups <- if (x < 0) c(groups, 1) else groups[seq_len(max(1, which(groups != 0)))]
  as.raw(groups + rep(c(128, 0), c(length(groups) - 1, 1)))
}

# The fields of a message: a list of lists of `field`, its number, and `value`: a number, or the raw
# bytes of a string, a nested message, a fixed size or a packed row. `fault(message)` does not
# return.
pb_fields <- function(bytes, fault) {
  at <- 1
  end <- length(bytes)
  fields <- list()
  varint <- function() {
    # At most ten bytes.
    few <- as.integer(bytes[at:min(at + 9, end)])
    last <- which(few < 128)[1]
    if (at > end || is.na(last)) fault("ends within a number")
    at <<- at + last
    pb_number(few[seq_len(last)] %% 128)
  }
  take <- function(n) {
    if (n < 0 || n > end - at + 1) fault("ends within a field")
    at <<- at + n
    bytes[seq.int(at - n, length.out = n)]
  }
  while (at <= end) {
    key <- varint()
    value <- switch(as.character(key %% 8), `0` = varint(), `1` = take(8), `2` = take(varint()),
                    `5` = take(4), fault("has a field of unknown type"))
    fields[[length(fields) + 1]] <- list(field = key %/% 8, value = value)
  }
  fields
}

# From groups of seven bits, the lowest first; ten of them are a negative number.
pb_number <- function(groups) {
  n <- length(groups)
  if (n == 10) -(sum((127 - groups[1:9]) * 128^(0:8)) + 1) else sum(groups * 128^(seq_len(n) - 1))
}

# All values of one field, in their order.
pb_all <- function(fields, field) {
  lapply(Filter(function(entry) entry$field == field, fields), `[[`, "value")
}

# Its last value, which is the one that counts, or `otherwise`.
pb_last <- function(fields, field, otherwise = NULL) {
  values <- pb_all(fields, field)
  if (length(values) > 0) values[[length(values)]] else otherwise
}

pb_strings <- function(fields, field) vapply(pb_all(fields, field), pb_string, "")

pb_string <- function(bytes) {
  text <- rawToChar(bytes[bytes != 0])
  Encoding(text) <- "UTF-8"
  text
}

# Repeated numbers, packed into one row or field by field.
pb_numbers <- function(fields, field, fault) {
  as.double(unlist(lapply(pb_all(fields, field), function(value) {
    if (is.raw(value)) unpack_varints(value, fault) else value
  })))
}

unpack_varints <- function(bytes, fault) {
  last <- which(bytes < as.raw(128))
  if (length(bytes) > 0 && (length(last) == 0 || last[length(last)] != length(bytes))) {
    fault("ends within a number")
  }
  first <- c(1, last[-length(last)] + 1)[seq_along(last)]
  mapply(function(from, to) pb_number(as.integer(bytes[from:to]) %% 128), first, last)
}
