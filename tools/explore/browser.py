"""A headless Chromium by way of chromedriver's own protocol, with nothing but Python's library."""

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request


class Browser:
    """One window. Commands are those of https://www.w3.org/TR/webdriver2/."""

    def __init__(self, dark=False, calm=False, touch=False, script=True):
        self.folder = tempfile.mkdtemp(prefix="convstep-browser.")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        for line in self.driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                break
        self.base = f"http://127.0.0.1:{found[1]}"
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--hide-scrollbars", "--force-color-profile=srgb", f"--user-data-dir={self.folder}"]
        options = {"args": flags}
        if not script:
            options["prefs"] = {"profile.managed_default_content_settings.javascript": 2}
        capabilities = {"browserName": "chrome", "goog:chromeOptions": options,
                        "goog:loggingPrefs": {"browser": "ALL"}}
        session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.base += "/session/" + session["sessionId"]
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        motion = {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"}
        self.cdp("Emulation.setEmulatedMedia", features=[scheme, motion])
        if touch:
            self.cdp("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=1)

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"},
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def cdp(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width, height, scale=1):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=scale, mobile=width < 600)

    def open(self, path):
        self.call("POST", "/url", {"url": "file://" + os.path.abspath(path)})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def click(self, selector):
        """At the middle of an element, as a finger or a mouse would."""
        self.drag([self.middle(selector)])

    def middle(self, selector):
        return self.run("""const element = document.querySelector(arguments[0]);
            element.scrollIntoView({ block: "nearest" });
            const box = element.getBoundingClientRect();
            return [box.left + box.width / 2, box.top + box.height / 2];""", selector)

    def drag(self, points, pointer="mouse"):
        """Down at the first point, along the others, up at the last."""
        def move(point):
            return {"type": "pointerMove", "duration": 20, "x": round(point[0]), "y": round(point[1])}

        steps = [move(points[0]), {"type": "pointerDown", "button": 0}]
        steps += [move(point) for point in points[1:]] + [{"type": "pointerUp", "button": 0}]
        self.call("POST", "/actions", {"actions": [
            {"type": "pointer", "id": pointer, "parameters": {"pointerType": pointer},
             "actions": steps}]})
        self.call("DELETE", "/actions")

    KEYS = {"Home": "\ue011", "End": "\ue010", "ArrowLeft": "\ue012", "ArrowUp": "\ue013",
            "ArrowRight": "\ue014", "ArrowDown": "\ue015", "Tab": "\ue004", "Shift": "\ue008"}

    def press(self, *keys):
        steps = []
        for key in keys:
            value = self.KEYS.get(key, key)
            steps += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": steps}]})
        self.call("DELETE", "/actions")

    def type_into(self, selector, text):
        self.run("document.querySelector(arguments[0]).focus();"
                 "document.querySelector(arguments[0]).select();", selector)
        self.press(*text)

    def complaints(self):
        """Errors and warnings of the page's own script."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})]

    def picture(self, path, whole=True):
        if whole:
            height = self.run("return document.documentElement.scrollHeight;")
            width = self.run("return innerWidth;")
            clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
            data = self.cdp("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"]
        else:
            data = self.call("GET", "/screenshot")
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def print(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("POST", "/print", {"background": True})))

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.close()
