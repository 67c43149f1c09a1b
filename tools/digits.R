# The training that ./tools/demo shows and ./tools/accuracy repeats with other seeds.

train_digits <- function(digits, seed, epochs = 25, ...) {
  set.seed(seed)
  cnn(digits$train$x, digits$train$y,
      layers = lenet(filters = c(16, 32), units = 256, dropout = 0.5), epochs = epochs,
      optimizer = adam(schedule_cosine(0.002, epochs)), augment = augment_shift(2), ...)
}
