"""A headless Chromium, spoken to over the pipe of its DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest


def chromium() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("Chromium is not installed")
    return found


class Browser:
    """One page of a file, as a person has it open."""

    def __init__(self) -> None:
        self._profile = tempfile.mkdtemp(prefix="actanywhere-browser-")
        ours, theirs = os.pipe(), os.pipe()
        flags = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--remote-debugging-pipe",
            "--no-first-run",
        ]
        flags += [f"--user-data-dir={self._profile}", "--disable-dev-shm-usage", "--window-size=1400,900"]
        flags += ["--host-resolver-rules=MAP * ~NOTFOUND"]  # whatever asks for the network gets nothing

        def files_3_and_4() -> None:
            read, write = os.dup(ours[0]), os.dup(theirs[1])
            os.dup2(read, 3)
            os.dup2(write, 4)

        self._process = subprocess.Popen(
            [chromium(), *flags],
            preexec_fn=files_3_and_4,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(ours[0])
        os.close(theirs[1])
        self._out, self._in = os.fdopen(ours[1], "wb"), os.fdopen(theirs[0], "rb")
        self._id, self._session, self._waiting = 0, "", b""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._out.close()
        self._in.close()
        shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._id += 1
        request = {"id": self._id, "method": method, "params": parameters}
        request |= {"sessionId": self._session} if self._session else {}
        self._out.write(json.dumps(request).encode() + b"\0")
        self._out.flush()
        while True:
            said = self._message()
            if said.get("id") == self._id:
                assert "error" not in said, said
                return said["result"]

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._waiting:
            piece = os.read(self._in.fileno(), 1 << 20)
            assert piece, "the browser has gone"
            self._waiting += piece
        message, _, self._waiting = self._waiting.partition(b"\0")
        return json.loads(message)

    def open(self, page: Path) -> float:
        """Open a file; gives the seconds until all of it could be used."""
        began = time.monotonic()
        self.call("Page.navigate", url=page.as_uri())
        while self.run("document.readyState") != "complete" or self.run("typeof rows") != "object":
            time.sleep(0.02)
        return time.monotonic() - began

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        said = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    def key(self, key: str) -> None:
        text = {"text": key} if len(key) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def click(self, selector: str) -> None:
        """A real click of the mouse into the middle of an element."""
        where = self.run(
            f"(e => {{ e.scrollIntoView({{block: 'center'}}); const b = e.getBoundingClientRect(); "
            f"return [b.x + b.width / 2, b.y + b.height / 2]; }})(document.querySelector({json.dumps(selector)}))"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent", type=kind, x=where[0], y=where[1], button="left", clickCount=1
            )

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
