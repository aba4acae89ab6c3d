"""Transfer curves and matrices as they are published, written down here once more, to test our colour by."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from actanywhere.contract.shot import ImageSequence
from actanywhere.footage import linearise, open_plate
from actanywhere.footage.spaces import config, config_name, layer_space

CODE = (180, 90, 40)


def srgb(v: np.ndarray) -> np.ndarray:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def bt709(v: np.ndarray) -> np.ndarray:
    return np.where(v < 0.081, v / 4.5, ((v + 0.099) / 1.099) ** (1 / 0.45))


def pq(v: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084, as multiples of 100 cd/m²."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = v ** (1 / m2)
    return 100 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)


def hlg(v: np.ndarray) -> np.ndarray:
    """ARIB STD-B67 with the system gamma 1.2 of a display of 1000 cd/m², as multiples of 100."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(v <= 0.5, v**2 / 3, (np.exp((v - c) / a) + b) / 12)
    luminance = scene @ [0.2627, 0.6780, 0.0593]
    return 10 * luminance**0.2 * scene


# To linear BT.709 from linear P3-D65, BT.2020 and Adobe RGB, as they are published.
P3 = [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]]
BT2020 = [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
ADOBE = [[1.3984, -0.3984, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429, 1.0429]]
SAME = np.eye(3)


def in_layer(path: Path, **said: str) -> tuple[np.ndarray, str, list[str]]:
    """A flat plate's colour in its layer, the layer's space, and the warnings."""
    with open_plate(ImageSequence(str(path), **said)) as plate:
        pixels = plate.read(plate.frames.first).pixels
        return linearise(pixels, plate.info.space)[5, 5], layer_space(plate.info.space), plate.warnings


def to_709(rgb: np.ndarray, space: str) -> np.ndarray:
    out = np.float32([[rgb]])
    to = config().getProcessor(config_name(space), "Linear Rec.709 (sRGB)")
    to.getDefaultCPUProcessor().applyRGB(out)
    return out[0, 0]
