"""How a shot is rendered: the settings, and the one place where a default lives.

Flags, shot lists, Blender's properties, Nuke's knobs and the docs are derived from the fields in ``groups``: to add a
setting, add its field there, and read it where it acts.
Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Callable, Dict, Mapping, Tuple

from .errors import JobError
from .fields import SettingField, check_record, fields_of
from .groups import (
    BlendSettings,
    CameraSettings,
    ConditionSettings,
    FilesSettings,
    GenerateSettings,
    MatteSettings,
    ModelSettings,
    ShadowSettings,
    TakeSettings,
)

#: The parts of an interface, in their order, with their titles.
GROUPS = {
    "take": "Take",
    "matte": "Matte",
    "condition": "Who else is in the picture",
    "camera": "Camera",
    "shadow": "Shadow",
    "blend": "Blend with the picture",
    "generate": "Generated place",
    "model": "Model",
    "files": "Files",
}


@dataclass(frozen=True)
class Settings(
    # The last comes first: Python collects the fields of a dataclass from the root down.
    FilesSettings,
    ModelSettings,
    GenerateSettings,
    BlendSettings,
    ShadowSettings,
    CameraSettings,
    ConditionSettings,
    MatteSettings,
    TakeSettings,
):
    """How a shot is rendered. Every field has a default that suits a first try."""

    def __post_init__(self) -> None:
        if isinstance(self.format, list):
            object.__setattr__(self, "format", tuple(self.format))
        check_record(self, "settings.")
        _check_layer_name(self.layer)

    def given(self, said: Mapping[str, Any]) -> Settings:
        """These settings with some of them changed; a value may be text. The one check of what a person sets.

        Raises ``JobError`` on what cannot be, and on what has no effect without another setting.
        """
        fields = {f.name: f for f in setting_fields()}
        unknown = sorted(set(said) - set(fields))
        if unknown:
            raise JobError(
                f"Unknown settings: {', '.join(unknown)}.",
                f"Known are: {', '.join(sorted(fields))}.",
            )
        made = dataclasses.replace(self, **{name: fields[name].read(value) for name, value in said.items()})
        for name in said:
            other, value = fields[name].only_with or (name, None)
            if fields[name].only_with and getattr(made, other) != value:
                raise JobError(
                    f"{name} has no effect unless {other} is '{value}'.",
                    f"Set {other} to '{value}' besides, or leave {name} out.",
                )
        return made

    def with_files(self, change: Callable[[str], str]) -> Settings:
        """These settings with the path of every file that they name changed."""
        named = {name: getattr(self, name) for name in file_settings()}
        changed: Dict[str, Any] = {name: change(path) for name, path in named.items() if path}
        return dataclasses.replace(self, **changed)


def setting_fields() -> Tuple[SettingField, ...]:
    """The fields of ``Settings`` in the order in which an interface shows them."""
    return fields_of(Settings)


def file_settings() -> Tuple[str, ...]:
    """The settings that are paths of footage."""
    return tuple(f.name for f in setting_fields() if f.is_file)


def moot_settings(value: Mapping[str, Any]) -> Tuple[str, ...]:
    """The settings that have no effect beside the others' values, of those that ``value`` has."""
    return tuple(
        f.name
        for f in setting_fields()
        if f.only_with is not None and f.only_with[0] in value and value[f.only_with[0]] != f.only_with[1]
    )


_RESERVED_LAYERS = (
    *("rgb", "rgba", "alpha", "depth", "forward", "backward", "mask", "rotopaint_mask"),
    *(
        "shadow",
        "despilled",
        "unmatched",
        "mended",
        "closed",
        "interaction",
    ),  # these stand beside it in its own files
)


def _check_layer_name(name: str) -> None:
    plain = name.replace("_", "a")
    if not (plain.isalnum() and plain.isascii() and plain[0].isalpha()) or name.lower() in _RESERVED_LAYERS:
        raise JobError(
            f"'{name}' cannot be a layer's name: hosts split or reserve it.",
            "Use letters, digits and underscores, beginning with a letter, for example generated_bg.",
        )
