"""Tries inst/explore/convolution.html in a real browser: check.py PAGE CASES PICTURES

Every cell that the page shows is compared with what the package computed (cases.R); the window is
dragged by mouse and by finger and moved by keys; the filter, the image and the geometry are changed
as a user would change them; pictures at two widths, light and dark, go into the last folder.
"""

import glob
import json
import math
import sys

from browser import Browser

page, cases, pictures = sys.argv[1:4]
checks = 0


def expect(holds, *words):
    global checks
    checks += 1
    if not holds:
        sys.exit("explore: " + " ".join(str(word) for word in words))


def same(actual, wanted):
    wanted = float(wanted)
    if actual is None or math.isnan(wanted) or math.isinf(wanted):
        # None is what a number that JSON does not have comes back as.
        return actual is None and not math.isfinite(wanted)
    return abs(actual - wanted) <= 1e-9 * (1 + abs(wanted))


def expect_matrix(actual, wanted, *words):
    expect(len(actual) == len(wanted) and len(actual[0]) == len(wanted[0]), *words, "has extents",
           len(actual), len(actual[0]), "and not", len(wanted), len(wanted[0]))
    for r, row in enumerate(wanted):
        for c, value in enumerate(row):
            expect(same(actual[r][c], value), *words, f"[{r + 1}, {c + 1}] is", actual[r][c],
                   "and not", value)


def values(browser, name):
    return browser.run("return document.getElementById(arguments[0]).values;", name)


def text(browser, selector):
    return browser.run("return document.querySelector(arguments[0]).textContent;", selector)


def choose(browser, name, value):
    browser.run("""const radio = document.querySelector(`input[name=${arguments[0]}][value=${arguments[1]}]`);
        radio.scrollIntoView();""", name, value)
    browser.click(f"input[name={name}][value={value}] + span")
    browser.run("scrollTo(0, 0);")
    expect(browser.run("return document.querySelector(`input[name=${arguments[0]}]:checked`)?.value;",
                       name) == value, name, "is not", value)


def set_geometry(browser, name, value):
    browser.type_into(f"#set-{name}", str(value))


def without(matrix, pad):
    """A padded matrix without its border."""
    return [row[pad:len(row) - pad] for row in matrix[pad:len(matrix) - pad]]


def window_at(browser):
    """Row and column of the framed cell of the output, from the words for a screen reader."""
    label = browser.run("return document.getElementById('output').getAttribute('aria-label');")
    words = label.split("framed cell, row ")[1]
    row, rest = words.split(", column ")
    return int(row), int(rest.split(" ")[0].rstrip(","))


def check_case(browser, path):
    with open(path.replace(".html", ".json"), encoding="utf-8") as file:
        case = json.load(file)
    name = path.rsplit("/", 1)[-1]
    browser.open(path)
    start = json.loads(text(browser, "#start"))
    expect_matrix(values(browser, "output"), case["Z"], name, "feature map")
    expect_matrix(without(values(browser, "input"), start["pad"]), start["x"], name, "image")
    choose(browser, "pass", "backward")
    for gradient, dA, dW in (("output", "dA", "dW"), ("ones", "ones_dA", "ones_dW")):
        choose(browser, "gradient", gradient)
        expect_matrix(without(values(browser, "input"), start["pad"]), case[dA], name, dA)
        expect_matrix(values(browser, "total"), case[dW], name, dW)
    choose(browser, "layer", "pooling")
    # The one that may not fit yet comes last, and again where the order matters.
    for _ in range(2):
        for field in ("f", "stride", "pad"):
            set_geometry(browser, field, case["pool_" + field])
    for mode in ("max", "average"):
        choose(browser, "pass", "forward")
        choose(browser, "mode", mode)
        expect_matrix(values(browser, "output"), case[mode], name, mode)
        choose(browser, "pass", "backward")
        for ties in ("all", "first"):
            if mode == "max":
                choose(browser, "ties", ties)
            expect_matrix(without(values(browser, "input"), case["pool_pad"]), case[f"{mode}_{ties}"],
                          name, mode, ties)


def check_moves(browser, pointer):
    """The window under mouse or finger: it follows, and keeps its place in the hand."""
    browser.open(page)
    row, column = window_at(browser)
    expect((row, column) == (7, 11), "the window begins at", row, column)
    box = browser.run("""const box = document.getElementById('input').getBoundingClientRect();
        return [box.left, box.top, box.width / 28];""")
    left, top, cell = box

    def centre(r, c):
        return [max(left + (c - 0.5) * cell, 1), top + (r - 0.5) * cell]

    # Taken hold of by its upper left cell, moved by five rows and three columns.
    browser.drag([centre(7, 11), centre(9, 12), centre(12, 14)], pointer)
    expect(window_at(browser) == (12, 14), pointer, "drags the window to", window_at(browser))
    # Elsewhere its middle comes under the pointer.
    browser.drag([centre(21, 6)], pointer)
    expect(window_at(browser) == (20, 5), pointer, "puts the window at", window_at(browser))
    # Beyond the border it stops.
    browser.drag([centre(21, 6), centre(40, -9)], pointer)
    expect(window_at(browser) == (26, 1), pointer, "leaves the image at", window_at(browser))
    # On the feature map a cell is chosen.
    out = browser.run("""const box = document.getElementById('output').getBoundingClientRect();
        return [box.left, box.top, box.width / 28];""")
    browser.drag([[out[0] + (1 + 3.5) * out[2], out[1] + (1 + 8.5) * out[2]]], pointer)
    expect(window_at(browser) == (9, 4), pointer, "chooses the cell", window_at(browser))
    shown = values(browser, "output")[8][3]
    expect(text(browser, "#result") == f"{round(shown * 100) / 100:g}".replace("-", "\u2212"),
           "the sum shows", text(browser, "#result"), "and not", shown)
    # Drawn strokes are ink under the pen, and the feature map sees them.
    before = values(browser, "output")
    choose(browser, "tool", "draw")
    browser.drag([centre(3, 3), centre(3, 4), centre(3, 5)], pointer)
    expect(min(values(browser, "input")[2][2:5]) > 0.99, pointer, "does not draw")
    expect(values(browser, "output") != before, "the feature map does not see what is drawn")
    browser.drag([centre(24, 4), centre(26, 13)], pointer)
    ink = values(browser, "input")
    expect(all(max(ink[r][c] for r in range(22, 27)) > 0.99 for c in range(3, 13)),
           pointer, "leaves gaps in a fast stroke")
    choose(browser, "tool", "erase")
    browser.drag([centre(3, 3), centre(3, 4), centre(3, 5)], pointer)
    expect(values(browser, "input")[2][2:5] == [0, 0, 0], pointer, "does not erase")


def check_keys(browser):
    browser.open(page)
    browser.run("document.getElementById('input').focus();")
    for keys, wanted in ((["ArrowRight"], (7, 12)), (["ArrowDown", "ArrowDown"], (9, 12)),
                         (["ArrowLeft", "ArrowUp"], (8, 11)), (["Home", "ArrowUp"], (1, 1)),
                         (["End", "ArrowRight"], (26, 26))):
        browser.press(*keys)
        expect(window_at(browser) == wanted, keys, "lead to", window_at(browser))
    # All controls are reached by the tab key, and each shows that it is.
    browser.run("document.activeElement.blur();")
    reached = set()
    for _ in range(70):
        browser.press("Tab")
        reached.add(browser.run("""const at = document.activeElement;
            return at.id || at.name || at.title || at.getAttribute('aria-label') || at.tagName;"""))
    for wanted in ("layer", "pass", "tool", "input", "output", "play", "set-stride", "edit-bias",
                   "filter, row 3, column 3", "digit 7", "blur", "a sheet to draw on"):
        expect(wanted in reached, "the tab key does not reach", wanted)
    # A cell of the filter: typed, and stepped by arrow keys.
    browser.type_into("#filter input", "-2.5")
    expect(values(browser, "products")[0][0] == -2.5 * values(browser, "window")[0][0], "filter")
    browser.press("ArrowUp")
    expect(browser.run("return document.querySelector('#filter input').valueAsNumber;") == -1.5, "step")
    browser.type_into("#edit-bias", "10")
    expect(values(browser, "output")[0][0] == 10, "the bias is not added to a blank place")
    # The announcement comes once all is still.
    browser.run("document.getElementById('input').focus();")
    browser.press("Home")
    wait(browser, "document.getElementById('announcement').textContent.startsWith('Output row 1, column 1:')",
         "the sum is not announced")
    # The pen moves by keys too.
    choose(browser, "tool", "draw")
    browser.run("document.getElementById('input').focus();")
    browser.press("ArrowUp", " ")
    expect(any(value > 0.99 for row in values(browser, "input") for value in row), "the space bar does not draw")


def wait(browser, condition, words):
    script = """const done = arguments[arguments.length - 1];
        const end = Date.now() + 5000;
        const look = () => (CONDITION) ? done(true) : Date.now() > end ? done(false) : setTimeout(look, 20);
        look();""".replace("CONDITION", condition)
    expect(browser.call("POST", "/execute/async", {"script": script, "args": []}), words)


def check_settings(browser):
    browser.open(page)
    # What does not fit is not taken: a window of 7 cells, spread by 5, spans 31 of 28.
    set_geometry(browser, "f", 7)
    set_geometry(browser, "dilation", 5)
    expect(len(values(browser, "output")) == 22, "a window larger than the image is taken")
    expect(browser.run("return document.querySelector('[data-name=dilation] button:last-of-type').disabled;")
           is False, "dilation 2 would fit")
    browser.click("[data-name=f] button")
    expect(len(values(browser, "output")) == 23, "the button does not make the filter smaller")
    # Playing fills the map from the first cell on.
    browser.click("#pictures [data-name=numbers]")
    browser.click("#presets [data-name=blur]")
    browser.click("#play")
    wait(browser, "[...document.querySelectorAll('#output text')].filter((t) => t.textContent).length == 3",
         "playing does not fill the map cell by cell")
    browser.click("#play")
    expect(browser.run("return [...document.querySelectorAll('#output text')].every((t) => t.textContent);"),
           "after playing the map is not whole")
    # A sheet to draw on.
    browser.click("#pictures [data-name='a sheet to draw on']")
    expect(text(browser, "#input-note").startswith("20 \u00d7 20"), "no sheet to draw on")
    # The gradient at one cell, edited.
    choose(browser, "pass", "backward")
    browser.type_into("#edit-dz", "3")
    expect(sum(map(sum, values(browser, "output"))) == 3, "the gradient of one cell is not 3")


def check_no_script():
    with Browser(script=False) as browser:
        browser.size(390, 844)
        browser.open(page)
        browser.picture(f"{pictures}/no-script.png")
        shape = browser.run("""const box = document.querySelector('#still svg').getBoundingClientRect();
            return [box.width, document.querySelector('main').getBoundingClientRect().height];""")
        expect(shape[0] > 300 and shape[1] == 0, "without a script there is no figure", shape)


def check_layout(browser, width):
    """Nothing sticks out to the side, and what is touched is large enough for a finger."""
    wide = browser.run("return document.documentElement.scrollWidth;")
    expect(wide <= width, "at", width, "the page is", wide, "wide")
    small = browser.run("""return [...document.querySelectorAll('button, label > span, .cells input')]
        .filter((e) => e.offsetParent).map((e) => [e.textContent || e.ariaLabel, e.getBoundingClientRect()])
        .filter(([_, box]) => box.width < 24 || box.height < 24).map(([name]) => name);""")
    expect(small == [], "too small to touch at", width, small)


def take_picture_for_readme():
    """The stage alone: what man/figures/explore.png shows."""
    with Browser() as browser:
        browser.size(1280, 640)
        browser.open(page)
        browser.run("""for (const hidden of document.querySelectorAll('.controls, .words')) hidden.hidden = true;
            document.body.style.paddingBottom = 0;""")
        browser.run("document.getElementById('input').focus();")
        browser.press(*["ArrowRight"] * 7)
        browser.run("document.activeElement.blur();")
        browser.picture(f"{pictures}/readme.png")


def take_pictures(dark):
    with Browser(dark=dark) as browser:
        for width, height in ((1280, 800), (390, 844)):
            browser.size(width, height)
            for layer in ("convolution", "pooling"):
                for way in ("forward", "backward"):
                    browser.open(page)
                    choose(browser, "layer", layer)
                    choose(browser, "pass", way)
                    check_layout(browser, width)
                    shade = "dark" if dark else "light"
                    browser.picture(f"{pictures}/{layer}-{way}-{width}-{shade}.png")
        expect(browser.complaints() == [], browser.complaints())


with Browser() as browser:
    browser.size(1280, 900)
    for path in sorted(glob.glob(f"{cases}/case-*.html")):
        check_case(browser, path)
    check_keys(browser)
    check_settings(browser)
    check_moves(browser, "mouse")
    expect(browser.complaints() == [], browser.complaints())
with Browser(touch=True) as browser:
    browser.size(390, 844)
    check_moves(browser, "touch")
    expect(browser.complaints() == [], browser.complaints())
check_no_script()
take_picture_for_readme()
take_pictures(dark=False)
take_pictures(dark=True)
print(f"explore: {checks} checks passed")
