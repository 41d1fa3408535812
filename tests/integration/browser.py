# SPDX-License-Identifier: Apache-2.0
"""Chromium without a screen, over two pipes: pages as people see them, and all that they ask for."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

from place import PATIENCE

PROGRAM = shutil.which("chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe"]


class Browser:
    """One Chromium with one page. Its protocol: JSON, each message ends with a NUL."""

    def __init__(self, *more):
        self.home = tempfile.mkdtemp(prefix="browser")
        ask_read, self.ask = os.pipe()
        self.answers, answer_write = os.pipe()

        def give_pipes():
            # above what is moved, so that neither overwrites the other
            high = [os.dup(ask_read), os.dup(answer_write)]
            while min(high) < 5:
                high = [os.dup(fd) for fd in high]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(
            [PROGRAM, *FLAGS, f"--user-data-dir={self.home}", *more, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self.home}, close_fds=False, preexec_fn=give_pipes)
        os.close(ask_read)
        os.close(answer_write)
        self.buffer = b""
        self.number = 0
        self.events = []
        self.session = None
        pages = self.call("Target.getTargets")["targetInfos"]
        page = next(p for p in pages if p["type"] == "page")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for part in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{part}.enable")

    def _receive(self, deadline):
        while b"\0" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.answers], [], [], left)[0]:
                raise AssertionError("Chromium does not answer")
            data = os.read(self.answers, 1 << 20)
            assert data, "Chromium has ended"
            self.buffer += data
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        """One command; what happens meanwhile is kept in events."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.ask, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 60 * PATIENCE
        while True:
            answer = self._receive(deadline)
            if answer.get("id") == self.number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.events.append(answer)

    def run(self, script):
        """Value of an expression in the page; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True,
                           returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, condition, seconds=20):
        """Until the expression is true in the page, which looks at each of its changes."""
        assert self.run(f"""new Promise((done) => {{
            const end = setTimeout(() => done(false), {seconds * 1000 * PATIENCE});
            const look = () => {{
                if (!({condition})) return false;
                clearTimeout(end); watch.disconnect(); done(true); return true;
            }};
            const watch = new MutationObserver(look);
            watch.observe(document, {{subtree: true, childList: true, attributes: true,
                                      characterData: true}});
            look();
        }})"""), f"not within {seconds} s: {condition}"

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.run("new Promise((done) => document.readyState === 'complete' ? done() :"
                 " addEventListener('load', () => done()))")

    def look(self, width, height, dark=False):
        """A window of that size; below 600 that of a phone."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def screenshot(self, whole=False):
        """PNG of the window, or of the whole page."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png",
                                          captureBeyondViewport=whole)["data"])

    def named(self, *methods):
        return [e["params"] for e in self.events if e.get("method") in methods]

    def requests(self):
        """URLs of all that was asked for."""
        return [p["request"]["url"] for p in self.named("Network.requestWillBeSent")]

    def complaints(self):
        """What the console says: errors, refused sources, uncaught exceptions."""
        said = [p["entry"]["text"] for p in self.named("Log.entryAdded")]
        said += [str(p["args"]) for p in self.named("Runtime.consoleAPICalled")]
        return said + [str(p["exceptionDetails"]) for p in self.named("Runtime.exceptionThrown")]

    def end(self):
        try:
            self.call("Browser.close")
            self.process.wait(10 * PATIENCE)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.ask)
        os.close(self.answers)
        shutil.rmtree(self.home, ignore_errors=True)
