// The page: what is chosen, what is shown, and what mouse, touch and keys do to it.

const $ = (id) => document.getElementById(id);

// ---- what is chosen ------------------------------------------------------------------------------

const pictures = [
  { name: "numbers", x: [[3, 1, 2, 0, 4], [0, 5, 7, 1, 2], [1, 8, 2, 3, 1], [2, 9, 5, 1, 6], [7, 3, 1, 7, 2]] },
  ...Object.entries(digits).map(([name, hex]) => ({
    name: `digit ${name}`,
    x: matrix(28, 28, (r, c) => parseInt(hex.substr(2 * (28 * r + c), 2), 16) / 255)
  }))
];

const presets = [
  { name: "right edge", W: [[1, 0, -1], [2, 0, -2], [1, 0, -1]] },
  { name: "bottom edge", W: [[1, 2, 1], [0, 0, 0], [-1, -2, -1]] },
  { name: "left edge", W: [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]] },
  { name: "top edge", W: [[-1, -2, -1], [0, 0, 0], [1, 2, 1]] },
  { name: "outline", W: [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]] },
  { name: "blur", W: [[0.1, 0.1, 0.1], [0.1, 0.2, 0.1], [0.1, 0.1, 0.1]] },
  { name: "sharpen", W: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]] },
  { name: "copy", W: [[0, 0, 0], [0, 1, 0], [0, 0, 0]] }
];

const copy = (x) => x.map((row) => [...row]);

// What explore_convolution() of the package was given.
const start = JSON.parse($("start").textContent);
if (start.x) pictures.unshift({ name: "yours", x: start.x });

const state = {
  layer: "convolution", pass: "forward", mode: "max", ties: "all", gradient: "single", tool: "move",
  picture: start.x ? "yours" : "digit 3", W: copy(presets[0].W), b: 0,
  convolution: { stride: 1, pad: 0, dilation: 1 },
  pooling: { f: 2, stride: 2, pad: 0 },
  at: [6, 10],   // row and column of the output, from 0
  pen: [0, 0],   // the cell of the image where keys draw
  dz: 1,         // the gradient at the framed cell
  reached: null  // while playing: how far the output has come
};
state.x = copy(pictures.find((picture) => picture.name === state.picture).x);
if (start.W) state.W = start.W;
if (start.b !== undefined) state.b = start.b;
for (const name of ["stride", "pad", "dilation"]) {
  if (start[name] !== undefined) state.convolution[name] = start[name];
}
if (start.x) state.at = [0, 0];

const isConvolution = () => state.layer === "convolution";
const isBackward = () => state.pass === "backward";

function geometry() {
  if (isConvolution()) return { f: extents(state.W), ...state.convolution };
  const { f, stride, pad } = state.pooling;
  return { f: [f, f], stride, pad, dilation: 1 };
}

const fits = (g) => outputExtents(state.x, g).every((n) => n >= 1);

// The gradient of the output, in the form that was chosen.
function outputGradient(rows, columns) {
  if (state.gradient === "own" && state.dZ.length === rows && state.dZ[0].length === columns) return state.dZ;
  if (state.gradient === "own") choose("gradient", "single");
  const [h, w] = state.at;
  if (state.gradient === "single") return matrix(rows, columns, (r, c) => (r === h && c === w ? state.dz : 0));
  return state.gradient === "ones" ? matrix(rows, columns, () => 1) : output();
}

// The cost that has this gradient.
const costs = {
  single: "the framed cell", ones: "the sum of all cells", output: "half the sum of the squares", own: "your own"
};

function output() {
  return isConvolution() ? convolve(state.x, state.W, state.b, geometry()) : pool(state.x, geometry(), state.mode);
}

// ---- what is shown -------------------------------------------------------------------------------

const grids = {};
for (const name of ["input", "output", "window", "stamp", "products", "total"]) grids[name] = new Grid($(name));

const leads = {
  "convolution forward": "A filter is laid on a window of the image. The cells that meet are multiplied, the " +
    "products are added up, and the sum is one cell of the feature map.",
  "convolution backward": "The cost changes by dZ with a cell of the output. Each cell of its window took part " +
    "with the weight that lay on it, and each weight with the cell under it: so does each gradient. Where windows " +
    "overlap, the parts add up.",
  "pooling forward": "Pooling looks through a window too, but has nothing to learn: it keeps the largest value, " +
    "or the mean, and the image gets smaller.",
  "pooling backward": "The gradient of a cell goes back to where its value came from: all of it to the largest " +
    "cell of the window, or equal parts to every cell. Where windows overlap, the parts add up."
};

const place = ([h, w]) => `row ${h + 1}, column ${w + 1}`;
const size = ([rows, columns]) => `${rows} \u00d7 ${columns}`;

function describeWindow(x) {
  return x.map((row) => row.map(brief).join(", ")).join("; ");
}

function show() {
  const g = geometry();
  const shape = outputExtents(state.x, g);
  state.at = state.at.map((value, axis) => Math.min(Math.max(value, 0), shape[axis] - 1));
  const border = isConvolution() ? 0 : NaN;
  const padded = padMatrix(state.x, g.pad, border);
  const seen = windowAt(padded, g, state.at);
  const room = extents(padded).map((n, axis) => Math.max(n, shape[axis]));
  const scene = { g, shape, padded, seen, room };
  document.body.dataset.view = `${state.layer} ${state.pass}`;
  $("lead").textContent = leads[`${state.layer} ${state.pass}`];
  $("window").closest(".middle").style.setProperty("--f-columns", g.f[1]);
  $("stage").style.setProperty("--columns", room[1]);
  $("window").closest(".middle").dataset.size = g.f[1] > 5 ? "widest" : g.f[1] > 3 ? "wide" : "";
  $("input-note").textContent = size(extents(state.x)) + (g.pad > 0 ? `, padded to ${size(extents(padded))}` : "");
  $("output-note").textContent = size(shape) + (isBackward() ? `; cost: ${costs[state.gradient]}` : "");
  if (isConvolution()) {
    (isBackward() ? showConvolutionBackward : showConvolution)(scene);
  } else {
    (isBackward() ? showPoolingBackward : showPooling)(scene);
  }
  showControls(g, shape);
  link();
}

// The frames around the cells of a window: one, or one a cell where dilation spreads them apart.
function windowFrames(g) {
  const [h, w] = state.at;
  if (g.dilation === 1) return [[h * g.stride, w * g.stride, ...g.f]];
  return matrix(...g.f, (u, v) => [...under(g, state.at, u, v), 1, 1]).flat();
}

const numbered = (room) => Math.max(...room) <= 9;

function drawInput({ g, padded, room }, title, values, kind) {
  $("input-title").textContent = title;
  const largest = largestOf(values);
  const tone = toneOf(kind, largest);
  const strongest = largestOf(state.x);
  const ghost = (value) => toneOf("ink", 6 * strongest)(Math.abs(value));
  const inside = (r, c) => r >= g.pad && c >= g.pad && r < padded.length - g.pad && c < padded[0].length - g.pad;
  const blank = palette().blank;
  const rules = [];
  if (!isConvolution() && state.pooling.stride >= state.pooling.f) {
    each(matrix(...outputExtents(state.x, g), () => 0), (_, h, w) => rules.push([h * g.stride, w * g.stride, ...g.f]));
  }
  grids.input.draw(values, {
    room, rules, clear: numbered(room),
    // On the way back, a cell that gets nothing shows the image, in grey.
    fill: (value, r, c) => (!inside(r, c) ? blank : isBackward() && value === 0 ? ghost(padded[r][c]) : tone(value)),
    label: numbered(room) ? (value, r, c) => (inside(r, c) ? short(value) : isConvolution() ? "0" : "") : null,
    frames: windowFrames(g)
  });
  if (state.tool !== "move") {
    const [r, c] = state.pen;
    add(grids.input.marks, "rect", { class: "pen", x: (c + g.pad) * UNIT, y: (r + g.pad) * UNIT, width: UNIT, height: UNIT });
  }
  $("input").setAttribute("aria-label", `${title}, ${size(extents(state.x))}. Window at ${place(state.at)} of the output.`);
}

function drawOutput({ shape, room }, title, values, kind = numbered(room) ? "pale" : "signed") {
  $("output-title").textContent = title;
  const tone = toneOf(kind, largestOf(values));
  const after = (r, c) => state.reached !== null && r * shape[1] + c > state.reached;
  const blank = palette().blank;
  grids.output.draw(values, {
    room,
    fill: (value, r, c) => (after(r, c) || Number.isNaN(value) ? blank : tone(value)),
    label: numbered(room) ? (value, r, c) => (after(r, c) ? "" : short(value)) : null,
    frames: [[...state.at, 1, 1]]
  });
  const [h, w] = state.at;
  $("output").setAttribute("aria-label", `${title}, ${size(shape)}. The framed cell, ${place(state.at)}, is ${brief(values[h][w])}.`);
}

function drawBlock(name, title, values, sign = "", options = {}) {
  const block = $(`${name}-block`);
  block.hidden = false;
  block.dataset.sign = sign;
  if (!sign) delete block.dataset.sign;
  block.querySelector("h3").textContent = title;
  const tone = toneOf("pale", largestOf(values));
  grids[name].draw(values, {
    fill: (value) => (Number.isNaN(value) ? palette().blank : tone(value)),
    label: (value) => (Number.isNaN(value) ? "" : short(value)), ...options
  });
  $(name).setAttribute("aria-label", `${title}: ${describeWindow(values)}`);
}

// The window as a picture of its own, in the colours of the image.
function drawWindow({ seen, room }, sign = "", options = {}) {
  const tone = toneOf(imageKind(room), largestOf(state.x));
  drawBlock("window", "window", seen, sign, {
    fill: (value) => (Number.isNaN(value) ? palette().blank : tone(value)), ...options
  });
}

// Ink on paper, unless it has negative values or shows its numbers.
function imageKind(room) {
  if (state.x.flat().some((value) => value < 0)) return numbered(room) ? "pale" : "signed";
  return numbered(room) ? "pale" : "ink";
}

function hideBlocks(...names) {
  names.forEach((name) => { $(`${name}-block`).hidden = true; });
}

// Lines of a sum: words and a value, or words and a field to edit.
function showSum(lines) {
  const sum = $("sum");
  const shape = lines.map((line) => line.words).join();
  if (sum.dataset.shape !== shape) {
    sum.dataset.shape = shape;
    sum.replaceChildren();
    for (const { words, edit, result } of lines) {
      const label = sum.appendChild(document.createElement("span"));
      label.textContent = words;
      const value = sum.appendChild(document.createElement(edit ? "input" : "span"));
      if (edit) {
        Object.assign(value, { type: "number", step: "any", id: `edit-${edit}` });
        value.setAttribute("aria-label", words);
        value.addEventListener("input", () => editSum(edit, value.valueAsNumber));
        stepByKeys(value, 1);
      }
      if (result) { label.className = "result"; value.className = "result"; value.id = "result"; }
    }
  }
  lines.forEach(({ value, edit }, i) => {
    const element = sum.children[2 * i + 1];
    if (!edit) element.textContent = brief(value);
    else if (document.activeElement !== element) element.value = Math.round(value * 100) / 100;
  });
}

function editSum(what, value) {
  if (!Number.isFinite(value)) return;
  if (what === "bias") state.b = value;
  else setGradient(value);
  show();
}

function setGradient(value) {
  if (state.gradient === "single") {
    state.dz = value;
    return;
  }
  const [h, w] = state.at;
  state.dZ = copy(outputGradient(...outputExtents(state.x, geometry())));
  state.dZ[h][w] = value;
  choose("gradient", "own");
}

function showConvolution(scene) {
  const { seen, room } = scene;
  const Z = convolve(state.x, state.W, state.b, scene.g);
  const products = times(seen, state.W);
  drawInput(scene, "image", scene.padded, imageKind(room));
  drawWindow(scene);
  drawFilter("\u00d7");
  drawBlock("products", "window \u00d7 filter", products, "=");
  hideBlocks("stamp", "total");
  drawOutput(scene, "feature map", Z);
  const total = sum(products);
  showSum([{ words: "sum", value: total }, { words: "+ bias", value: state.b, edit: "bias" },
           { words: "output", value: total + state.b, result: true }]);
  announce(`Output ${place(state.at)}: products ${brief(total)} plus bias ${brief(state.b)} gives ${brief(total + state.b)}.`);
}

function showConvolutionBackward(scene) {
  const { g, shape, seen, room } = scene;
  const dZ = outputGradient(...shape);
  const dz = dZ[state.at[0]][state.at[1]];
  const { dA, dW, db } = convolveBackward(state.x, state.W, dZ, g);
  drawInput(scene, "dA_prev", padMatrix(dA, g.pad), numbered(room) ? "pale" : "signed");
  drawBlock("stamp", "added to dA_prev", map(state.W, (value) => value * dz));
  drawFilter("\u2190");
  drawBlock("products", "added to dW", map(seen, (value) => value * dz));
  drawWindow(scene, "\u2190");
  drawBlock("total", "dW in all", dW);
  drawOutput(scene, "dZ", dZ);
  showSum([{ words: "\u00d7 dZ", value: dz, edit: "dz" }, { words: "db in all", value: db, result: true }]);
  announce(`dZ ${place(state.at)} is ${brief(dz)}. The filter times ${brief(dz)} is added to dA_prev, the window times ${brief(dz)} to dW. db is ${brief(db)}.`);
}

function showPooling(scene) {
  const { g, seen, room } = scene;
  const A = pool(state.x, g, state.mode);
  const value = A[state.at[0]][state.at[1]];
  drawInput(scene, "image", scene.padded, imageKind(room));
  drawWindow(scene, "", { rings: state.mode === "max" ? ringsOf(seen) : [] });
  hideBlocks("filter", "stamp", "products", "total");
  drawOutput(scene, state.mode === "max" ? "maximum" : "average", A, imageKind(room));
  const cells = real(seen);
  showSum(state.mode === "max" ? [{ words: "largest", value, result: true }] :
    [{ words: "sum", value: sum([cells]) }, { words: "\u00f7 cells", value: cells.length },
     { words: "mean", value, result: true }]);
  announce(`Output ${place(state.at)}: the ${state.mode === "max" ? "largest" : "mean"} of ${describeWindow(seen)} is ${brief(value)}.`);
}

function ringsOf(seen) {
  const part = shares(seen, "max", isBackward() ? state.ties : "all");
  return part.flatMap((row, r) => row.flatMap((value, c) => (value > 0 ? [[r, c, 1, 1]] : [])));
}

function showPoolingBackward(scene) {
  const { g, shape, seen, room } = scene;
  const dA = outputGradient(...shape);
  const da = dA[state.at[0]][state.at[1]];
  const part = shares(seen, state.mode, state.ties);
  const back = poolBackward(state.x, dA, g, state.mode, state.ties);
  drawInput(scene, "dA_prev", padMatrix(back, g.pad), numbered(room) ? "pale" : "signed");
  drawBlock("products", "added to dA_prev", map(part, (value) => value * da));
  drawBlock("stamp", state.mode === "max" ? "mask" : "equal parts", part, "\u2190");
  drawWindow(scene, "", { rings: state.mode === "max" ? ringsOf(seen) : [] });
  hideBlocks("filter", "total");
  drawOutput(scene, "dA", dA);
  showSum([{ words: "\u00d7 dA", value: da, edit: "dz" }, { words: "sum", value: sum(part) * da, result: true }]);
  announce(`The gradient ${place(state.at)} is ${brief(da)}; the cells of its window get ${describeWindow(map(part, (value) => value * da))}.`);
}

// ---- the filter: fields to type into --------------------------------------------------------------

function drawFilter(sign) {
  const holder = $("filter");
  const block = $("filter-block");
  block.hidden = false;
  block.dataset.sign = sign;
  if (!sign) delete block.dataset.sign;
  const [rows, columns] = extents(state.W);
  if (holder.dataset.shape !== `${rows},${columns}`) {
    holder.dataset.shape = `${rows},${columns}`;
    holder.replaceChildren();
    each(state.W, (_, r, c) => {
      const field = holder.appendChild(document.createElement("input"));
      Object.assign(field, { type: "number", step: "any" });
      field.setAttribute("aria-label", `filter, row ${r + 1}, column ${c + 1}`);
      field.addEventListener("input", () => {
        if (!Number.isFinite(field.valueAsNumber)) return;
        state.W[r][c] = field.valueAsNumber;
        show();
      });
      field.addEventListener("focus", () => field.select());
      field.addEventListener("blur", show);
      stepByKeys(field, 1);
    });
  }
  const tone = toneOf("pale", largestOf(state.W));
  each(state.W, (value, r, c) => {
    const field = holder.children[r * columns + c];
    if (document.activeElement !== field || field.valueAsNumber !== value) field.value = Math.round(value * 1e6) / 1e6;
    field.style.backgroundColor = tone(value);
    field.style.color = textOn(tone(value));
  });
}

// Up and down in whole steps, a tenth with the shift key; a browser's own steps ask for a grid.
function stepByKeys(field, step) {
  field.addEventListener("keydown", (event) => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    const value = (field.valueAsNumber || 0) + direction * (event.shiftKey ? step / 10 : step);
    field.value = Math.round(value * 1e6) / 1e6;
    field.dispatchEvent(new Event("input"));
  });
}

function resizeFilter(f) {
  const [rows, columns] = extents(state.W);
  const [top, left] = [Math.floor((f - rows) / 2), Math.floor((f - columns) / 2)];
  state.W = matrix(f, f, (r, c) => state.W[r - top]?.[c - left] ?? 0);
}

// ---- settings -------------------------------------------------------------------------------------

const steppers = [
  { name: "f", words: "size", least: 1, most: 7 },
  { name: "stride", words: "stride", least: 1, most: 8 },
  { name: "pad", words: "padding", least: 0, most: 8 },
  { name: "dilation", words: "dilation", least: 1, most: 6 }
];

function valueOf(name) {
  if (isConvolution() && name === "f") return Math.max(...extents(state.W));
  return state[state.layer][name];
}

// The geometry with one value changed.
function changed(name, value) {
  const g = geometry();
  return name === "f" ? { ...g, f: [value, value] } : { ...g, [name]: value };
}

function setGeometry(name, value) {
  const { least, most } = steppers.find((stepper) => stepper.name === name);
  if (!Number.isInteger(value) || value < least || value > most || !fits(changed(name, value))) return false;
  if (isConvolution() && name === "f") resizeFilter(value);
  else state[state.layer][name] = value;
  state.reached = null;
  show();
  return true;
}

function buildSteppers() {
  for (const stepper of steppers) {
    const { name, words, least, most } = stepper;
    const holder = $("steppers").appendChild(document.createElement("div"));
    holder.className = "stepper";
    holder.dataset.name = name;
    holder.innerHTML = `<label for="set-${name}">${words}</label>
      <button type="button" aria-label="less ${words}" tabindex="-1">\u2212</button>
      <input type="number" id="set-${name}" min="${least}" max="${most}" step="1">
      <button type="button" aria-label="more ${words}" tabindex="-1">+</button>`;
    const [less, more] = holder.querySelectorAll("button");
    const field = holder.querySelector("input");
    less.addEventListener("click", () => setGeometry(name, valueOf(name) - 1));
    more.addEventListener("click", () => setGeometry(name, valueOf(name) + 1));
    field.addEventListener("input", () => setGeometry(name, field.valueAsNumber));
    field.addEventListener("blur", show);
  }
}

function picture(x, kind) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const [rows, columns] = extents(x);
  svg.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
  svg.setAttribute("aria-hidden", "true");
  const tone = toneOf(kind, largestOf(x));
  each(x, (value, r, c) => add(svg, "rect", { x: c, y: r, width: 1.02, height: 1.02, fill: tone(value) }));
  return svg;
}

function pick(holder, name, content, act) {
  const button = holder.appendChild(document.createElement("button"));
  button.type = "button";
  button.className = "pick";
  button.dataset.name = name;
  button.title = name;
  button.setAttribute("aria-label", name);
  if (typeof content === "string") {
    button.classList.add("worded");
    button.textContent = content;
  } else {
    button.append(content);
  }
  button.addEventListener("click", act);
}

function buildPicks() {
  $("presets").replaceChildren();
  for (const { name, W } of presets) {
    pick($("presets"), name, picture(W, "signed"), () => {
      state.W = copy(W);
      if (!fits(geometry())) state.convolution = { stride: 1, pad: 1, dilation: 1 };
      state.reached = null;
      show();
    });
  }
  $("pictures").replaceChildren();
  for (const { name, x } of pictures) {
    pick($("pictures"), name, picture(x, x.flat().some((value) => value < 0) ? "signed" : "ink"), () => setPicture(name, x));
  }
  pick($("pictures"), "a sheet to draw on", "Draw your own", () => {
    setPicture("a sheet to draw on", matrix(20, 20, () => 0));
    choose("tool", "draw");
    show();
  });
}

function setPicture(name, x) {
  stop();
  state.picture = name;
  state.x = copy(x);
  if (!fits(geometry())) state[state.layer] = isConvolution() ? { stride: 1, pad: 1, dilation: 1 } : { f: 2, stride: 2, pad: 0 };
  state.at = extents(x)[0] > 9 ? [6, 10] : [1, 0];
  state.pen = extents(x).map((n) => n >> 1);
  choose("tool", "move");
  show();
}

// A radio button chosen by the page itself; none has the value "own".
function choose(name, value) {
  state[name] = value;
  document.querySelectorAll(`input[name="${name}"]`).forEach((radio) => { radio.checked = radio.value === value; });
}

function showControls(g, shape) {
  for (const { name, least, most } of steppers) {
    const holder = document.querySelector(`.stepper[data-name="${name}"]`);
    holder.hidden = name === "dilation" && !isConvolution();
    const [less, more] = holder.querySelectorAll("button");
    const field = holder.querySelector("input");
    const value = valueOf(name);
    less.disabled = value <= least || !fits(changed(name, value - 1));
    more.disabled = value >= most || !fits(changed(name, value + 1));
    if (document.activeElement !== field && !holder.hidden) field.value = value;
  }
  $("filters").hidden = !isConvolution();
  $("modes").hidden = isConvolution();
  $("ties").hidden = isConvolution() || !isBackward() || state.mode !== "max";
  $("gradients").hidden = !isBackward();
  document.body.classList.toggle("drawing", state.tool !== "move");
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  for (const button of $("presets").children) {
    button.setAttribute("aria-pressed", same(state.W, presets.find((preset) => preset.name === button.dataset.name).W));
  }
  for (const button of $("pictures").children) button.setAttribute("aria-pressed", button.dataset.name === state.picture);
  showWords(g, shape);
}

// The output's size as a formula with its numbers, and the call in R.
function showWords(g, shape) {
  const axis = (n, f, result) => {
    const span = g.dilation > 1 ? `${g.dilation}\u00b7(${f} \u2212 1) \u2212 1` : `${f}`;
    return `\u230a(${n} + 2\u00b7${g.pad} \u2212 ${span}) / ${g.stride}\u230b + 1 = ${result}`;
  };
  const [n, f] = [extents(state.x), g.f];
  const rows = `rows: ${axis(n[0], f[0], shape[0])}`;
  const square = n[0] === n[1] && f[0] === f[1];
  $("size").textContent = `Output ${square ? rows.replace("rows", "rows and columns") : `${rows}; columns: ${axis(n[1], f[1], shape[1])}`}`;
  const code = (value) => String(Math.round(value * 1e6) / 1e6);
  const { stride, pad, dilation } = g;
  if (isConvolution()) {
    const cells = matrix(f[1], f[0], (c, r) => state.W[r][c]).flat().map(code).join(", ");
    const spread = dilation > 1 ? `, dilation = ${dilation}` : "";
    $("code").textContent = `W <- array(c(${cells}), c(${f[0]}, ${f[1]}, 1, 1))\n` +
      `out <- conv_forward(x, W, b = ${code(state.b)}, list(stride = ${stride}, pad = ${pad}${spread}))` +
      (isBackward() ? "\nconv_backward(dZ, out$cache)" : "");
  } else {
    const padding = pad > 0 ? `, pad = ${pad}` : "";
    $("code").textContent = `out <- pool_forward(x, list(f = ${f[0]}, stride = ${stride}${padding}), mode = "${state.mode}")` +
      (isBackward() ? `\npool_backward(dA, out$cache, mode = "${state.mode}", ties = "${state.ties}")` : "");
  }
}

// Words for a screen reader, once the window has come to rest.
let announcing;
function announce(words) {
  clearTimeout(announcing);
  announcing = setTimeout(() => { $("announcement").textContent = words; }, 300);
}

// ---- lines from the window to what is made of it, and on to the output ----------------------------

function link() {
  const links = $("links");
  const origin = links.getBoundingClientRect();
  const corners = (rect) => ({ left: rect.left - origin.left, top: rect.top - origin.top,
                               right: rect.right - origin.left, bottom: rect.bottom - origin.top });
  const g = geometry();
  const [h, w] = state.at;
  const framed = corners(grids.input.placeOf([h * g.stride, w * g.stride, reach(g.f[0], g), reach(g.f[1], g)]));
  const patch = corners($(isConvolution() && isBackward() ? "stamp" : isBackward() ? "products" : "window").getBoundingClientRect());
  links.replaceChildren();
  const cell = corners(grids.output.placeOf([h, w, 1, 1]));
  const result = corners($("sum").getBoundingClientRect());
  const beside = patch.top < $("input").getBoundingClientRect().bottom - origin.top;
  const lines = beside ?
    [[framed.right, framed.top, patch.left, patch.top], [framed.right, framed.bottom, patch.left, patch.bottom],
     [result.right + 4, isBackward() ? result.top + 16 : result.bottom - 14, cell.left, (cell.top + cell.bottom) / 2]] :
    [[framed.left, framed.bottom, patch.left, patch.top], [framed.right, framed.bottom, patch.right, patch.top]];
  for (const [x1, y1, x2, y2] of lines) add(links, "line", { x1, y1, x2, y2 });
}

// ---- moving the window ----------------------------------------------------------------------------

function moveTo(at) {
  const shape = outputExtents(state.x, geometry());
  const next = at.map((value, axis) => Math.min(Math.max(Math.round(value), 0), shape[axis] - 1));
  if (String(next) === String(state.at) && state.reached === null) return;
  state.at = next;
  state.reached = null;
  show();
}

// One cell on or back in the order in which the output is filled.
function step(by) {
  const [rows, columns] = outputExtents(state.x, geometry());
  const index = (state.at[0] * columns + state.at[1] + by + rows * columns) % (rows * columns);
  state.at = [Math.floor(index / columns), index % columns];
}

let playing = null;
function stop() {
  clearInterval(playing);
  playing = null;
  state.reached = null;
  $("play").textContent = "Play";
}

function play() {
  if (playing) {
    stop();
    show();
    return;
  }
  $("play").textContent = "Stop";
  const [rows, columns] = outputExtents(state.x, geometry());
  state.at = [0, 0];
  // About twenty seconds for the whole map, but no faster than the eye; with less motion, in slow
  // single steps.
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pause = calm ? 1200 : Math.min(700, Math.max(30, 20000 / (rows * columns)));
  const draw = () => {
    state.reached = state.at[0] * outputExtents(state.x, geometry())[1] + state.at[1];
    show();
  };
  draw();
  playing = setInterval(() => {
    const [lastRow, lastColumn] = outputExtents(state.x, geometry());
    if (state.at[0] === lastRow - 1 && state.at[1] === lastColumn - 1) {
      stop();
      show();
      return;
    }
    step(1);
    draw();
  }, pause);
}

// Ink as dark as the picture's darkest, or none; on a large picture with a soft edge.
function draw(r, c, ink) {
  const largest = largestOf(pictures.find((picture) => picture.name === state.picture)?.x ?? [[1]]) || 1;
  const soft = Math.max(...extents(state.x)) > 9;
  each(state.x, (value, row, column) => {
    const distance = Math.hypot(row - r, column - c);
    const strength = soft ? Math.min(1, Math.max(0, 1.5 - distance)) : distance < 0.5 ? 1 : 0;
    if (strength === 0) return;
    state.x[row][column] = ink ? Math.max(value, largest * strength) : value * (1 - strength);
  });
  state.reached = null;
}

// A fast hand leaves no gaps.
function stroke(from, to) {
  const steps = Math.max(1, ...to.map((value, axis) => Math.abs(value - from[axis])));
  for (let k = 0; k <= steps; k++) {
    draw(...to.map((value, axis) => Math.round(from[axis] + (k / steps) * (value - from[axis]))), state.tool === "draw");
  }
  state.pen = to;
}

function drags(svg, start, move) {
  svg.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    stop();
    svg.setPointerCapture(event.pointerId);
    svg.focus({ preventScroll: true });
    start(event);
    const onMove = (next) => { if (next.pointerId === event.pointerId) move(next); };
    svg.addEventListener("pointermove", onMove);
    const end = () => svg.removeEventListener("pointermove", onMove);
    svg.addEventListener("pointerup", end, { once: true });
    svg.addEventListener("pointercancel", end, { once: true });
  });
}

let grabbed = [0, 0];
function grab(event) {
  const g = geometry();
  const [r, c] = grids.input.cellAt(event.clientX, event.clientY);
  if (state.tool !== "move") {
    drag(event);
    return;
  }
  const span = g.f.map((f) => reach(f, g));
  const inside = [r, c].every((value, axis) =>
    value >= state.at[axis] * g.stride && value <= state.at[axis] * g.stride + span[axis]);
  // A window taken hold of keeps its place under the finger; elsewhere its middle comes there.
  grabbed = inside ? [r - state.at[0] * g.stride, c - state.at[1] * g.stride] : span.map((n) => n / 2);
  drag(event);
}

function drag(event) {
  const g = geometry();
  const [r, c] = grids.input.cellAt(event.clientX, event.clientY);
  if (state.tool !== "move") {
    const pen = [r, c].map((value, axis) =>
      Math.min(Math.max(Math.floor(value) - g.pad, 0), extents(state.x)[axis] - 1));
    stroke(event.type === "pointerdown" ? pen : state.pen, pen);
    show();
    return;
  }
  moveTo([(r - grabbed[0]) / g.stride, (c - grabbed[1]) / g.stride]);
}

function pointAt(event) {
  moveTo(grids.output.cellAt(event.clientX, event.clientY).map(Math.floor));
}

const arrows = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function onKey(event) {
  const pen = state.tool !== "move" && event.currentTarget.id === "input";
  if (arrows[event.key]) {
    const [down, right] = arrows[event.key];
    stop();
    if (pen) {
      state.pen = [state.pen[0] + down, state.pen[1] + right].map((value, axis) =>
        Math.min(Math.max(value, 0), extents(state.x)[axis] - 1));
      show();
      announce(`Pen at ${place(state.pen)}, ink ${brief(state.x[state.pen[0]][state.pen[1]])}.`);
    } else {
      moveTo([state.at[0] + down, state.at[1] + right]);
    }
  } else if (event.key === "Home" || event.key === "End") {
    stop();
    moveTo(event.key === "Home" ? [0, 0] : [Infinity, Infinity]);
  } else if (pen && event.key === " ") {
    draw(...state.pen, state.tool === "draw");
    show();
  } else {
    return;
  }
  event.preventDefault();
}

// ---- set out --------------------------------------------------------------------------------------

buildSteppers();
buildPicks();
drags($("input"), grab, drag);
drags($("output"), pointAt, pointAt);
$("input").addEventListener("keydown", onKey);
$("output").addEventListener("keydown", onKey);
$("play").addEventListener("click", play);
for (const [id, by] of [["back", -1], ["on", 1]]) {
  $(id).addEventListener("click", () => { stop(); step(by); show(); });
}
document.querySelectorAll("input[type=radio]").forEach((radio) => {
  radio.checked = radio.value === state[radio.name];
  radio.addEventListener("change", () => {
    stop();
    const former = geometry().stride;
    state[radio.name] = radio.value;
    // Another layer keeps its window where it was on the image.
    state.at = state.at.map((value) => Math.round((value * former) / geometry().stride));
    show();
  });
});
document.querySelectorAll("form").forEach((form) => form.addEventListener("submit", (event) => event.preventDefault()));
dark.addEventListener("change", () => { buildPicks(); show(); });
new ResizeObserver(link).observe($("stage"));

$("still").hidden = true;
document.querySelectorAll(".needs-script").forEach((element) => { element.hidden = false; });
show();
