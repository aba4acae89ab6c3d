"""Which channels of a picture are the matte, and how their values are read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import FootageError, JobError
from ..contract.settings import Settings
from .channels import full_name, mask_candidates
from .cryptomatte import cryptomattes, read_objects, split_request
from .stills import Part, Still

Pixels = NDArray[np.float32]

_OPAQUE = 1 - 1e-3
_LISTED = 6
_COLOURFUL = 0.1
"""How far apart red, green and blue have to be in a matte that is more than a grey picture out of a lossy codec."""
_PALETTE_FORMATS = ("png", "gif", "bmp", "tiff")


@dataclass(frozen=True)
class MatteValues:
    """What a matte's values mean: ``white`` is 1, and what lies above it; or the ``ids`` of the objects that are."""

    white: float = 1.0
    ids: tuple[int, ...] = ()
    fit: bool = False

    @classmethod
    def of(cls, settings: Settings) -> MatteValues:
        """As the artist set them. Raises ``JobError`` for ids that are no whole numbers."""
        parts = settings.matte_id.replace(",", " ").split()
        if not all(part.isdigit() and len(part) < 8 for part in parts):
            raise JobError(
                f"--matte-id is '{settings.matte_id}'; ids are whole numbers.", "Write them as 1 or as 1,2."
            )
        return cls(settings.matte_white, tuple(int(part) for part in parts), settings.fit_matte)


@dataclass(frozen=True)
class Source:
    """Where a matte is in a file: channels of a part (one, or three whose luminance it is), or a cryptomatte's objects.

    ``note`` says which channel was taken, where an artist might expect another.
    """

    part: Part
    names: tuple[str, ...]
    layer: str = ""
    objects: tuple[str, ...] = ()
    note: str = ""

    @property
    def code(self) -> int:
        """The largest code that its integers can hold; 0 where they are half or float."""
        if not self.names or self.part.is_floating(self.names[0]):
            return 0
        return (1 << min(self.part.bits, 32)) - 1


def find_source(still: Still, channel: str, opaque: bool = False) -> Source:
    """The matte of a file: the ``channel`` that is asked for, else the one that is meant.

    That is the only channel, else the main alpha (unless it is known to be ``opaque``), else the only alpha of a layer
    or mask channel, else the luminance of the colours. Raises ``FootageError`` that names the candidates where there
    are several.
    """
    if channel:
        return _asked(still, channel)
    names = still.channel_names()
    if len(names) == 1:
        return Source(still.parts[0], still.parts[0].channels)
    alpha = still.find_alpha()
    if alpha is not None and not opaque:
        others = [one for one in _candidates(still) if one != alpha]
        if "." in alpha[1] and others:
            raise _which(still, [alpha, *others])
        note = f"its channel {full_name(*alpha)} is taken for the matte" if "." in alpha[1] else ""
        if others:
            names = [full_name(*one) for one in others]
            note = f"its alpha is taken for the matte, among {', '.join(names[:_LISTED])}: --matte-channel chooses"
        return Source(alpha[0], (alpha[1],), note=note)
    return _meant(still, names, opaque, alpha)


def _meant(still: Still, names: list[str], opaque: bool, alpha: tuple[Part, str] | None) -> Source:
    candidates = [one for one in _candidates(still) if one != alpha]
    if len(candidates) > 1:
        raise _which(still, candidates)
    if candidates:
        part, channel = candidates[0]
        return Source(part, (channel,), note=f"its channel {full_name(part, channel)} is taken for the matte")
    colour = still.find_colour()
    if colour is None:
        raise FootageError(
            f"{still.label}: which of its channels is the matte ({', '.join(names)})?",
            "Name it with --matte-channel.",
        )
    note = ""
    if opaque:
        note = "its alpha is the same everywhere, so the brightness of its colours is taken for the matte"
    elif len(names) > len(colour[1]):
        note = f"the brightness of {', '.join(colour[1])} is taken for the matte, among {', '.join(names)}"
    return Source(*colour, note=note)


def _candidates(still: Still) -> list[tuple[Part, str]]:
    return mask_candidates(still.parts, [*(one.name for one in cryptomattes(still)), *still.other_views])


def _which(still: Still, candidates: list[tuple[Part, str]]) -> FootageError:
    names = [full_name(*one) for one in candidates]
    return FootageError(
        f"{still.label}: which of its channels is the matte: {', '.join(names)}?",
        f"Name it: --matte-channel {names[0]}.",
    )


def _asked(still: Still, channel: str) -> Source:
    found = still.find_alpha() if channel == "A" else still.find(channel)
    if found is not None:
        return Source(found[0], (found[1],))
    mattes = cryptomattes(still)
    request = split_request(channel, [one.name for one in mattes])
    if request is not None and request[1]:
        part = mattes[0].pairs[0][0] if mattes and mattes[0].pairs else still.parts[0]
        return Source(part, (), *request)
    listed = still.channel_names()
    objects = [f"crypto:{name}" for one in mattes for name in list(one.names)[:3]][:3]
    raise FootageError(
        f"{still.label}: no channel '{channel}' among {', '.join(listed)}.",
        f"Name one of these channels, or an object ({', '.join(objects)})."
        if objects
        else "Name one of these channels, or give the matte as files of its own.",
    )


def read_source(still: Still, source: Source, ids: tuple[int, ...]) -> Pixels:
    """The stored matte (H, W) of the part's data window; of ``ids``, 1 where the picture has one of them."""
    if source.objects or source.layer:
        pixels, _ = read_objects(still, source.layer, source.objects)
        return pixels
    if ids:
        return np.isin(_codes(still, source), ids).astype(np.float32)
    palette = palette_of(still) if len(source.names) == 3 else None
    if palette is not None and palette.is_mask:
        return palette.actors
    return luminance(still.read(source.part, source.names))


def _codes(still: Still, source: Source) -> NDArray[np.int64]:
    """Stored codes: of a palette, of integer pixels, or of floats that hold whole numbers."""
    palette = palette_of(still)
    if palette is not None:
        return palette.indices
    values = luminance(still.read(source.part, source.names)).astype(np.float64)
    return np.asarray(np.round(values * (source.code or 1)), np.int64)


@dataclass(frozen=True)
class Palette:
    """A picture that stores indices: ``indices`` (H, W), and the colours (n, 3) of 8 bit that they stand for."""

    indices: NDArray[np.int64]
    colours: NDArray[np.uint8]

    @property
    def used(self) -> list[int]:
        """The indices that occur."""
        return [int(one) for one in np.unique(self.indices)]

    @property
    def is_mask(self) -> bool:
        """Whether it names objects, as DAVIS and VOC do: its colours are not greys."""
        return any(len(set(self.colours[one].tolist())) > 1 for one in self.used)

    @property
    def ids(self) -> list[int]:
        """The indices of objects: all but the background, which is black, or index 0."""
        black = [one for one in self.used if not self.colours[one].any()] or [0]
        return [one for one in self.used if one not in black]

    @property
    def actors(self) -> Pixels:
        """(H, W) 1 on any object."""
        return np.isin(self.indices, self.ids).astype(np.float32)


def palette_of(still: Still) -> Palette | None:
    """The palette picture in a file, upright; None where it stores colours."""
    if still.format not in _PALETTE_FORMATS:
        return None
    from PIL import Image, UnidentifiedImageError

    from .orientation import pixels_upright

    try:
        with Image.open(still.path) as opened:
            if opened.mode != "P":
                return None
            colours = np.array(opened.getpalette("RGB") or [0, 0, 0], np.uint8)
            indices = np.asarray(opened, np.int64)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None  # OpenImageIO reads it, or says why not
    table = np.zeros((256, 3), np.uint8)
    table[: len(colours) // 3] = colours.reshape(-1, 3)[:256]
    return Palette(pixels_upright(indices, still.orientation), table)


def is_opaque(still: Still) -> bool:
    """Whether the main alpha says nothing: it is 1 everywhere, or 0 everywhere though there are colours."""
    alpha, colour = still.find_alpha(), still.find_colour()
    if alpha is None or colour is None:
        return False
    values = still.read(alpha[0], (alpha[1],))
    if values.min() < _OPAQUE and values.max() > 0:
        return False
    bright = luminance(still.read(*colour))
    return bool(bright.max() > 0.02 and bright.min() < _OPAQUE)


def is_colourful(pixels: Pixels) -> bool:
    """Whether a picture (H, W, n) that is to be a matte has colours: its channels may be a matte each."""
    return bool((np.ptp(pixels, axis=-1) > _COLOURFUL).any())


def luminance(pixels: Pixels) -> Pixels:
    """(H, W) of (H, W, 1 or 3). Grey pixels keep their value to the bit, so that 1 stays 1."""
    if pixels.shape[-1] == 1:
        return pixels[..., 0]
    red, green, blue = (pixels[..., i] for i in range(3))
    if np.array_equal(red, green) and np.array_equal(red, blue):
        return red
    mixed = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return np.where((red == green) & (red == blue), red, mixed).astype(np.float32)
