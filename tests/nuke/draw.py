"""The node's panel and what is inside, drawn from the generated Group: not a screenshot, no Nuke took part.

python -m tests.nuke.draw          writes docs/pictures/nuke_panel.svg and nuke_inside.svg
"""

from __future__ import annotations

import html
import re
import tkinter
from pathlib import Path

from actanywhere.contract.settings import setting_fields
from tests.nuke_standin.nk import NkNode, UserKnob, read

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
CONTINUES = (6, 22)  # checkboxes and buttons stay on the line unless they are told to begin one
LABEL, ROW, WIDE, PAD = 142, 25, 540, 10
INK, DIM, GROUND, FIELD, EDGE = "#d8d8d8", "#9a9a9a", "#323232", "#262626", "#1b1b1b"
CLASSES = {DIM: "d", "#111111": "k", "#6f6f6f": "g"}
STROKES = {"l": "#6a6a6a", "q": "#4d4d4d", "p": "#b5b5b5", "w": "#7d6a2a"}
FILLS = {"#272727": "t", "#323232": "u", "#454545": "v", "#4a4a4a": "x"}
STYLE = (
    ".z{stroke-dasharray:5 3}"
    + "".join(f".{kind}{{stroke:{ink}}}" for kind, ink in STROKES.items())
    + "".join(f".{kind}{{fill:{ink}}}" for ink, kind in {**CLASSES, **FILLS}.items())
)
NOTE = "Drawn from the generated Group. Not a screenshot: Nuke took no part."


def text(
    x: float, y: float, words: str, ink: str = INK, anchor: str = "start", size: int = 12, bold: bool = False
) -> str:
    """A line of text."""
    if not words:
        return ""
    plain = html.escape(re.sub(r"</?b>", "", words))
    other = f' font-size="{size}"' if size not in (11, 12) else ""
    named = " ".join(
        [*[anchor[0]] * (anchor != "start"), *CLASSES.get(ink, ""), *"b" * bold, *"s" * (size == 11)]
    )
    other += f' class="{named}"' if named else ""
    return f'<text x="{x}" y="{y}"{other}>{plain}</text>'


def box(x: float, y: float, width: float, height: float, fill: str, radius: int = 3) -> str:
    """A filled box with an edge."""
    filled = "" if fill == FIELD else f' class="{FILLS[fill]}"' if fill in FILLS else f' fill="{fill}"'
    if radius == 3:
        x, y, width, height = (round(one) for one in (x, y, width, height))
        return f'<path d="M{x} {y}h{width}v{height}h-{width}z"{filled}/>'
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}"{filled} style="rx:{radius}px"/>'


def stroke(x: float, y: float, to_x: float, to_y: float, kind: str) -> str:
    """A line of a kind of ``STROKES``."""
    return f'<path class="{kind}" d="M{x:.0f} {y:.0f}L{to_x:.0f} {to_y:.0f}"/>'


def canvas(width: float, height: float, parts: list[str]) -> str:
    """A whole picture, with the note under it."""
    parts = [
        re.sub(r'(?<==")\d+\.\d+(?=")', lambda number: f"{float(number.group()):.0f}", part) for part in parts
    ]
    note = text(width / 2, height + 18, NOTE, INK, "middle", 13)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height + 28}" '
        f'viewBox="0 0 {width} {height + 28}" font-family="Verdana, DejaVu Sans, sans-serif" '
        f'font-size="12" fill="{FIELD}">\n'
        f"<style>text{{fill:{INK}}}rect{{stroke:{EDGE};rx:3px}}path{{stroke:{EDGE}}}{STYLE}circle{{r:5px;fill:#8f8f8f}}.m{{text-anchor:middle}}.e{{text-anchor:end}}.b{{font-weight:bold}}.s{{font-size:11px}}</style>\n"
        f'<rect width="{width}" height="{height + 28}" fill="#1e1e1e"/>\n'
        + "".join([part for part in parts if part] + [note])
        + "\n</svg>\n"
    )


def tabs_of(node: NkNode) -> dict[str, list[UserKnob]]:
    """Tab -> its visible knobs, in order."""
    tabs: dict[str, list[UserKnob]] = {}
    for knob in node.user:
        if knob.code == 20:
            tabs[knob.options.get("l", knob.name)] = []
        elif "+INVISIBLE" not in knob.flags:
            list(tabs.values())[-1].append(knob)
    return tabs


def lines_of(knobs: list[UserKnob]) -> list[list[UserKnob]]:
    """Knobs as they share lines."""
    lines: list[list[UserKnob]] = []
    for knob in knobs:
        stays = "-STARTLINE" in knob.flags or (knob.code in CONTINUES and "+STARTLINE" not in knob.flags)
        if lines and stays:
            lines[-1].append(knob)
        else:
            lines.append([knob])
    return lines


def value_of(node: NkNode, knob: UserKnob) -> str:
    """What stands in the knob of a new node."""
    if knob.code == 41:
        child, _, name = knob.options["T"].rpartition(".")
        return next(one.knobs.get(name, "") for one in node.children if one.name == child)
    if knob.code == 4:
        return node.knobs.get(knob.name) or str(tkinter.Tcl().splitlist(knob.options["M"])[0])
    return node.knobs.get(knob.name, knob.options.get("T", "") if knob.code == 26 else "")


def greyed(node: NkNode, knob: UserKnob) -> bool:
    """Whether the knob has no effect on a new node (``draw.panel.enabled``)."""
    if knob.name in ("first", "last"):
        return value_of(node, next(one for one in node.user if one.name == "range")) != "custom"
    for field in setting_fields():
        if field.name == knob.name and field.only_with is not None:
            other, needed = field.only_with
            return value_of(node, next(one for one in node.user if one.name == other)) != needed
    uses = [one for one in node.user if one.name == "use_" + knob.name]
    return bool(uses) and value_of(node, uses[0]) != "true"


def rows_of(knob: UserKnob) -> float:
    """How many lines of the panel a knob takes."""
    if knob.code == 28:
        return 4
    lines = str(knob.options.get("T", "")).split("\n") if knob.code == 26 else []
    return max(1, len(lines) * 16 / ROW)


def widget(node: NkNode, knob: UserKnob, x: float, y: float, room: float) -> tuple[list[str], float]:
    """A knob drawn at (x, y), and how wide it became."""
    ink = "#6f6f6f" if greyed(node, knob) else INK
    label, value = re.sub(r"</?b>", "", knob.options.get("l", knob.name)), value_of(node, knob)
    if knob.code == 6:
        mark = [text(x + 4, y + 14, "✓")] if value == "true" else []
        return [box(x, y + 4, 13, 13, FIELD), *mark, text(x + 19, y + 15, label)], 30 + 7.2 * len(label)
    if knob.code == 22:
        wide = 22 + 7.4 * len(label)
        middle = text(x + wide / 2, y + 15, label, INK, "middle", bold="<b>" in knob.options.get("l", ""))
        return [box(x, y + 1, wide, 20, "#4a4a4a"), middle], wide + 6
    if knob.code in (4, 41):
        return [
            box(x, y + 1, 160, 20, "#454545"),
            text(x + 8, y + 15, value),
            text(x + 142, y + 15, "▾", DIM),
        ], 170
    if knob.code in (3, 7):
        parts = [box(x, y + 1, 66, 20, FIELD), text(x + 6, y + 15, value, ink)]
        if knob.code == 3:
            return parts, 74
        low, high = knob.options.get("R", (0.0, 1.0))
        at = x + 80 + (room - 90) * (float(value) - low) / (high - low)
        return [
            *parts,
            stroke(x + 80, y + 11, x + room - 10, y + 11, "l"),
            f'<circle cx="{at}" cy="{y + 11}"/>',
        ], room
    if knob.code == 26:
        left = x if label else PAD + x - LABEL
        lines = value.split("\n")
        return [text(left, y + 15 + 16 * i, one, DIM, size=11) for i, one in enumerate(lines) if one], room
    if knob.code == 28:
        left, wide = PAD + x - LABEL, room - 4 + LABEL - PAD
        return [box(left, y + 1, wide, ROW * rows_of(knob) - 5, FIELD)], room
    return [box(x, y + 1, room - 4, 20, FIELD), text(x + 6, y + 15, value, DIM)], room


def panel(node: NkNode, chosen: str, x: float, top: float = 0) -> tuple[list[str], float]:
    """One tab of the panel at (x, top), and where it ends."""
    tabs = tabs_of(node)
    own, over, at = [text(PAD, 22, node.name, bold=True)], [], float(PAD)
    for name in tabs:
        wide = 18 + 7.6 * len(name)
        own += [box(at, 32, wide, 24, "#272727"), text(at + wide / 2, 48, name, DIM, "middle")]
        if name == chosen:
            over = [box(x + at, 32, wide, 24, GROUND), text(x + at + wide / 2, 48, name, INK, "middle")]
        at += wide + 2
    # The tabs are drawn once, in the first panel; the chosen one lies over them.
    parts = [f'<use href="#t" x="{x}"/>'] if x else ['<g id="t">', *own, "</g>"]
    parts += over
    body, y = [], 66.0
    for line in lines_of(tabs[chosen]):
        begin = line[0]
        label = begin.options.get("l", begin.name)
        if begin.code == 26 and not begin.options.get("T"):
            body += [text(x + PAD + 6, y + 15, label, bold=True)]
            rule = x + PAD + 24 + 8 * len(re.sub(r"</?b>", "", label))
            body += [stroke(rule, y + 11, x + WIDE - 18, y + 11, "q")]
            y += ROW
            continue
        if begin.code not in (6, 22):
            body += [text(x + LABEL, y + 15, label, INK, "end")]
        at = x + LABEL + 8
        for knob in line:
            if knob is not begin and knob.code in (3, 7) and knob.options.get("l"):
                body += [text(at + 4, y + 15, knob.options["l"])]
                at += 14 + 7 * len(knob.options["l"])
            after = sum(28 + 7.4 * len(one.options.get("l", "")) for one in line[line.index(knob) + 1 :])
            drawn, wide = widget(node, knob, at, y, x + WIDE - 14 - at - after)
            body, at = body + drawn, at + wide
        y += ROW * rows_of(begin)
    parts += [box(x + PAD, 56, WIDE - 2 * PAD, y - 50, GROUND), *body]
    return [f'<g transform="translate(0,{top:g})">', *parts, "</g>"], top + y + 14


def draw_panel(node: NkNode) -> str:
    """The first two tabs side by side, and the others one under the other."""
    names = list(tabs_of(node))
    drawn, below = [panel(node, name, index * WIDE) for index, name in enumerate(names[:2])], 0.0
    for name in names[2:]:
        drawn.append(panel(node, name, 2 * WIDE, below))
        below = drawn[-1][1] + 8
    return canvas(WIDE * 3, max(height for _, height in drawn), [p for parts, _ in drawn for p in parts])


TILES = {"Input": "#a5a5a5", "Output": "#a5a5a5", "Read": "#c9c9c9", "Write": "#d0b45c", "Copy": "#9a6bb0"}


def draw_inside(group: NkNode) -> str:
    """The nodes inside, where they lie, with their pipes: input 0 (B) in a full line, the others dashed."""
    places = {one.name: (int(one.knobs["xpos"]), int(one.knobs["ypos"])) for one in group.children}
    left, top = min(x for x, _ in places.values()) - 30, min(y for _, y in places.values()) - 30
    parts, tiles = [], []
    for child in group.children:
        x, y = places[child.name][0] - left, places[child.name][1] - top
        for number, source in enumerate(child.inputs):
            if source is None:
                continue
            sx, sy = places[source.name][0] - left + 70, places[source.name][1] - top + 26
            dash = "p z" if number else "p"
            end = x + 70 + 16 * number
            parts.append(stroke(sx, sy, end, y, dash))
        tiles += [box(x, y, 140, 26, TILES.get(child.cls, "#7f93a8"))]
        if child.knobs.get("disable") == "true":  # crossed out, as Nuke does it
            for one, other in ((y, y + 26), (y + 26, y)):
                tiles.append(stroke(x, one, x + 140, other, "w"))
        tiles += [text(x + 70, y + 17, f"{child.name}", "#111111", "middle", 11, bold=True)]
        tiles += [text(x + 146, y + 17, child.cls, DIM, size=10)]
    width = max(x for x, _ in places.values()) - left + 220
    return canvas(width, max(y for _, y in places.values()) - top + 60, parts + tiles)


def pictures() -> dict[str, str]:
    """File name -> picture, drawn from the Group that we ship."""
    source = (ROOT / "nuke_gizmo" / "ActAnywhere.nk").read_text(encoding="utf-8")
    (node,) = [node for node in read(source).nodes if node.cls == "Group"]
    return {"nuke_panel.svg": draw_panel(node), "nuke_inside.svg": draw_inside(node)}


if __name__ == "__main__":
    for name, picture in pictures().items():
        (PICTURES / name).write_text(picture, encoding="utf-8")
        print(PICTURES / name)
