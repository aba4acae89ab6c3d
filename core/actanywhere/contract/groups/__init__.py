"""The settings, part by part of an interface: to add one, add its field to the module of its part.

Standard library alone, valid Python 3.7: hosts carry a copy of this folder.
"""

from __future__ import annotations

from .blend import BlendSettings
from .camera import CameraSettings
from .condition import ConditionSettings
from .files import FilesSettings
from .generate import GenerateSettings
from .matte import MatteSettings
from .model import ModelSettings
from .shadow import ShadowSettings
from .take import TakeSettings

__all__ = [
    "BlendSettings",
    "CameraSettings",
    "ConditionSettings",
    "FilesSettings",
    "GenerateSettings",
    "MatteSettings",
    "ModelSettings",
    "ShadowSettings",
    "TakeSettings",
]
