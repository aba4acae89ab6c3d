"""An artist at Blender's window: asks it things, finds its buttons, waits for what must come."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.blender.gui.window import Window


class Artist:
    """``talk`` is the folder that ``in_window.py`` listens at."""

    def __init__(self, window: Window, talk: Path, log: Path) -> None:
        self.window, self._talk, self._log = window, talk, log

    def ask(self, code: str, within: float = 30) -> Any:
        """Run Python in Blender's main thread; what it puts into ``answer``."""
        answer = self._talk / "answer.json"
        answer.unlink(missing_ok=True)
        (self._talk / "ask.new").write_text(code, encoding="utf-8")
        (self._talk / "ask.new").rename(self._talk / "ask.py")
        until = time.monotonic() + within
        while not answer.exists():
            assert self.window.blender is not None
            alive = self.window.blender.poll() is None
            assert alive and time.monotonic() < until, self._log.read_text(errors="replace")[-3000:]
            time.sleep(0.02)
        said = json.loads(answer.read_text(encoding="utf-8"))
        assert "fell" not in said, said.get("fell")
        return said["answer"]

    def redraw(self) -> None:
        """Have all of the window drawn, and wait until it is: on a busy machine that takes its time."""
        window = "bpy.context.window_manager.windows[0]"
        draw = "bpy.ops.wm.redraw_timer(type='DRAW_WIN_SWAP', iterations=2)"
        self.ask(f"with bpy.context.temp_override(window={window}):\n    {draw}", within=60)

    def open_tab(self) -> None:
        """Our tab in the sidebar of the largest editor."""
        self.redraw()
        self.ask(
            "areas = bpy.context.window_manager.windows[0].screen.areas\n"
            "area = max(areas, key=lambda each: each.width * each.height)\n"
            "side = next(r for r in area.regions if r.type == 'UI')\n"
            "side.active_panel_category = 'ActAnywhere'\n"
            "area.tag_redraw()"
        )
        self.redraw()

    def picture(self, path: Path, crop: str = "") -> Path:
        """What the screen shows now."""
        self.redraw()
        return self.window.picture(path, crop)

    def wait(self, code: str, within: float = 60) -> Any:
        """Ask until the answer is true; gives it."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            said = self.ask(code)
            if said:
                return said
            time.sleep(0.1)
        raise AssertionError(f"not within {within:.0f} s: {code}")

    def buttons(self) -> list[tuple[int, int, int, int]]:
        """Operator buttons on the screen, from the top: left, top, width, height.

        Blender tells nobody where its buttons are, so the theme paints them in a colour that nothing else has.
        """
        theme = "w = bpy.context.preferences.themes[0].user_interface.wcol_tool\n"
        before = self.ask(theme + "answer = list(w.inner); w.inner = (1, 0, 1, 1)")
        self.redraw()
        data = np.frombuffer(self.window.tool("import", "-window", "root", "png:-"), np.uint8)
        self.ask(theme + f"w.inner = {tuple(before)!r}")
        self.redraw()
        blue, green, red = np.moveaxis(cv2.imdecode(data, cv2.IMREAD_COLOR).astype(int), -1, 0)
        marked = ((red > 150) & (blue > 150) & (green < red - 60)).astype(np.uint8)
        marked = cv2.morphologyEx(marked, cv2.MORPH_CLOSE, np.ones((3, 9), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(marked)
        boxes = [tuple(map(int, row[:4])) for row in stats[1:] if row[2] > 14 and row[3] > 12]
        return sorted(boxes, key=lambda box: (box[1], box[0]))  # type: ignore[return-value]

    def quit(self) -> None:
        """Close Blender as its menu does, without saving."""
        (self._talk / "ask.new").write_text("bpy.ops.wm.quit_blender()", encoding="utf-8")
        (self._talk / "ask.new").rename(self._talk / "ask.py")

    def press(self, box: tuple[int, int, int, int]) -> float:
        """Click into the middle of a box; when that was."""
        left, top, width, height = box
        return self.window.click(left + width // 2, top + height // 2)
