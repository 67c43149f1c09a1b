# One page of pictures about a fit: learning curves, filters, confusion matrix, mistakes.
#   source("tools/report.R")
#   draw_report(fit, x, y, "report.png")
draw_report <- function(fit, x, y, file) {
  grDevices::png(file, 1600, 1200, res = 130,
                 type = if (capabilities("cairo")) "cairo" else getOption("bitmapType"))
  on.exit(grDevices::dev.off())
  # 1 title, 2 and 3 curves, 4 a heading, 5 confusion, 6 filters, 7 a heading, 8 mistakes.
  graphics::layout(
    rbind(c(1, 1, 1), c(2, 3, 5), c(4, 4, 5), c(6, 6, 5), c(7, 7, 7), c(8, 8, 8)),
    widths = c(1, 1, 1.35), heights = c(0.42, 2.5, 0.3, 1.25, 0.34, 2.1)
  )
  graphics::par(cex = 1)
  predicted <- predict(fit, x)
  wrong <- which(as.character(predicted) != as.character(y))
  heading <- function(text, cex) {
    graphics::par(mar = c(0, 1, 0, 1))
    graphics::plot.new()
    graphics::plot.window(c(0, 1), c(0, 1), xaxs = "i")
    graphics::text(0, 0.4, text, adj = c(0, 0.5), cex = cex, font = 2, col = "#1F2933")
  }
  heading(sprintf("%s of %s images recognised: %.2f %%",
                  format(length(y) - length(wrong), big.mark = ","),
                  format(length(y), big.mark = ","), 100 * (1 - length(wrong) / length(y))), 1.5)
  plot(fit, "loss")
  plot(fit, "accuracy")
  heading("What the first layer looks for", 1.15)
  plot_confusion(fit, x, y)
  plot_filters(fit)
  heading("What it got wrong, the truth first", 1.15)
  plot_images(x[wrong, , , , drop = FALSE], paste(y[wrong], "as", predicted[wrong]), max = 30)
  invisible(normalizePath(file))
}
