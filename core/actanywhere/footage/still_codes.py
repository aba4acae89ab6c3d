"""Corrects a still's code values where OpenImageIO scales them wrongly, in this one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import FootageError
from .channels import Part
from .headers import dpx_levels, png_chunks

Pixels = NDArray[np.float32]

_DEPTHS = {"uint8": 8, "uint16": 16}
# What video calls black and white, by depth; other numbers in a DPX header are densities, or were never set.
_VIDEO = {8: (16, 235), 10: (64, 940), 12: (256, 3760), 16: (4096, 60160)}


@dataclass(frozen=True)
class StillCodes:
    """How what OpenImageIO gives as 0..1 is to be read.

    ``depth`` is of the samples, ``significant`` the bits of them that count (PNG's sBIT), ``white_is_0`` of a TIFF
    whose codes are not turned round yet, ``levels`` the codes of black and white (DPX).
    """

    depth: int = 0
    significant: int = 0
    white_is_0: bool = False
    levels: tuple[int, int] | None = None

    def read(self, pixels: Pixels, is_alpha: list[bool]) -> Pixels:
        """(H, W, n) with black 0 and white 1; ``is_alpha`` says of each channel whether it is one."""
        if self.significant:
            pixels = self._significant(pixels)
        colour = ~np.array(is_alpha)
        if self.white_is_0:
            pixels = np.where(colour, np.float32(1) - pixels, pixels)
        if self.levels:
            low, high = self.levels
            codes = np.round(pixels * (2**self.depth - 1))
            pixels = np.where(colour, (codes - low) / np.float32(high - low), pixels).astype(np.float32)
        return pixels

    def _significant(self, pixels: Pixels) -> Pixels:
        """Codes of fewer bits than are stored, whether the rest repeats them or is zero."""
        spare = self.depth - self.significant
        stored = np.round(pixels * (2**self.depth - 1)).astype(np.uint32)
        codes = stored >> spare
        filled = codes << spare
        repeated, given = filled.copy(), self.significant
        while given < self.depth:
            repeated |= filled >> given
            given += self.significant
        if not (np.array_equal(stored, filled) or np.array_equal(stored, repeated)):
            # More was stored than the file says that counts.
            return pixels
        return np.asarray(codes / np.float32(2**self.significant - 1), np.float32)


def codes_of(
    path: str, format_name: str, part: Part, attributes: Mapping[str, Any]
) -> tuple[StillCodes, list[str]]:
    """How a file's codes are to be read, and what to tell of it. Raises ``FootageError`` for luma and chroma."""
    depth = _DEPTHS.get(part.kind, 0)
    if format_name == "png" and depth:
        said = set(png_chunks(path, os.path.getmtime(path)).get("sBIT", b""))
        if len(said) == 1 and 0 < (bits := said.pop()) < depth:
            return StillCodes(depth, significant=bits), []
    if format_name == "tiff" and attributes.get("tiff:PhotometricInterpretation") == 0 and part.kind in _WIDE:
        return StillCodes(white_is_0=True), []
    if format_name == "dpx":
        layout = str(attributes.get("dpx:ImageDescriptor", ""))
        if layout.startswith("CbY"):
            raise FootageError(
                f"{path}: its pixels are in luma and chroma ({layout}), which is not read from DPX.",
                "Write it again with R, G, B.",
            )
        levels, log = dpx_levels(path), str(attributes.get("dpx:Transfer", "")).lower() in _LOG
        if levels is not None and not log and levels == _VIDEO.get(part.bits):
            note = f"its header says that the codes {levels[0]} and {levels[1]} are black and white"
            return StillCodes(part.bits, levels=levels), [f"{note}, and they are taken so"]
    return StillCodes(), []


_LOG = ("logarithmic", "printing density")
_WIDE = ("uint16", "uint32", "uint")
"""OpenImageIO turns codes of at most 8 bits round itself."""
