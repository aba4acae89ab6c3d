"""Every setting with values that are taken and refused, and what the command line says of each.

The other front ends are asked the same and compared, in ``tests/blender`` and in ``tests/nuke``.
"""

from __future__ import annotations

from typing import Any

from actanywhere.cli.flags import flag_of, job_from_flags
from actanywhere.cli.parser import build_parser
from actanywhere.contract.errors import ActAnywhereError
from actanywhere.contract.fields import CHOICE, NUMBER, SEVERAL, SWITCH, TEXT, WHOLE, SettingField
from actanywhere.contract.settings import Settings, setting_fields

_BIG = 2**31 - 1


def good() -> list[tuple[str, Any]]:
    """Name and value of what every front end takes."""
    return [(f.name, value) for f in setting_fields() for value in _good(f)]


def bad() -> list[tuple[str, Any]]:
    """Name and value of what no front end takes, of those that a property of Blender or a knob of Nuke can hold."""
    return [(f.name, value) for f in setting_fields() for value in _bad(f)]


def moot() -> list[tuple[str, Any]]:
    """Settings without the one that they need."""
    return [(f.name, _good(f)[0]) for f in setting_fields() if f.only_with is not None]


def others() -> Settings:
    """Settings of which none is at its default, and all have an effect."""
    plain = Settings()
    made = {f.name: _other(f, plain) for f in setting_fields()}
    made.update(f.only_with for f in setting_fields() if f.only_with is not None)
    return plain.given(made)


def _other(f: SettingField, plain: Settings) -> Any:
    read = [f.read(value) for value in _good(f)[::-1]]
    return next(value for value in read if value != getattr(plain, f.name))


def _good(f: SettingField) -> list[Any]:
    if f.kind == SEVERAL:
        return [" ".join(dict.fromkeys([*f.default, one])) for one in f.choices]
    if f.kind == CHOICE:
        return list(f.choices)
    if f.kind == SWITCH:
        return [True, False]
    if f.kind == TEXT:
        return ["/shots/some_file.####.exr" if f.is_file else "some_name"]
    return [1001] if f.minimum is None else [f.minimum, f.maximum]


def _bad(f: SettingField) -> list[Any]:
    if f.kind not in (WHOLE, NUMBER) or f.minimum is None or f.maximum is None:
        return ["a-b c"] if f.name == "layer" else []
    step = 1 if f.kind == WHOLE else 0.5
    values = [f.minimum - step, f.maximum + step]
    return [value for value in values if abs(value) <= _BIG]


def of_the_command_line(name: str, value: Any) -> str:
    """What is said of one setting by ``actanywhere render``: empty if it is taken, else message and remedy."""
    words = ["render", "--plate", "p.####.exr", "--condition", "c.png", "--output", "o"]
    if isinstance(value, bool):
        words.append(flag_of(name) if value else "--no-" + flag_of(name)[2:])
    elif name in [f.name for f in setting_fields() if f.kind == SEVERAL]:
        words += [flag_of(name), *value.split()]
    else:
        words += [f"{flag_of(name)}={value}"]
    try:
        job_from_flags(build_parser().parse_args(words))
    except ActAnywhereError as error:
        return f"{error.message} {error.remedy}"
    return ""
