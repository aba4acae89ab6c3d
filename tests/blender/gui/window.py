"""A real Blender in a real window (Xvfb, Mesa), driven by a real pointer and keyboard.

Blender and the X tools live in a folder of their own, the *root*: a small Debian that the variable
ACTANYWHERE_BLENDER_ROOT names. As root, with mmdebstrap installed, this makes one (1.3 GB, three minutes):

    mmdebstrap --mode=root --variant=apt --components=main --aptopt='APT::Install-Recommends "false"' \
      --include=blender,python3-numpy,python3-requests,python3-cattr,xvfb,xauth,libgl1-mesa-dri,libegl1,\
libegl-mesa0,imagemagick,x11-apps,xdotool trixie FOLDER
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

WIDTH, HEIGHT = 1280, 800


def why_not() -> str:
    """Why there can be no window here; empty when there can."""
    root = os.environ.get("ACTANYWHERE_BLENDER_ROOT", "")
    if not root or not (Path(root) / "usr/bin/blender").exists():
        return (
            "no window: ACTANYWHERE_BLENDER_ROOT names no folder with a Blender (tests/blender/gui/window.py)"
        )
    if os.geteuid() != 0 or shutil.which("chroot") is None:
        return "no window: changing root needs root"
    return ""


class Window:
    """Blender's window. ``shared`` are folders, and the names under which it sees them."""

    def __init__(self, shared: Mapping[Path, str]) -> None:
        self.root = Path(os.environ["ACTANYWHERE_BLENDER_ROOT"])
        self._shared = shared
        self._space: subprocess.Popen[bytes] | None = None
        self._screen: subprocess.Popen[str] | None = None
        self.blender: subprocess.Popen[bytes] | None = None
        self._display = ""

    def __enter__(self) -> Window:
        try:
            # A mount namespace of our own: all of it is gone when its one process is.
            self._space = subprocess.Popen(["unshare", "-m", "--propagation", "private", "sleep", "infinity"])
            self._mount()
            self._screen = subprocess.Popen(
                [*self._chroot(), "Xvfb", "-displayfd", "1", "-screen", "0", f"{WIDTH}x{HEIGHT}x24"]
                + ["+extension", "GLX", "-nolisten", "tcp"],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            assert self._screen.stdout
            self._display = ":" + self._screen.stdout.readline().strip()
            assert self._display != ":", "Xvfb did not start"
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (self.blender, self._screen, self._space):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        if self._screen is not None and self._screen.stdout is not None:
            self._screen.stdout.close()

    def _mount(self) -> None:
        for name, minor in (("null", 3), ("urandom", 9)):
            if not (self.root / "dev" / name).exists():
                subprocess.run(
                    ["mknod", "-m", "666", self.root / "dev" / name, "c", "1", str(minor)], check=True
                )
        self._bind(["-t", "proc", "proc"], self.root / "proc")
        for fresh in ("dev/shm", "home/artist"):
            self._bind(["-t", "tmpfs", "tmpfs"], self.root / fresh)
        for path, inside in self._shared.items():
            self._bind(["--bind", str(path.resolve())], self.root / inside.lstrip("/"))

    def _bind(self, how: list[str], where: Path) -> None:
        where.mkdir(parents=True, exist_ok=True)
        subprocess.run([*self._inside(), "mount", *how, str(where)], check=True)

    def _inside(self) -> list[str]:
        assert self._space is not None
        until = time.monotonic() + 5
        while os.readlink(f"/proc/{self._space.pid}/ns/mnt") == os.readlink("/proc/self/ns/mnt"):
            assert time.monotonic() < until, "unshare gave no namespace"
            time.sleep(0.01)
        return ["nsenter", "-t", str(self._space.pid), "-m"]

    def _chroot(self, **environment: str) -> list[str]:
        said = {
            "HOME": "/home/artist",
            "LANG": "C.UTF-8",
            "PATH": "/usr/bin:/bin",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "XDG_RUNTIME_DIR": "/home/artist",
            "DISPLAY": self._display,
            **environment,
        }
        words = [f"{name}={value}" for name, value in said.items() if value]
        return [*self._inside(), "chroot", str(self.root), "env", "-i", *words]

    # -- what a person at the desk does ------------------------------------------------------------------

    def start(self, script: Path, log: Path, *arguments: str, **environment: str) -> None:
        """Start Blender in its window; ``script`` runs in it once that is there."""
        with log.open("wb") as stream:
            self.blender = subprocess.Popen(
                [*self._chroot(**environment), "blender", "--offline-mode", "-noaudio", *arguments]
                + ["--window-geometry", "0", "0", str(WIDTH), str(HEIGHT), "-P", str(script)],
                stdout=stream,
                stderr=subprocess.STDOUT,
            )

    def tool(self, *words: str, timeout: float = 30, **environment: str) -> bytes:
        """What a program of the root says; it fails the test when that program fails."""
        command = [*self._chroot(**environment), *words]
        done = subprocess.run(command, capture_output=True, timeout=timeout, check=False)
        assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout

    def click(self, x: int, y: int, button: int = 1) -> float:
        """Press a button of the pointer at a pixel of the screen (origin top left); when that was."""
        self.tool("xdotool", "mousemove", "--sync", str(x - 3), str(y))
        self.tool("xdotool", "mousemove", "--sync", str(x), str(y))
        time.sleep(0.3)  # Blender has to see the pointer there first
        when = time.time()
        self.tool("xdotool", "click", str(button))
        return when

    def drag(self, x: int, y: int, to_x: int, to_y: int) -> None:
        """Press at one pixel, move to another, let go."""
        steps = ["mousemove", "--sync", str(x), str(y), "sleep", "0.3", "mousedown", "1", "sleep", "0.2"]
        middle = ["mousemove", "--sync", str((x + to_x) // 2), str((y + to_y) // 2), "sleep", "0.2"]
        self.tool("xdotool", *steps, *middle, "mousemove", "--sync", str(to_x), str(to_y))
        self.tool("xdotool", "sleep", "0.2", "mouseup", "1")

    def move(self, x: int, y: int) -> None:
        """Put the pointer at a pixel of the screen."""
        self.tool("xdotool", "mousemove", "--sync", str(x), str(y))

    def key(self, name: str) -> float:
        """Press a key; when that was."""
        when = time.time()
        self.tool("xdotool", "key", name)
        return when

    def picture(self, path: Path, crop: str = "") -> Path:
        """The screen as a PNG of few colours or a JPEG below 50 KB; ``crop`` is WIDTHxHEIGHT+X+Y."""
        path.parent.mkdir(parents=True, exist_ok=True)
        cut = ["-crop", crop, "+repage"] if crop else []
        photo = ["-resize", "800x", "-sampling-factor", "2x2", "-interlace", "Plane", "-quality", "60"]
        small = photo if path.suffix == ".jpg" else ["-dither", "None", "-colors", "32"]
        kind = "jpg:-" if path.suffix == ".jpg" else "png8:-"
        path.write_bytes(self.tool("import", "-window", "root", *cut, *small, kind))
        return path
