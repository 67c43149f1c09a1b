# One look for every picture: a palette that stays apart for colour-blind readers (the blue and
# vermilion family of Okabe and Ito), dark ink on white paper, no boxes, pale rules.

theme <- list(
  paper = "#FFFFFF", ink = "#1F2933", muted = "#5B6876", rule = "#DDE3E9", blank = "#F4F6F8",
  blue = "#0072B2", vermilion = "#D55E00", green = "#00785A", purple = "#9A4F80",
  # Where a value is missing.
  missing = "#F0E442"
)

# Neighbouring windows in a picture of pooling: a strong and a pale colour each.
window_colours <- c(theme$blue, theme$vermilion, theme$green, theme$purple)
window_tints <- c("#DBEAF6", "#FBE5D6", "#D8EFE7", "#F1E1EC")

# White paper to dark ink: 0 is nothing, the largest value is full ink.
ink_colours <- function(n = 256) {
  grDevices::colorRampPalette(c(theme$paper, "#A9B4BF", theme$ink), space = "Lab")(n)
}

# Negative blue, zero white, positive vermilion; both ends equally dark.
diverging_colours <- function(n = 255) {
  grDevices::colorRampPalette(
    c("#00426B", theme$blue, "#9CC7E4", "#FCFCFC", "#F4BC95", theme$vermilion, "#7A3400"),
    space = "Lab"
  )(n)
}

# Hits and misses in a table of counts.
count_colours <- function(n = 256) {
  grDevices::colorRampPalette(c(theme$paper, "#9CC7E4", theme$blue, "#00426B"), space = "Lab")(n)
}

miss_colours <- function(n = 256) {
  grDevices::colorRampPalette(c(theme$paper, "#F4BC95", theme$vermilion), space = "Lab")(n)
}

# Limits on both sides of 0 for values of both signs; where all are 0, the middle stays 0.
even_limits <- function(values) {
  largest <- max(0, abs(values[is.finite(values)]))
  c(-1, 1) * (if (largest > 0) largest else 1)
}

# The colour of each value on a ramp between two limits; what lies outside takes the end's colour.
colours_of <- function(values, ramp, limits) {
  colours <- ramp[1 + round(share_between(values, limits) * (length(ramp) - 1))]
  colours[is.na(colours)] <- theme$missing
  dim(colours) <- dim(values)
  colours
}

# How far values lie from one limit (0) to the other (1); what lies outside counts as the end.
# Halves, as the difference of the largest numbers is infinite.
share_between <- function(values, limits) {
  above <- as.vector(values) / 2 - limits[1] / 2
  span <- limits[2] / 2 - limits[1] / 2
  pmin(pmax(if (span > 0) above / span else (above > 0) + 0, 0), 1)
}

# Text on a filled cell: whichever of ink and paper stands out.
text_colour_on <- function(fill) {
  rgb <- grDevices::col2rgb(fill) / 255
  linear <- ifelse(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055)^2.4)
  luminance <- as.vector(c(0.2126, 0.7152, 0.0722) %*% linear)
  ifelse(luminance > 0.3, theme$ink, theme$paper)
}

# Sets the look for one picture and returns the former settings, to be restored on exit.
use_theme <- function(mar = rep(0.4, 4), ...) {
  graphics::par(
    mar = mar, bg = theme$paper, col.axis = theme$muted,
    col.lab = theme$ink, col.main = theme$ink, family = "sans", ...
  )
}
