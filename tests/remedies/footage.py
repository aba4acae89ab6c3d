"""Plates, mattes, pictures of the place, movies and their colours."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from actanywhere.contract.sequences import find_footage
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import Condition, FrameRange, ImageSequence, Matte
from actanywhere.footage import layer as layer_module
from actanywhere.footage.condition import read_condition, read_scribble, read_still_matte
from actanywhere.footage.digest import digest
from actanywhere.footage.layer import write_png
from actanywhere.footage.matte import open_matte
from actanywhere.footage.matte_source import MatteValues
from actanywhere.footage.matte_treatment import judge_mattes, treat_matte
from actanywhere.footage.movie import MovieReader
from actanywhere.footage.movie_out import MovieWriter
from actanywhere.footage.plate import open_plate
from actanywhere.footage.spaces import added_profile, find_space
from actanywhere.footage.unchanged import Unchanged
from tests.footage.pictures import ramp, write_movie, write_sequence, write_still
from tests.footage.test_alpha import COLOUR
from tests.footage.test_alpha import _tiff as tiff
from tests.footage.test_kinds import _deep as deep
from tests.footage.test_kinds import _texture as texture
from tests.footage.test_matte_source import MANIFEST
from tests.footage.test_matte_source import _crypto as crypto
from tests.layers import write_layer_frame
from tests.remedies.row import At, Row, again

H, W = 24, 40


def of(path: Path | str, frames: str = "", **how: Any) -> Any:
    """All frames of a plate, read."""
    with open_plate(ImageSequence(str(path), **how), FrameRange.parse(frames) if frames else None) as plate:
        return [plate.read(frame) for frame in plate.frames]


def still(at: At, name: str = "p.exr", pixels: np.ndarray | None = None, **how: Any) -> Path:
    return write_still(at / name, ramp(H, W) if pixels is None else pixels, **how)


def matted(at: At, path: Path | str, channel: str = "", **values: Any) -> Any:
    """A matte over a plate of 32 x 24, read."""
    with (
        open_plate(ImageSequence(str(still(at, "plate.exr")))) as plate,
        open_matte(Matte(str(path), channel), plate, None, MatteValues(**values)) as matte,
    ):
        return matte.read(plate.frames.first)


def others(at: At, pixels: np.ndarray) -> Any:
    """A matte of who else is in a picture of 32 x 24."""
    matte = still(at, "who.exr", pixels, channels=("Y",))
    return read_still_matte(str(matte), Condition(str(still(at, "place.png", kind="uint8"))))


def grey(at: At, value: float, name: str = "m.exr", **how: Any) -> Path:
    return still(at, name, np.full((H, W, 1), value, np.float32), **{"channels": ("Y",), **how})


def movie(at: At, name: str = "p.mov", count: int = 3, size: tuple[int, int] = (H, W), **how: Any) -> Path:
    return write_movie(at / name, [ramp(*size)] * count, **how)


def picked(at: At, path: Path, channel: str = "") -> Any:
    return read_condition(Condition(str(path)))


def layered(at: At) -> None:
    plate = open_plate(ImageSequence(str(texture(at / "p.exr"))))
    frame, one = plate.read(1001), np.ones((48, 64), np.float32)
    attributes = {} if (at / "written again").exists() else frame.attributes
    write_layer_frame(str(at / "l.exr"), frame.pixels, one, frame.pixels, one, plate.info, attributes)


def space(at: At, role: str) -> str:
    at.write(
        "show.ocio",
        f"ocio_profile_version: 2\nroles: {{default: linear, scene_linear: linear{role}}}\n"
        "file_rules: [!<Rule> {name: Default, colorspace: linear}]\n"
        "displays: {d: [!<View> {name: v, colorspace: linear}]}\n"
        "colorspaces:\n  - !<ColorSpace> {name: aces}\n  - !<ColorSpace> {name: linear}\n"
        "  - !<ColorSpace>\n    name: RemedyGamma\n    encoding: sdr-video\n"
        "    to_scene_reference: !<ExponentTransform> {value: [2, 2, 2, 1]}\n",
    )
    at.machine.setenv("OCIO", str(at / "show.ocio"))
    return find_space("RemedyGamma")


def noted(at: At) -> Unchanged:
    files = Unchanged()
    files.note(str(still(at)))
    return files


def gone(at: At) -> None:
    files = noted(at)
    shutil.move(at / "p.exr", at / "elsewhere.exr")
    files.check(str(at / "p.exr"))


def back(at: At) -> None:
    files = noted(at)
    shutil.move(at / "p.exr", at / "elsewhere.exr")
    shutil.move(at / "elsewhere.exr", at / "p.exr")
    files.check(str(at / "p.exr"))


def changed(at: At) -> None:
    files = noted(at)
    still(at, pixels=ramp(H, W) / 2)
    os.utime(at / "p.exr", (1, 1))
    files.check(str(at / "p.exr"))


def grows(at: At) -> None:
    plate = open_plate(ImageSequence(str(still(at))))
    plate._files = Unchanged()  # as on a drive whose clock stands still
    still(at, origin=(2, 2), display=(0, 0, W, H))
    plate.read(plate.frames.first)


def unread_codes(at: At) -> None:
    reader = MovieReader(str(movie(at)))
    reader._coding = replace(reader._coding, matrix=99)
    reader.read(0)


def mov(at: At, name: str) -> None:
    with MovieWriter(str(at.folder / name), 24) as writer:
        writer.write(ramp(H, W))


def scribble(at: At, scale: int = 1) -> Any:
    return read_scribble(str(still(at, "s.png", ramp(H // scale, W // scale), kind="uint8")), (H, W))


def cut_short(at: At) -> Path:
    path = still(at, "p.png", kind="uint8")
    path.write_bytes(path.read_bytes()[:200])
    return path


def huge(at: At) -> Path:
    path = still(at, "p.png", kind="uint8")
    data = bytearray(path.read_bytes())
    data[16:20] = (100_000).to_bytes(4, "big")
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    path.write_bytes(data)
    return path


def dpx(at: At, orientation: int) -> Path:
    path = still(at, "p.dpx", kind="uint16")
    data = bytearray(path.read_bytes())
    order = "big" if data[:4] == b"SDPX" else "little"
    data[768:770] = orientation.to_bytes(2, order)  # type: ignore[arg-type]
    path.write_bytes(data)
    return path


def icc(kind: str) -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile(kind)).tobytes()


def judged(at: At, value: float, values: Settings | None = None) -> Any:
    mattes = [np.full((8, 8), value, np.float32)]
    if values is not None:
        mattes = [treat_matte(one, values.invert_matte) for one in mattes]
    mattes[0][0, 0] += 0.0
    return judge_mattes("roto.exr", FrameRange(1, 1), mattes)


def half(value: float) -> np.ndarray:
    one = np.full((H, W, 1), value, np.float32)
    one[:, : W // 2] = 0
    return one


def numbered(at: At) -> Path:
    """A mask of codes: the actor is 3 of 255."""
    return still(at, "ids.png", half(3 / 255), kind="uint8", channels=("Y",))


def dim(at: At, **values: Any) -> Any:
    with (
        open_plate(ImageSequence(str(still(at, "plate.exr")))) as plate,
        open_matte(Matte(str(numbered(at))), plate, None, MatteValues(**values)) as matte,
    ):
        found = matte.read(plate.frames.first)
        return judge_mattes("ids.png", plate.frames, [found], matte.levels)


ROWS = [
    Row(
        "Use EXR, PNG, JPEG, TIFF or DPX pictures, or a MOV or MP4 movie; docs/files.md lists the others.",
        lambda at: of(at.write("p.blend", "")),
        lambda at: (
            [of(still(at, f"p.{kind}", kind="uint8")) for kind in ("png", "jpg", "tif", "dpx")]
            + [of(still(at)), of(movie(at))]
        ),
    ),
    Row(
        "Rename it, with plain letters.",
        lambda at: find_footage(ImageSequence(f"{at.folder}/pl\udce4te.exr")),
        lambda at: find_footage(ImageSequence(str(still(at, "plate.exr")))),
    ),
    Row("Check the path.", lambda at: of(at / "p.exr"), lambda at: of(still(at))),
    Row(
        "Check the path and the padding.",
        lambda at: [_glued(at), of(at / "a/sh010######.exr")],
        lambda at: of(at / "a/sh010####.exr"),
    ),
    Row("Give its files.", lambda at: of((at / "a/b").parent), lambda at: of(still(at))),
    Row(
        "Give one of them.",
        lambda at: [write_sequence(at / "a", range(1, 3), name=one) for one in "ab"] and of(at / "a"),
        lambda at: of(at / "a/a.####.exr"),
    ),
    Row(
        "Write the frame number as ####, and any view or tile by its name.",
        lambda at: of(at / "p.<UDIM>.exr"),
        lambda at: [write_sequence(at / "a", range(1, 3)), of(at / "a/plate.####.exr")],
    ),
    Row(
        "Render or copy them, or choose frames that are there ({}).",
        lambda at: [write_sequence(at / "a", range(1, 7)), (at / "a/plate.0005.exr").unlink(), of(_all(at))],
        lambda at: [of(_all(at), "1-4"), of(write_sequence(at / "a", range(1, 7)))],
    ),
    Row(
        "Render or copy the others, or choose {}.",
        lambda at: of(movie(at), "1001-1009"),
        lambda at: [of(movie(at), "1001-1003"), of(movie(at, count=9), "1001-1009")],
    ),
    Row(
        "{}. Else choose {}.",  # If its first picture (1001) belongs to frame 1, number it so: --plate-first 1
        lambda at: of(movie(at), "1-3"),
        lambda at: [of(movie(at), "1-3", first_frame=1), of(movie(at), "1001-1003")],
    ),
    Row(
        "Only one frame in {} is there ({}), and a layer has each of its range: render or copy the others, or number "
        "the files without gaps.",
        lambda at: [of(write_sequence(at / "a", range(1, 9, 2)))],
        lambda at: [of(write_sequence(at / "b", range(1, 5))), of(write_sequence(at / "a", range(1, 9)))],
    ),
    Row(
        "If its first picture ({}) belongs to frame {}, number it so: {} {}",
        lambda at: _beside(at, None),
        lambda at: _beside(at, 1),
    ),
    Row(
        "Choose a frame of the range.",
        lambda at: open_plate(ImageSequence(write_sequence(at / "a", range(1, 3)))).read(9),
        lambda at: open_plate(ImageSequence(write_sequence(at / "a", range(1, 3)))).read(2),
    ),
    Row("Render or copy the file again.", lambda at: of(cut_short(at)), lambda at: of(still(at, "p.png"))),
    Row(
        "The file is damaged, or must be scaled down first.",
        lambda at: of(huge(at)),
        lambda at: of(still(at, "p.png", kind="uint8")),
    ),
    Row(
        "Install it (pip install pillow-heif), or save the picture as PNG or TIFF.",
        lambda at: [at.lack("pillow_heif"), picked(at, at.write("c.heic", ""))],
        lambda at: [picked(at, still(at, "c.png", kind="uint8")), picked(at, still(at, "c.tif"))],
    ),
    Row(
        "The file is damaged, or its pixel aspect has to be set right where it was made.",
        lambda at: of(still(at, attributes={"PixelAspectRatio": 1e6})),
        lambda at: of(still(at, attributes={"PixelAspectRatio": 2.0})),
    ),
    Row(
        "Turn it upright where it was made, or convert it to EXR.",
        lambda at: of(dpx(at, 4)),
        lambda at: [of(dpx(at, 0)), of(still(at))],
    ),
    Row(
        "Flatten it where it was rendered (in Nuke: DeepToImage).",
        lambda at: of(deep(at / "p.exr")),
        lambda at: of(still(at)),
    ),
    Row(
        "Render the frame again, or repair those pixels.",
        lambda at: of(still(at, pixels=np.full((H, W, 3), np.nan, np.float32))),
        lambda at: of(still(at)),
    ),
    Row(
        "Write it again with R, G, B.",
        lambda at: of(still(at, channels=("Y", "RY", "BY"))),
        lambda at: of(still(at, channels=("R", "G", "B"))),
    ),
    Row(
        "Write the colours as half or float.",
        lambda at: of(still(at, kind="uint")),
        lambda at: of(still(at)),
    ),
    Row(
        "Divide them by the code of white (255 of 8 bits), or store them as whole numbers.",
        lambda at: of(still(at, pixels=np.round(ramp(H, W) * 255), kind="float")),
        lambda at: [
            of(still(at, kind="float")),
            of(still(at, "p.tif", np.round(ramp(H, W) * 255) / 255, kind="uint8")),
        ],
    ),
    Row(
        "Render the plate with colour in its main layer.",
        lambda at: of(still(at, pixels=ramp(H, W, 2), channels=("u", "v"))),
        lambda at: of(still(at)),
    ),
    Row(
        "Render the whole range in one format.",
        lambda at: [
            write_sequence(at / "a", range(1, 3)),
            write_still(at / "a/plate.0002.exr", ramp(10, 12)),
            of(at / "a/plate.####.exr"),
        ],
        lambda at: of(write_sequence(at / "a", range(1, 3))),
    ),
    Row(
        "Render the whole range in one colour space, or say which it is (--plate-colour).",
        lambda at: [_two_spaces(at), of(at / "a/plate.####.exr")],
        lambda at: [
            of(at / "a/plate.####.exr", colour="acescg"),
            of(write_sequence(at / "a", range(1, 3))),
        ],
    ),
    Row(
        "Render the whole range with one kind of alpha.",
        lambda at: [
            tiff(at / "p.0001.tif", COLOUR, True),
            tiff(at / "p.0002.tif", COLOUR, False),
            of(at / "p.####.tif"),
        ],
        lambda at: [tiff(at / "p.0002.tif", COLOUR, True), of(at / "p.####.tif")],
    ),
    Row("Run again when the plate is finished.", grows, lambda at: of(at / "p.exr")),
    Row(
        "Connect its drive again, or put it back; then give the same command: finished frames are kept.",
        gone,
        back,
    ),
    Row(
        "When it is finished, give the same command again; frames that were painted before are of the old file, so "
        "then into another output folder.",
        changed,
        lambda at: noted(at).check(str(at / "p.exr")),
    ),
    Row(
        "Check the file's permissions.",
        lambda at: [at.machine.setattr("builtins.open", at.refusing(".exr")), digest(_seq(at))],
        lambda at: [at.machine.undo(), digest(_seq(at))],
    ),
    Row(
        "Export or copy the movie again.",
        lambda at: of(at.write("p.mov", "no movie")),
        lambda at: of(movie(at)),
    ),
    Row("Export it as ProRes, or as pictures.", unread_codes, lambda at: [of(movie(at)), of(still(at))]),
    Row("Use .mov or .mp4.", lambda at: mov(at, "a.avi"), lambda at: [mov(at, "a.mov"), mov(at, "a.mp4")]),
    again(
        "Check the free space and the folder's permissions, then run the same command.",
        lambda at: mov(at, "folder/a.mov"),
        lambda at: (at / "folder").mkdir(),
        lambda at: at / "a",
    ),
    Row(
        "Convert it to RGB (sRGB).",
        lambda at: [Image.new("LAB", (16, 16), (100, 20, 30)).save(at / "l.tif"), of(at / "l.tif")],
        lambda at: [Image.new("RGB", (16, 16), (100, 20, 30)).save(at / "l.tif"), of(at / "l.tif")],
    ),
    Row(
        "Convert to sRGB.",
        lambda at: added_profile("lab", icc("LAB")),
        lambda at: added_profile("srgb", icc("sRGB")),
    ),
    Row(
        "Choose one of: {}; or any other of the ACES studio configuration, or of the one that $OCIO names.",
        lambda at: find_space("LogC5"),
        lambda at: [find_space("LogC4"), find_space("acescg")],
    ),
    Row(
        "Name the colour space that the pictures were written in.",
        lambda at: find_space("Raw"),
        lambda at: find_space("ACEScg"),
    ),
    Row(
        "The configuration must be whole, and have the role aces_interchange.",
        lambda at: space(at, ""),
        lambda at: space(at, ", aces_interchange: aces"),
    ),
    Row(
        "Save it without alpha, or flattened.",
        lambda at: picked(
            at, still(at, "c.png", np.dstack([ramp(H, W), np.full((H, W), 0.3)]), kind="uint8")
        ),
        lambda at: picked(at, still(at, "c.png", kind="uint8")),
    ),
    Row(
        "Draw the strokes over the condition picture itself, without scaling it.",
        lambda at: scribble(at, 2),
        lambda at: scribble(at),
    ),
    Row(
        "Try --precision fp32; if it stays, the model's weights are damaged.",
        lambda at: write_png(str(at / "c.png"), np.full((4, 4, 3), np.nan, np.float32)),
        lambda at: [Settings().given({"precision": "fp32"}), write_png(str(at / "c.png"), ramp(4, 4))],
    ),
    again(
        "Render into a folder on another disk. If it stays, an attribute of the plate's files is the likely cause: "
        "write the plate again without metadata.",
        layered,
        lambda at: at.write("written again", ""),
        lambda at: at.machine.setattr(layer_module, "_OWN", frozenset()),
    ),
    # -- the matte
    Row(
        "Choose R, G, B or A, or leave it out.",
        lambda at: matted(at, movie(at, count=1), "roto.A"),
        lambda at: [matted(at, movie(at, count=1), one) for one in ("R", "G", "B", "")],
    ),
    Row(
        "Give the matte as files of its own.",
        lambda at: matted(at, movie(at, count=1), "A"),
        lambda at: matted(at, grey(at, 0.5)),
    ),
    Row(
        "Give the mask as PNG or EXR pictures, or leave --matte-id out.",
        lambda at: matted(at, movie(at, count=1), ids=(3,)),
        lambda at: [matted(at, numbered(at), ids=(3,)), matted(at, movie(at, count=1))],
    ),
    Row(
        "Render the matte at the {}'s size; nothing is scaled silently. If it is a proxy, --fit-matte scales it.",
        lambda at: matted(at, still(at, "m.png", ramp(H // 2, W // 2), kind="uint8")),
        lambda at: [
            matted(at, still(at, "m.png", ramp(H // 2, W // 2), kind="uint8"), fit=True),
            matted(at, still(at, "m.png", kind="uint8")),
        ],
    ),
    Row(
        "Render the matte at the {}'s size; nothing is scaled silently.",
        lambda at: matted(at, still(at, "m.png", ramp(H, W + 9), kind="uint8")),
        lambda at: matted(at, still(at, "m.png", kind="uint8")),
    ),
    Row(
        "Render the matte at the {}'s size; nothing is scaled silently. --fit-matte scales only a matte of its shape.",
        lambda at: matted(at, still(at, "m.png", ramp(H, W + 9), kind="uint8"), fit=True),
        lambda at: matted(at, still(at, "m.png", kind="uint8"), fit=True),
    ),
    Row(
        "Draw it over who is to be removed, 1 on them, or leave --condition-matte out.",
        lambda at: others(at, half(0)),
        lambda at: others(at, ramp(H, W)[..., :1]),
    ),
    Row(
        "Say which value is the actor (--matte-white {}), or which ids (--matte-id 1).",
        lambda at: matted(at, still(at, "m.exr", half(255), channels=("Y",))),
        lambda at: [
            matted(at, still(at, "m.exr", half(255), channels=("Y",)), white=255.0),
            matted(at, still(at, "m.exr", half(1), channels=("Y",)), ids=(1,)),
        ],
    ),
    Row(
        "If a filter overshot, clamp it to 0..1 where it was made; else name its channel (--matte-channel).",
        lambda at: matted(at, still(at, "m.exr", half(1.2), channels=("Y",))),
        lambda at: matted(at, still(at, "m.exr", np.clip(half(1.2), 0, 1), channels=("Y",))),
    ),
    Row(
        "Name the channel that holds it (--matte-channel).",
        lambda at: matted(at, _depth(at), "depth.Z"),
        lambda at: matted(at, _depth(at), "roto.A"),
    ),
    Row(
        "Write them as 1 or as 1,2.",
        lambda at: MatteValues.of(Settings(matte_id="hero")),
        lambda at: [MatteValues.of(Settings(matte_id=one)) for one in ("1", "1,2")],
    ),
    Row(
        "Name it with --matte-channel.",
        lambda at: matted(at, still(at, "m.exr", ramp(H, W, 2) / 2, channels=("u", "v"))),
        lambda at: matted(at, still(at, "m.exr", ramp(H, W, 2) / 2, channels=("u", "v")), "u"),
    ),
    Row(
        "Name it: --matte-channel {}.",
        lambda at: matted(at, _rotos(at)),
        lambda at: matted(at, _rotos(at), "roto1.A"),
    ),
    Row(
        "Name one of these channels, or give the matte as files of its own.",
        lambda at: matted(at, _rotos(at), "roto3.A"),
        lambda at: [matted(at, _rotos(at), "roto2.A"), matted(at, grey(at, 0.5))],
    ),
    Row(
        "Name one of these channels, or an object ({}).",
        lambda at: matted(at, crypto(at / "m.exr", MANIFEST), "Nothing"),
        lambda at: [matted(at, crypto(at / "m.exr", MANIFEST), one) for one in ("R", "crypto:hero")],
    ),
    Row(
        "Name one of its channels: {}.",
        lambda at: matted(at, still(at, "m.exr"), "crypto:hero"),
        lambda at: matted(at, still(at, "m.exr"), "R"),
    ),
    Row(
        "Did you mean {}?",
        lambda at: matted(at, crypto(at / "m.exr", MANIFEST), "crypto:heroo"),
        lambda at: matted(at, crypto(at / "m.exr", MANIFEST), "crypto:hero"),
    ),
    Row(
        "Name one of them: --matte-channel crypto:{}.",
        lambda at: matted(at, crypto(at / "m.exr", MANIFEST), "crypto:zz"),
        lambda at: matted(at, crypto(at / "m.exr", MANIFEST), "crypto:hero"),
    ),
    Row(
        "Say which: {}.",
        lambda at: matted(at, _two_cryptos(at), "crypto:hero"),
        lambda at: matted(at, _two_cryptos(at), "CryptoObject:hero"),
    ),
    Row(
        "Write the picture again with all channels.",
        lambda at: matted(at, _bare_crypto(at), "CryptoObject:hero"),
        lambda at: matted(at, crypto(at / "m.exr", MANIFEST), "CryptoObject:hero"),
    ),
    Row(
        "Name the channel that holds the roto (--matte-channel), or invert it (--invert-matte).",
        lambda at: judged(at, 1.0),
        lambda at: [judge_mattes("m", FrameRange(1, 1), [half(1)[..., 0]])],
    ),
    Row(
        "Give the actor's roto (1 = actor), name its channel (--matte-channel), or invert it (--invert-matte).",
        lambda at: judged(at, 0.0),
        lambda at: [judge_mattes("m", FrameRange(1, 1), [half(1)[..., 0]])],
    ),
    Row(
        "If it numbers its objects, say which is the actor: --matte-id {}. If that is white: --matte-white {}.",
        dim,
        lambda at: [dim(at, ids=(3,)), dim(at, white=_white(at))],
    ),
]


def _white(at: At) -> float:
    """The number that the remedy names, as it is printed."""
    from actanywhere.contract.errors import FootageError

    try:
        dim(at)
    except FootageError as error:
        return float(error.remedy.rsplit(" ", 1)[1].rstrip("."))
    raise AssertionError


def _beside(at: At, first: int | None) -> Any:
    """A movie as the matte of a sequence that begins at 1."""
    with (
        open_plate(ImageSequence(write_sequence(at / "a", range(1, 4), pixels=ramp(H, W)))) as plate,
        open_matte(Matte(str(movie(at)), first_frame=first), plate, plate.frames, MatteValues()) as matte,
    ):
        return matte.read(1)


def _glued(at: At) -> None:
    for frame in (1, 2):
        still(at, f"a/sh010{frame:04d}.exr")


def _all(at: At) -> Path:
    return at / "a/plate.####.exr"


def _seq(at: At) -> ImageSequence:
    return ImageSequence(str(at / "p.exr" if (at / "p.exr").exists() else still(at)))


def _two_spaces(at: At) -> None:
    from tests.render.stage import ACES

    write_sequence(at / "a", range(1, 3), attributes=ACES)
    write_still(at / "a/plate.0002.exr", ramp())


def _rotos(at: At) -> Path:
    return still(at, "m.exr", ramp(H, W, 5), channels=("R", "G", "B", "roto1.A", "roto2.A"))


def _depth(at: At) -> Path:
    pixels = np.dstack([half(-50.0), half(1.0)])
    return still(at, "m.exr", pixels, kind="float", channels=("depth.Z", "roto.A"))


def _bare_crypto(at: At) -> Path:
    said = {"cryptomatte/ab12cd3/name": "CryptoObject", "cryptomatte/ab12cd3/hash": "MurmurHash3_32"}
    said |= {"cryptomatte/ab12cd3/conversion": "uint32_to_float32"}
    said |= {"cryptomatte/ab12cd3/manifest": json.dumps({"hero": MANIFEST["hero"]})}
    return still(at, "m.exr", attributes=said)


def _two_cryptos(at: At) -> Path:
    import OpenImageIO as oiio

    source = oiio.ImageBuf(str(crypto(at / "one.exr", MANIFEST)))
    pixels = source.get_pixels(oiio.FLOAT)
    spec = source.spec()
    names = tuple(spec.channelnames)
    both = np.dstack([pixels, pixels[..., 3:]])
    said = {}
    for key, layer in (("ab12cd3", "CryptoObject"), ("bb12cd3", "CryptoAsset")):
        said |= {f"cryptomatte/{key}/name": layer, f"cryptomatte/{key}/hash": "MurmurHash3_32"}
        said |= {f"cryptomatte/{key}/conversion": "uint32_to_float32"}
        said |= {f"cryptomatte/{key}/manifest": spec.getattribute("cryptomatte/ab12cd3/manifest")}
    other = tuple(name.replace("CryptoObject", "CryptoAsset") for name in names[3:])
    return write_still(at / "m.exr", both, "float", (*names, *other), attributes=said)
