skip_if_not_installed("jsonlite")

# A file built byte by byte, as the format's definition has it.
safetensors_file <- function(header, data, length = nchar(header)) {
  file <- tempfile(fileext = ".safetensors")
  bytes <- c(writeBin(c(as.integer(length), 0L), raw(), endian = "little"), charToRaw(header), data)
  writeBin(bytes, file)
  file
}

read_all_tensors <- function(file) {
  index <- safetensors_index(file)
  mapply(read_safetensor, index, names(index), MoreArgs = list(file = file), SIMPLIFY = FALSE)
}

numbers <- c(1, -2, 0.1, NaN, Inf, -Inf, 0, -0, 65504, 65519, 65520, 1e-8, 6e-8, 2^-24 * 1.5, 2^-14,
             1023.75, 2047.5, -2049)
# What PyTorch 1.13 makes of them: torch.tensor(numbers).to(dtype).view(torch.int16).
bits <- list(
  BF16 = c(16256, 49152, 15821, 65535, 32640, 65408, 0, 32768, 18304, 18304, 18304, 12844, 13185,
           13248, 14464, 17536, 17664, 50432),
  F16 = c(15360, 49152, 11878, 32256, 31744, 64512, 0, 32768, 31743, 31743, 31744, 0, 1, 2, 1024,
          25600, 26624, 59392)
)
bytes_of <- function(words) writeBin(as.integer(words), raw(), size = 2, endian = "little")

test_that("halves have PyTorch's bits, both ways", {
  for (dtype in names(bits)) {
    number <- !is.nan(numbers)
    expect_identical(matrix(encode_floats(numbers, dtype), 2)[, number],
                     matrix(bytes_of(bits[[dtype]]), 2)[, number], label = dtype)
    decoded <- decode_floats(bytes_of(bits[[dtype]]), length(numbers), dtype)
    expect_true(is.nan(decoded[!number]))
    expect_true(is.nan(decode_floats(encode_floats(NaN, dtype), 1, dtype)))
    relative <- if (dtype == "F16") 2^-11 else 2^-8
    inside <- number & is.finite(decoded) & abs(numbers) >= 2^-14
    expect_true(all(abs(decoded - numbers)[inside] <= relative * abs(numbers[inside])))
  }
})

test_that("a tensor's bytes lie row-major in the file", {
  # Rows (1, 2, 3) and (4, 5, 6) of a 2 x 3 matrix, and a number without extents.
  file <- safetensors_file(
    paste0('{"__metadata__":{"made":"by hand"},"m":{"dtype":"F32","shape":[2,3],',
           '"data_offsets":[0,24]},"s":{"dtype":"F64","shape":[],"data_offsets":[24,32]}}'),
    c(writeBin(as.double(1:6), raw(), size = 4, endian = "little"),
      writeBin(0.1, raw(), endian = "little"))
  )
  tensors <- read_all_tensors(file)
  expect_identical(tensors$m, matrix(as.double(1:6), 3)) # extents turned around
  expect_identical(tensors$s, 0.1)
})

test_that("what is written is read again", {
  tensors <- list(a = array(as.double(1:24), 2:4), `b/c` = c(-1, 0.5), empty = numeric())
  for (dtype in names(safetensors_bytes)) {
    file <- tempfile()
    write_safetensors(tensors, file, dtype, list(made = "here"))
    expect_equal(file.size(file) %% 2, 0)
    read <- read_all_tensors(file)
    expect_identical(read$a, tensors$a)
    expect_identical(as.vector(read$`b/c`), tensors$`b/c`)
    expect_length(read$empty, 0)
  }
})

test_that("a file cut short or with a header that lies is refused with what is wrong", {
  one <- '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
  file <- safetensors_file(one, raw(8))
  expect_length(read_all_tensors(file)$a, 2)
  refused <- function(header, data = raw(8), ...) {
    file <- safetensors_file(header, data, ...)
    message <- expect_error(read_all_tensors(file))$message
    cat(sub(file, "FILE", message, fixed = TRUE), "\n")
  }
  expect_snapshot({
    refused(one, raw(7))
    refused(one, raw(9))
    refused(one, length = 1e6)
    refused(one, length = -1L)
    refused(one, length = 20)
    refused("[1, 2]")
    refused('{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}')
    refused('{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}')
    refused('{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}')
    refused('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,1e15]}}')
    refused('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}')
    refused('{"a":{"dtype":"I8","shape":[8],"data_offsets":[0,8]}}')
    refused('{"a":{"dtype":"F32","shape":[2]}}')
    refused(paste0('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},',
                   '"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'))
  })
  cut <- tempfile()
  writeBin(raw(5), cut)
  expect_error(safetensors_index(cut), "ends within its first eight bytes")
})
