// The arithmetic of the page, as the package's help pages define it; nothing here knows of the
// document. Matrices are arrays of rows. A geometry `g` has f = [rows, columns] of the window,
// stride, pad and dilation.

const matrix = (rows, columns, cell) =>
  Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => cell(r, c)));
const extents = (x) => [x.length, x[0].length];
const map = (x, f) => x.map((row, r) => row.map((value, c) => f(value, r, c)));
const each = (x, f) => x.forEach((row, r) => row.forEach((value, c) => f(value, r, c)));
const times = (a, b) => map(a, (value, r, c) => value * b[r][c]);
const sum = (x) => x.flat().reduce((total, value) => total + value, 0);

// Cells from the first to the last under a window of f cells.
const reach = (f, g) => g.dilation * (f - 1) + 1;

// Rows and columns of the output; below 1 where the window does not fit.
const outputExtents = (x, g) =>
  extents(x).map((n, axis) => Math.floor((n + 2 * g.pad - reach(g.f[axis], g)) / g.stride) + 1);

// The border has the value that its kind of layer takes for it: 0, or NaN for "not there".
const padMatrix = (x, pad, border = 0) =>
  matrix(x.length + 2 * pad, x[0].length + 2 * pad, (r, c) => x[r - pad]?.[c - pad] ?? border);

const cropMatrix = (x, pad) =>
  x.slice(pad, x.length - pad).map((row) => row.slice(pad, row.length - pad));

// Where cell (u, v) of the window at output cell (h, w) lies in the padded input.
const under = (g, [h, w], u, v) => [h * g.stride + u * g.dilation, w * g.stride + v * g.dilation];

function windowAt(padded, g, at) {
  return matrix(g.f[0], g.f[1], (u, v) => {
    const [r, c] = under(g, at, u, v);
    return padded[r][c];
  });
}

function convolve(x, W, b, g) {
  const padded = padMatrix(x, g.pad);
  return matrix(...outputExtents(x, g), (h, w) => sum(times(windowAt(padded, g, [h, w]), W)) + b);
}

// dA is the gradient of the input, dW of the filter, db of the bias.
function convolveBackward(x, W, dZ, g) {
  const padded = padMatrix(x, g.pad);
  const dPadded = map(padded, () => 0);
  const dW = map(W, () => 0);
  each(dZ, (dz, h, w) => {
    each(W, (weight, u, v) => {
      const [r, c] = under(g, [h, w], u, v);
      dPadded[r][c] += weight * dz;
      dW[u][v] += padded[r][c] * dz;
    });
  });
  return { dA: cropMatrix(dPadded, g.pad), dW, db: sum(dZ) };
}

// The cells of a window that are there: padding does not count in pooling.
const real = (window) => window.flat().filter((value) => !Number.isNaN(value));

function pooled(window, mode) {
  const cells = real(window);
  return mode === "max" ? Math.max(...cells) : cells.reduce((a, b) => a + b, 0) / cells.length;
}

// The part of the gradient that each cell of a window gets.
function shares(window, mode, ties) {
  if (mode === "average") {
    const count = real(window).length;
    return map(window, (value) => (Number.isNaN(value) ? 0 : 1 / count));
  }
  const largest = pooled(window, "max");
  let won = false;
  return map(window, (value) => {
    const wins = value === largest && !(won && ties === "first");
    won = won || wins;
    return wins ? 1 : 0;
  });
}

function pool(x, g, mode) {
  const padded = padMatrix(x, g.pad, NaN);
  return matrix(...outputExtents(x, g), (h, w) => pooled(windowAt(padded, g, [h, w]), mode));
}

function poolBackward(x, dA, g, mode, ties) {
  const padded = padMatrix(x, g.pad, NaN);
  const dPadded = map(padded, () => 0);
  each(dA, (da, h, w) => {
    each(shares(windowAt(padded, g, [h, w]), mode, ties), (share, u, v) => {
      const [r, c] = under(g, [h, w], u, v);
      dPadded[r][c] += share * da;
    });
  });
  return cropMatrix(dPadded, g.pad);
}
