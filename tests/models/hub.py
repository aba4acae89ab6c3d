"""A hub on this machine: the part of the hub's API by which files are got, with its faults on demand."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Repositories of files; ``asked`` lists what was asked for, as (method, path, first byte)."""

    def __init__(self) -> None:
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.asked: list[tuple[str, str, int]] = []
        self.stall_after: dict[str, int] = {}  # the line goes silent after so many bytes of the file
        self.cut_after: dict[str, int] = {}  # the line is cut, once
        self.altered: set[str] = set()  # something on the line changes the file
        self.gated: set[str] = set()
        self.broken = False
        self.url = ""

    def bytes_from(self, name: str) -> list[int]:
        """Where each request for the file's bytes began."""
        return [
            first for _, path, first in self.asked if path.startswith("/bytes/") and path.endswith("/" + name)
        ]


@contextmanager
def running_hub() -> Iterator[Hub]:
    """A hub that serves until the block ends."""
    hub = Hub()

    class Handler(_Handler):
        served = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    served: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Silent."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        path = urlsplit(self.path).path
        wanted = self.headers.get("Range", "bytes=0-")
        first = int(wanted.removeprefix("bytes=").split("-")[0])
        self.served.asked.append((self.command, path, first))
        if self.served.broken:
            self._send(503, b"try later")
        elif path.startswith("/api/models/"):
            self._describe(path.removeprefix("/api/models/"))
        elif path.startswith("/bytes/"):
            self._give(path.removeprefix("/bytes/"), first, "Range" in self.headers, body)
        elif "/resolve/" in path:  # the hub sends one on to where the bytes are
            self._send(302, b"", {"Location": "/bytes" + path})
        else:
            self._send(404, b"")

    def _describe(self, path: str) -> None:
        name = path.partition("/revision/")[0]
        if name in self.served.gated:
            self._send(403, b"{}", {"X-Error-Code": "GatedRepo"})
            return
        files = self.served.repositories.get(name)
        if files is None:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            return
        siblings = [_sibling(name, content) for name, content in files.items()]
        said = {"id": name, "sha": COMMIT, "siblings": siblings, "private": False, "tags": [], "downloads": 0}
        self._send(200, json.dumps(said).encode(), {"Content-Type": "application/json"})

    def _give(self, path: str, first: int, ranged: bool, body: bool) -> None:
        repository, _, rest = path.partition("/resolve/")
        name = rest.partition("/")[2]
        content = self.served.repositories[repository][name]
        if name in self.served.altered:
            content = content[:-1] + bytes([content[-1] ^ 1])
        part = content[first:]
        self.send_response(206 if ranged else 200)
        self.send_header("Content-Length", str(len(part)))
        if ranged:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        stop = self.served.stall_after.get(name, self.served.cut_after.pop(name, len(part)))
        if body:
            self.wfile.write(part[:stop])
        if stop < len(part):
            self.wfile.flush()
            if name in self.served.stall_after:
                time.sleep(60)
            self.close_connection = True

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)


def _sibling(name: str, content: bytes) -> dict[str, Any]:
    git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    said: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": git}
    if name.endswith((".safetensors", ".onnx", ".bin")):
        sha = hashlib.sha256(content).hexdigest()
        said["lfs"] = {"sha256": sha, "size": len(content), "pointerSize": 130}
    return said
