// Matrices as pictures: numbers as short as they can be read, the package's colours, cells of an
// <svg> with frames around some of them.

// As format_cells() of the package, but what only rounding left over is nothing.
function brief(value, places = 2) {
  if (Number.isNaN(value)) return "none";
  if (!Number.isFinite(value)) return value < 0 ? "\u2212\u221e" : "\u221e";
  if (Math.abs(value) >= 1e6) return value.toExponential(0).replace("e+", "e").replace("-", "\u2212");
  const scale = 10 ** places;
  const rounded = Math.round(value * scale) / scale;
  const text = rounded === 0 && Math.abs(value) > 1e-12 ? value.toExponential(0) : String(rounded + 0);
  return text.replaceAll("-", "\u2212");
}

// For a cell: three digits or so.
const short = (value) => brief(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);

const dark = matchMedia("(prefers-color-scheme: dark)");
const palette = () => palettes[dark.matches ? "dark" : "light"];

const onRamp = (ramp, share) =>
  ramp[Math.round(Math.min(Math.max(share, 0), 1) * (ramp.length - 1))];

const largestOf = (x) => Math.max(0, ...x.flat().map(Math.abs).filter(Number.isFinite));

// A colour for each value. "ink": 0 is paper, the largest value full ink. "signed": the sign by hue,
// the size by strength. "pale" is the same, weak enough for a number on top.
function toneOf(kind, largest) {
  const ramp = palette()[kind];
  const span = largest || 1;
  if (kind === "ink") return (value) => onRamp(ramp, value / span);
  return (value) => onRamp(ramp, (value / span + 1) / 2);
}

function luminance(colour) {
  const part = (from) => {
    const c = parseInt(colour.slice(from, from + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

const textOn = (colour) => (luminance(colour) > 0.3 ? "#1F2933" : "#FFFFFF");

const UNIT = 40; // the side of a cell in an <svg>'s own coordinates

function add(parent, name, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return parent.appendChild(element);
}

class Grid {
  constructor(svg) {
    this.svg = svg;
    this.extents = [0, 0];
  }

  // `room` is the number of rows and columns to leave room for, so that two pictures side by side
  // have cells of one size. `fill` and `label` say how value, row and column are drawn.
  draw(values, { room = extents(values), fill, label, frames = [], rings = [], rules = [], clear = false }) {
    const [rows, columns] = extents(values);
    this.corner = [(room[0] - rows) / 2, (room[1] - columns) / 2];
    const shape = [rows, columns, ...room].join();
    if (shape !== this.shape) this.build(rows, columns, room);
    this.shape = shape;
    this.svg.values = values; // what is shown, in full precision
    each(values, (value, r, c) => {
      const { box, text } = this.cells[r][c];
      const colour = fill(value, r, c);
      box.setAttribute("fill", colour);
      const words = label ? label(value, r, c) : "";
      if (text.textContent !== words) text.textContent = words;
      text.setAttribute("fill", textOn(colour));
      text.setAttribute("font-size", words.length > 5 ? 8.5 : words.length > 4 ? 11 : 14);
    });
    this.marks.replaceChildren();
    const box = (kind, [r, c, height, width]) =>
      add(this.marks, "rect", { class: kind, x: c * UNIT, y: r * UNIT, width: width * UNIT,
                                height: height * UNIT });
    rules.forEach((cells) => box(clear ? "rule clear" : "rule", cells));
    rings.forEach((cells) => box("ring", cells));
    frames.forEach((cells) => box("halo", cells));
    frames.forEach((cells) => box("frame", cells));
  }

  build(rows, columns, room) {
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${room[1] * UNIT} ${room[0] * UNIT}`);
    const [top, left] = this.corner;
    this.group = add(this.svg, "g", { transform: `translate(${left * UNIT} ${top * UNIT})` });
    const many = Math.max(...room) > 12;
    this.cells = matrix(rows, columns, (r, c) => ({
      box: add(this.group, "rect", { class: many ? "pixel" : "cell", x: c * UNIT, y: r * UNIT,
                                     width: UNIT, height: UNIT }),
      text: add(this.group, "text", { x: (c + 0.5) * UNIT, y: (r + 0.5) * UNIT })
    }));
    add(this.group, "rect", { class: "edge", width: columns * UNIT, height: rows * UNIT });
    this.marks = add(this.group, "g");
  }

  // The place on the screen of cells: left, top, right, bottom.
  placeOf([r, c, height, width]) {
    const matrix = this.group.getScreenCTM();
    const at = (x, y) => new DOMPoint(x * UNIT, y * UNIT).matrixTransform(matrix);
    const from = at(c, r);
    const to = at(c + width, r + height);
    return { left: from.x, top: from.y, right: to.x, bottom: to.y };
  }

  // The row and column under a point of the screen, with fractions.
  cellAt(x, y) {
    const point = new DOMPoint(x, y).matrixTransform(this.group.getScreenCTM().inverse());
    return [point.y / UNIT, point.x / UNIT];
  }
}
