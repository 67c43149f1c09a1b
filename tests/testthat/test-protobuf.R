fault <- function(message) stop(message)

# Numbers and their bytes as the format's documentation and Python's protobuf have them.
test_that("numbers are written in groups of seven bits", {
  expect_identical(pb_varint(0), as.raw(0))
  expect_identical(pb_varint(127), as.raw(127))
  expect_identical(pb_varint(128), as.raw(c(0x80, 0x01)))
  expect_identical(pb_varint(150), as.raw(c(0x96, 0x01)))
  expect_identical(pb_varint(-1), as.raw(c(rep(0xff, 9), 0x01)))
  expect_identical(pb_varint(-2), as.raw(c(0xfe, rep(0xff, 8), 0x01)))
  expect_identical(pb_varint_field(1, 150), as.raw(c(0x08, 0x96, 0x01)))
  expect_identical(pb_string_field(2, "testing"),
                   as.raw(c(0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67)))
  expect_identical(pb_float_field(1, 1), as.raw(c(0x0d, 0, 0, 0x80, 0x3f)))
})

test_that("what is written is read again", {
  for (x in c(0, 1, 127, 128, 300, 2^31, 2^52 + 1, -1, -128, -2^40 - 3)) {
    fields <- pb_fields(c(pb_varint_field(7, x), pb_string_field(2, "\u00e9"),
                          pb_float_field(100, 0.5)), fault)
    expect_identical(vapply(fields, `[[`, 0, "field"), c(7, 2, 100))
    expect_identical(pb_last(fields, 7), x)
    expect_identical(pb_strings(fields, 2), "\u00e9")
    expect_identical(readBin(pb_last(fields, 100), "double", size = 4, endian = "little"), 0.5)
  }
  expect_identical(pb_fields(raw(), fault), list())
})

test_that("repeated numbers may be packed or not", {
  packed <- pb_bytes_field(8, c(pb_varint(3), pb_varint(-1), pb_varint(1000)))
  single <- c(pb_varint_field(8, 3), pb_varint_field(8, -1), pb_varint_field(8, 1000))
  expect_identical(pb_numbers(pb_fields(packed, fault), 8, fault), c(3, -1, 1000))
  expect_identical(pb_numbers(pb_fields(single, fault), 8, fault), c(3, -1, 1000))
  expect_identical(pb_numbers(pb_fields(raw(), fault), 8, fault), double())
})

test_that("a message cut anywhere is refused or is a shorter message", {
  bytes <- c(pb_varint_field(1, 300), pb_string_field(2, "testing"), pb_float_field(3, 1))
  whole <- c(0, 3, 12, 17)
  for (n in seq(0, length(bytes) - 1)) {
    cut <- bytes[seq_len(n)]
    if (n %in% whole) {
      expect_length(pb_fields(cut, fault), match(n, whole) - 1)
    } else {
      expect_error(pb_fields(cut, fault), "ends within a (number|field)")
    }
  }
  expect_error(pb_fields(as.raw(0x0b), fault), "unknown type")
  expect_error(unpack_varints(as.raw(c(1, 0x80)), fault), "within a number")
})
