"""Uses the tutorial as a learner would: check.py ADDRESS ANSWERS PICTURES"""

import json
import os
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "explore"))
from browser import Browser  # noqa: E402

address, answers, pictures = sys.argv[1:4]
checks = 0


def expect(holds, *words):
    global checks
    checks += 1
    if not holds:
        sys.exit("tutorial: " + " ".join(str(word) for word in words))


def wait_for(what, test, seconds=90):
    end = time.time() + seconds
    while time.time() < end:
        try:
            value = test()
        except (OSError, RuntimeError):
            value = None
        if value:
            return value
        time.sleep(0.2)
    sys.exit(f"tutorial: waited in vain for {what}")


def exercise(name):
    return f"#tutorial-exercise-{name}-input"


def show(browser, selector):
    """The topic that holds an element, as a click in the table of contents would."""
    topic = browser.run("""return document.querySelector(arguments[0]).closest('.section.level2').id;""",
                        selector)
    browser.run("""const link = [...document.querySelectorAll('.topicsList .topic')]
            .find(topic => topic.getAttribute('index') ===
                  [...document.querySelectorAll('.topics > .section.level2')]
                    .findIndex(section => section.id === arguments[0]).toString());
        (link.querySelector('a, button') || link).click();""", topic)
    wait_for("the topic " + topic, lambda: browser.run(
        "return document.querySelector(arguments[0]).offsetParent !== null;", selector))


def type_code(browser, name, code):
    """Into the editor, in place of what is there."""
    browser.run("""const editor = ace.edit(document.querySelector(arguments[0] + ' .ace_editor'));
        editor.focus(); editor.selectAll();""", exercise(name))
    browser.cdp("Input.insertText", text=code)
    wait_for("the code in the editor", lambda: browser.run(
        "return ace.edit(document.querySelector(arguments[0] + ' .ace_editor')).getValue();",
        exercise(name)).strip() == code.strip())


def submit(browser, name):
    """Presses the button and waits for the message."""
    former = browser.run("""const old = document.querySelector(
            `[data-label='${arguments[0]}'] .alert`); if (old) old.dataset.old = 1;""", name)
    del former
    button = exercise(name) + " .btn-tutorial-run[data-check]"
    wait_for("the button", lambda: browser.run(
        "return !document.querySelector(arguments[0]).disabled;", button))
    browser.run("document.querySelector(arguments[0]).scrollIntoView({ block: 'center' });", button)
    browser.click(button)
    return wait_for("an answer to " + name, lambda: browser.run("""
        const box = document.querySelector(`.tutorial-exercise[data-label='${arguments[0]}'] .alert`);
        return box && !box.dataset.old && box.offsetParent ? [box.innerText, box.className] : null;""",
        name))


def fits(browser, what):
    wide = browser.run("return document.documentElement.scrollWidth - innerWidth;")
    expect(wide <= 1, what, "is", wide, "pixels wider than the window")


def open_tutorial(browser, width, height):
    browser.size(width, height)
    browser.call("POST", "/url", {"url": address})
    wait_for("the first editor", lambda: browser.run(
        "return document.querySelectorAll('.ace_editor').length >= 21 && !!window.ace;"))
    wait_for("the session", lambda: browser.run(
        "return !!(window.Shiny && Shiny.shinyapp && Shiny.shinyapp.isConnected());"))


with open(answers, encoding="utf-8") as file:
    answers = json.load(file)

wait_for("the server", lambda: urllib.request.urlopen(address, timeout=5).status == 200)

with Browser() as browser:
    open_tutorial(browser, 1280, 900)
    browser.picture(f"{pictures}/welcome-1280.png", whole=False)
    for answer in answers:
        name = answer["name"]
        show(browser, exercise(name))
        type_code(browser, name, answer["wrong"])
        text, style = submit(browser, name)
        expect("alert-danger" in style, name, "takes a wrong answer:", text)
        expect(answer["message"] in text, name, "does not say", answer["message"], "but", text)
        fits(browser, name)
        if name in ("pad3d", "conv_forward", "pool_backward", "softmax"):
            browser.picture(f"{pictures}/{name}-wrong-1280.png")
        type_code(browser, name, answer["right"])
        text, style = submit(browser, name)
        expect("alert-success" in style, name, "refuses the right answer:", text)
        expect(f"Right in all {answer['cases']} cases" in text, name, "says", text)
    # A hint, and a question answered wrongly and then rightly.
    show(browser, exercise("pad3d"))
    browser.run("document.querySelector(arguments[0]).click();", exercise("pad3d") + " .btn-tutorial-hint")
    wait_for("the hint", lambda: browser.run(
        "return document.body.innerText.includes('Which two of the four extents grow');"))
    expect(browser.complaints() == [] or all("favicon" in line for line in browser.complaints()),
           "the browser complains", browser.complaints())

with Browser(touch=True) as browser:
    open_tutorial(browser, 390, 844)
    fits(browser, "the first page")
    browser.picture(f"{pictures}/welcome-390.png", whole=False)
    for name in ("pad3d", "conv_single_step", "conv_forward", "pool_forward"):
        answer = next(answer for answer in answers if answer["name"] == name)
        show(browser, exercise(name))
        type_code(browser, name, answer["wrong"])
        text, style = submit(browser, name)
        expect(answer["message"] in text, name, "does not say", answer["message"], "but", text)
        fits(browser, name)
        browser.picture(f"{pictures}/{name}-wrong-390.png")
print(f"{checks} checks of the tutorial hold")
