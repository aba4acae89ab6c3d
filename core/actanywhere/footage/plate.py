"""The plate: frames as stored, with their metadata."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import FootageError
from ..contract.numbering import numbering_remedy
from ..contract.sequences import Footage, find_footage
from ..contract.shot import FrameRange, ImageSequence
from . import timecode
from .alpha import Evidence, divided, evidence_of, is_premultiplied
from .channels import coloured_parts, is_luminance_chroma
from .metadata import frame_rate
from .movie import MovieReader
from .movie_pictures import Counted, unheard
from .resolve import resolve_movie, resolve_still
from .stills import Part, Still, Window, place, screen, screen_light
from .unchanged import Unchanged

Pixels = NDArray[np.float32]

# One code of 8 bits.
_CODE = 1 / 255
_COLOUR_ATTRIBUTES = (
    "acesImageContainerFlag",
    "chromaticities",
    "CICP",
    "dpx:Transfer",
    "Exif:ColorSpace",
    "ICCProfile",
    "oiio:ColorSpace",
    "oiio:Gamma",
)


@dataclass(frozen=True)
class PlateInfo:
    """What holds for every frame of a plate.

    ``width`` and ``height`` are those of the frame raster, ``data_window``: the display window, and what any frame
    has beyond it (overscan). ``covered`` is the part of it that has pixels in some frame. ``space`` is the resolved
    colour space.
    """

    width: int
    height: int
    display_window: Window
    data_window: Window
    covered: Window
    pixel_aspect: float
    fps: Fraction | None
    space: str

    @property
    def aspect(self) -> float:
        """Width over height of the raster as a screen shows it: pixels may be other than square."""
        return self.width * self.pixel_aspect / self.height


@dataclass(frozen=True)
class PlateFrame:
    """One frame: ``pixels`` (H, W, 3) float32 in the plate's own space, as stored, but for a premultiplied plate's,
    which are divided by their alpha.

    ``attributes`` are the file's metadata, name to (OpenImageIO type, value): hand them to
    ``write_exr_frame``.
    """

    pixels: Pixels
    attributes: dict[str, Any]


class Plate:
    """An opened plate; ``open_plate`` makes it. Frames may be read in any order, in order fastest.

    ``frames`` are those to be read, ``whole`` those that are there. ``warnings`` says what was assumed.
    Use it in one thread, and ``close`` it (or use ``with``).
    """

    def __init__(
        self, footage: Footage, frames: FrameRange | None, colour: str, as_plate: bool, counted: Counted
    ) -> None:
        self.path = footage.path
        self._counted = counted
        self.warnings: list[str] = []
        self.footage = footage
        self._movie: MovieReader | None = None
        self._files = Unchanged()
        self.premultiplied = False  # whether its colours are divided by its alpha
        self._as_plate = as_plate
        #: What the files say of their alpha: ``straight``, ``premultiplied``, ``unsaid``, or empty without one.
        self.alpha = ""
        if footage.kind == "movie":
            self._open_movie(frames, colour)
        else:
            self._open_stills(frames, colour)

    def _open_movie(self, frames: FrameRange | None, colour: str) -> None:
        self._files.note(self.path)
        movie = self._movie = MovieReader(self.path, self._counted)
        self.whole = movie_range(movie, self.footage)
        self.frames = frames or self.whole
        if not self.whole.holds(self.frames):
            raise not_in_movie(
                self.footage, self.whole, self.frames, numbering_remedy(self.whole, self.frames)
            )
        self.warnings += movie.warnings
        space, notes = resolve_movie(colour, movie.tags, movie.metadata, self._as_plate)
        self.warnings += [f"{self.path}: {one}" for one in notes]
        window = Window(0, 0, movie.width, movie.height)
        self.info = PlateInfo(
            *window[2:],
            display_window=window,
            data_window=window,
            covered=window,
            pixel_aspect=movie.pixel_aspect,
            fps=movie.fps,
            space=space,
        )
        if movie.turned:
            self._tell_turned(movie.turned)
        if movie.alpha:
            pictures = _few([frame - self.footage.first_frame for frame in self.frames])
            self._settle_alpha(movie.alpha, [_movie_evidence(movie, picture) for picture in pictures])

    def _tell_turned(self, turned: str) -> None:
        if self._as_plate:
            self.warnings.append(
                f"{self.path}: it is {turned} to show it as the file says, and so is the layer. Nuke, and Blender for "
                "stills and (before 4.4) movies, show the plate as it is stored: turn it there likewise."
            )

    def _open_stills(self, frames: FrameRange | None, colour: str) -> None:
        footage = self.footage
        first = FrameRange(footage.first_frame, footage.first_frame)
        self.whole = footage.frames or frames or first
        self.frames = frames or self.whole
        footage.require(self.frames, numbering_remedy(self.whole, self.frames))
        self.warnings += footage.held(self.frames) if self._as_plate else []
        numbers = [self.frames.first] if footage.kind == "still" else list(self.frames)
        covered: Window | None = None
        alphas: dict[int, str] = {}
        for done, frame in enumerate(numbers):
            self._counted(done, len(numbers))
            self._files.note(footage.at(frame))
            with Still(footage.at(frame), self._label(frame)) as still:
                window = self._colour(still)[0].data
                if still.alpha:
                    alphas[frame] = still.alpha
                if covered is None:
                    self.info, self._said = self._describe(still, colour), _said_of_colour(still)
                    covered = window
                else:
                    self._check_same(still)
                    self._check_colour(still, colour)
                    covered = covered.union(window)
        assert covered is not None
        self._settle_raster(covered)
        kind = next(iter(alphas.values()), "")
        for frame in (one for one in alphas if alphas[one] != kind):
            raise FootageError(
                f"{self._label(frame)}: its alpha is {alphas[frame]}, and that of frame {min(alphas)} is {kind}.",
                "Render the whole range with one kind of alpha.",
            )
        self._settle_alpha(kind, [self._still_evidence(frame) for frame in _few(list(alphas))])

    def _settle_raster(self, covered: Window) -> None:
        """The display window and what the frames have beyond it; ``covered`` is the union of their data windows."""
        display = self.info.display_window
        raster = covered.union(display)
        self.info = replace(
            self.info, width=raster.width, height=raster.height, data_window=raster, covered=covered
        )
        if self._as_plate and covered.union(display) != covered:
            self.warnings.append(
                f"{self.path}: its pixels (data window {covered}) do not cover the frame ({display}); around them the "
                "plate is black. The layer covers the frame."
            )

    def _settle_alpha(self, kind: str, shown: list[Evidence]) -> None:
        self.alpha = kind
        self.premultiplied = is_premultiplied(kind, shown)
        if self.premultiplied:
            source = "as its soft edges show" if kind == "unsaid" else "as the file says"
            self.warnings.append(
                f"{self.path}: its colours are premultiplied by its alpha, {source}. They are divided by it, so that "
                "soft edges are not darkened twice."
            )
        elif kind == "premultiplied":
            self.warnings.append(
                f"{self.path}: the file says that its colours are premultiplied by its alpha, but its pixels show "
                "that they are not. They are left as they are."
            )

    def _describe(self, still: Still, colour: str) -> PlateInfo:
        header = still.plain_attributes
        space, notes = resolve_still(colour, header, still.format, still.floating, still.path, self._as_plate)
        self.warnings += [f"{self.path}: {one}" for one in notes]
        _, names = self._colour(still)
        if len(names) == 3 and "." in names[0]:
            self.warnings.append(f"{self.path}: it has no main R, G, B; {', '.join(names)} are taken.")
        if several := coloured_parts(still.parts):
            self.warnings.append(
                f"{self.path}: its parts {', '.join(several)} have colours, and none is named as the picture itself "
                f"(rgba, beauty): {several[0]} is taken."
            )
        self.warnings += [f"{self.path}: {notes}." for notes in still.notes]
        if still.turned:
            self._tell_turned(still.turned)
        return PlateInfo(
            *still.display[2:],
            display_window=still.display,
            data_window=still.display,
            covered=still.display,
            pixel_aspect=still.pixel_aspect,
            fps=frame_rate(header),
            space=space,
        )

    def _still_evidence(self, frame: int) -> Evidence:
        with Still(self.footage.at(frame), self._label(frame)) as still:
            (part, names), alpha = self._colour(still), still.find_alpha()
            if alpha is None or alpha[0] != part:
                return None
            pixels = still.read(part, (*names, alpha[1]))
            # An integer format rounds what is premultiplied to black.
            return evidence_of(pixels[..., :-1], pixels[..., -1], *([] if still.floating else [_CODE]))

    def _colour(self, still: Still) -> tuple[Part, tuple[str, ...]]:
        found = still.find_colour()
        if found is None:
            holds = f"no R, G, B among its channels ({', '.join(still.channel_names())})"
            remedy = "Render the plate with colour in its main layer."
            if any(is_luminance_chroma(part) for part in still.parts):
                holds = "it holds luminance and chroma (Y, RY, BY), which are not read"
                remedy = "Write it again with R, G, B."
            raise FootageError(f"{still.label}: {holds}.", remedy)
        if found[0].kind_of(found[1][0]) in ("int", "uint" if still.format == "openexr" else ""):
            holds = f"its {', '.join(found[1])} are whole numbers of 32 bits, as ids are, and no colours"
            raise FootageError(f"{still.label}: {holds}.", "Write the colours as half or float.")
        return found

    def _check_same(self, still: Still) -> None:
        for what, found, first in (
            ("display window", still.display, self.info.display_window),
            ("pixel aspect", still.pixel_aspect, self.info.pixel_aspect),
        ):
            if found != first:
                raise FootageError(
                    f"{still.label}: its {what} is {found}, but the first frame's is {first}.",
                    "Render the whole range in one format.",
                )

    def _check_colour(self, still: Still, colour: str) -> None:
        """Raises ``FootageError`` where a frame is of another colour space than the first."""
        if colour != "auto" or _said_of_colour(still) == self._said:
            return
        space, _ = resolve_still(colour, still.plain_attributes, still.format, still.floating, still.path)
        if space != self.info.space:
            raise FootageError(
                f"{still.label}: its colour space is {space}, but the first frame's is {self.info.space}.",
                "Render the whole range in one colour space, or say which it is (--plate-colour).",
            )

    def _label(self, frame: int) -> str:
        return f"{self.footage.at(frame)} (frame {frame})"

    def read(self, frame: int) -> PlateFrame:
        """The frame of that host number, in the raster of ``info.data_window``; black outside its own.

        Raises ``FootageError`` for files that are truncated, or changed or gone since they were opened, and for NaN or
        Inf, with counts.
        """
        if frame not in self.frames:
            raise FootageError(
                f"{self.path}: frame {frame} is outside of {self.frames}.", "Choose a frame of the range."
            )
        with self._files.held(self.footage.at(frame), self._label(frame)):
            return self._read_movie(frame) if self._movie else self._read_still(frame)

    def _read_still(self, frame: int) -> PlateFrame:
        label = self._label(frame)
        with Still(self.footage.at(frame), label) as still:
            self._check_same(still)
            part, names = self._colour(still)
            pixels = still.read(part, names)
            alpha = still.find_alpha() if self.premultiplied else None
            if alpha is not None and alpha[0] == part:
                pixels = divided(pixels, still.read(part, (alpha[1],))[..., 0])
            attributes = _timed(still.attributes, still.format, self.info.fps)
            floating = still.floating
        if floating:
            screen_light(pixels, label, "plate")
        raster = self.info.data_window
        if part.data.union(raster) != raster:
            raise FootageError(
                f"{label}: its data window is now {part.data}, outside of {raster}: it changed since it was "
                "opened.",
                "Run again when the plate is finished.",
            )
        if len(names) == 1:
            pixels = np.repeat(pixels, 3, axis=-1)
        return PlateFrame(np.ascontiguousarray(place(pixels, part.data, raster)), attributes)

    def read_alpha(self, frame: int) -> Pixels | None:
        """The alpha of a frame: (H, W) float32, 0..1, 0 outside of its pixels; None where the file has none."""
        if self._movie is not None:
            _, values = self._movie.read(frame - self.footage.first_frame)
            window = self.info.data_window
        else:
            with Still(self.footage.at(frame), self._label(frame)) as still:
                found = still.find_alpha()
                values = None if found is None else still.read(found[0], (found[1],))[..., 0]
                window = self.info.data_window if found is None else found[0].data
        if values is None:
            return None
        screen(values, self._label(frame), "alpha")
        return place(np.clip(values, 0, 1), window, self.info.data_window)

    def _read_movie(self, frame: int) -> PlateFrame:
        assert self._movie is not None
        number = frame - self.footage.first_frame
        pixels, alpha = self._movie.read(number)
        if self.premultiplied and alpha is not None:
            pixels = divided(pixels, alpha)
        attributes: dict[str, Any] = {}
        if self._movie.time_code is not None:
            attributes[timecode.ATTRIBUTE] = ("timecode", self._movie.time_code.packed(number))
        return PlateFrame(pixels, attributes)

    def close(self) -> None:
        """Closes the movie, if it is one."""
        if self._movie is not None:
            self._movie.close()

    def __enter__(self) -> Plate:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _said_of_colour(still: Still) -> tuple[object, ...]:
    """What a header has that may tell a colour space: alike where it is the same."""
    said = still.plain_attributes
    return (still.floating, *(str(said.get(name)) for name in _COLOUR_ATTRIBUTES))


def _timed(attributes: dict[str, Any], format_name: str, rate: Fraction | None) -> dict[str, Any]:
    """The attributes, with a DPX's time code as EXR packs it."""
    if format_name != "dpx" or timecode.ATTRIBUTE not in attributes:
        return attributes
    kind, (code, bits) = attributes[timecode.ATTRIBUTE]
    return attributes | {timecode.ATTRIBUTE: (kind, (timecode.pack_dpx(code, rate), bits))}


def _few(numbers: list[int]) -> list[int]:
    """The first, the middle and the last."""
    return sorted({numbers[0], numbers[len(numbers) // 2], numbers[-1]}) if numbers else []


def _movie_evidence(movie: MovieReader, picture: int) -> Evidence:
    rgb, alpha = movie.read(picture)
    assert alpha is not None
    # Where nothing is, a codec leaves a little noise.
    return evidence_of(rgb, np.where(alpha < _CODE, 0, np.where(alpha > 1 - _CODE, 1, alpha)), 4 * _CODE)


def movie_range(movie: MovieReader, footage: Footage) -> FrameRange:
    """The host numbers of a movie's pictures."""
    return FrameRange(footage.first_frame, footage.first_frame + movie.count - 1)


def not_in_movie(footage: Footage, whole: FrameRange, frames: FrameRange, remedy: str) -> FootageError:
    """The error for frames that a movie has not."""
    return FootageError(
        f"{footage.path}: frames {frames} are asked for, but the movie holds {whole}.", remedy
    )


def open_plate(
    sequence: ImageSequence,
    frames: FrameRange | None = None,
    as_plate: bool = True,
    counted: Counted = unheard,
) -> Plate:
    """A plate with every header of the range checked and no pixels read; a movie's pictures are counted.

    ``frames`` None: what is on disk, or what the pattern says. A still stands for every frame; without
    ``frames`` it is one frame, ``sequence.first_frame`` or 1001. ``as_plate`` False: what
    concerns a plate's layer is not told. ``counted`` hears how far that is. Raises ``FootageError`` with all missing
    frames.
    """
    return Plate(find_footage(sequence), frames, sequence.colour, as_plate, counted)
