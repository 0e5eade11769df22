"""A headless Chromium, driven through its DevTools protocol over a pair of pipes: no port, no websocket."""

import base64
import collections
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-quic", "--disable-default-apps", "--hide-scrollbars",
         "--disable-dev-shm-usage", "--remote-debugging-pipe"]
PATIENCE = 60  # seconds, for one answer


def program():
    return shutil.which("chromium") or shutil.which("chromium-browser")


def high(fd):
    """The same file under a number that is not 3 or 4, which the browser wants for itself."""
    other = fcntl.fcntl(fd, fcntl.F_DUPFD, 10)
    os.close(fd)
    return other


class Browser:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="selvedge-browser-")
        read_here, write_there = (high(fd) for fd in os.pipe())
        read_there, write_here = (high(fd) for fd in os.pipe())
        command = [program(), *FLAGS, f"--user-data-dir={self.directory}", "about:blank"]
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", f'exec "$@" 3<&{read_there} 4>&{write_there}', "chromium", *command],
            pass_fds=(read_there, write_there), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "HOME": self.directory})
        os.close(read_there)
        os.close(write_there)
        self.read, self.write = read_here, write_here
        self.pending = b""
        self.events = collections.deque()
        self.number = 0

    def close(self):
        os.close(self.write)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.read)
        shutil.rmtree(self.directory, ignore_errors=True)

    def message(self, deadline):
        while b"\0" not in self.pending:
            if not select.select([self.read], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            more = os.read(self.read, 1 << 16)
            if not more:
                raise EOFError("the browser has ended")
            self.pending += more
        one, self.pending = self.pending.split(b"\0", 1)
        return json.loads(one)

    def call(self, method, session=None, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        text = json.dumps(request).encode() + b"\0"
        while text:
            text = text[os.write(self.write, text):]
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.message(deadline)
            if answer.get("id") != self.number:
                self.events.append(answer)
            elif "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']['message']}")
            else:
                return answer["result"]


class Page:
    """One tab. What it complains of and what it asks of any network is kept."""

    def __init__(self, browser, width=1440, height=900):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.size(width, height)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, path):
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        self.wait("document.readyState === 'complete'")

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def tell(self, script):
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]) + "\nin " + script)
        return answer["result"].get("value")

    def wait(self, script):
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if self.tell(script):
                    return
            except RuntimeError as error:  # between two documents there is none
                if "context" not in str(error).lower():
                    raise
            if time.monotonic() > deadline:
                raise TimeoutError("never became true: " + script)
            time.sleep(0.02)

    def complaints(self):
        """Errors, warnings and exceptions, and requests other than for the page itself."""
        self.tell("1")
        found = []
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            method, values = event["method"], event["params"]
            if method == "Runtime.exceptionThrown":
                details = values["exceptionDetails"]
                found.append(details.get("exception", {}).get("description", details["text"]))
            elif method == "Runtime.consoleAPICalled" and values["type"] in ("error", "warning", "assert"):
                found.append("console: " + json.dumps(values["args"])[:300])
            elif method == "Log.entryAdded" and values["entry"]["level"] in ("error", "warning"):
                found.append(values["entry"]["text"])
            elif method == "Network.requestWillBeSent" and values.get("type") != "Document":
                found.append("asks for " + values["request"]["url"][:200])
        return found

    KEYS = {"Enter": (13, "\r"), "Escape": (27, ""), "ArrowUp": (38, ""), "ArrowDown": (40, ""), "ArrowLeft": (37, ""),
            "ArrowRight": (39, ""), "Home": (36, ""), "End": (35, ""), "PageDown": (34, ""), "Tab": (9, ""), "/": (191, "/")}

    def press(self, *keys):
        for key in keys:
            code, text = self.KEYS[key]
            self.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, text=text)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def click(self, element):
        """`element`: an expression for one; clicked where people would, at its middle."""
        self.tell(f"(({element}).scrollIntoView({{block: 'nearest', inline: 'nearest'}}), 0)")
        place = self.tell(f"(() => {{ const r = ({element}).getBoundingClientRect(); "
                          "return {x: r.x + r.width / 2, y: r.y + r.height / 2}; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def pdf(self):
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])
