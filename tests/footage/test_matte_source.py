"""Which channel is the matte, what its values mean, and what is odd about them."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest
from PIL import Image

from actanywhere.contract.errors import FootageError, JobError
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import FrameRange, ImageSequence, Matte
from actanywhere.footage import MatteLevels, MatteValues, Plate, judge_mattes, open_matte, open_plate
from actanywhere.footage.cryptomatte import id_of
from tests.footage.pictures import ramp, write_parts, write_sequence, write_still

H, W = 24, 40
ACTOR = np.zeros((H, W, 1), np.float32)
ACTOR[6:20, 10:30] = 1
COLOUR = np.broadcast_to(np.float32([0.35, 0.2, 0.1]), (H, W, 3))
TEXTURE = ramp(H, W) * 0.9
LAYER = "ViewLayer.Combined."


@pytest.fixture
def plate(tmp_path: Path) -> Plate:
    return open_plate(ImageSequence(write_sequence(tmp_path / "plate", range(1, 4), pixels=TEXTURE)))


def _read(path: Path, plate: Plate, channel: str = "", **values: Any) -> tuple[np.ndarray, list[str]]:
    with open_matte(Matte(str(path), channel), plate, values=MatteValues(**values)) as matte:
        read = matte.read(2)
        return read, [one for one in matte.warnings if "one still" not in one]


# -- which channel -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "planes", "told"),
    [
        (("R", "G", "B", "A"), (COLOUR, ACTOR), ""),
        (tuple(LAYER + c for c in "RGBA"), (COLOUR, ACTOR), "ViewLayer.Combined.A is taken"),
        ((*(LAYER + c for c in "RGBA"), "ViewLayer.Depth.Z"), (COLOUR, ACTOR, 3 * COLOUR[..., :1]), "Combined.A"),
        (("actor.red", "actor.green", "actor.blue", "actor.alpha"), (COLOUR, ACTOR), "actor.alpha is taken"),
        (("R", "G", "B", "Object_0.Y"), (TEXTURE, ACTOR), "Object_0.Y is taken"),
        (("R", "G", "B", "Z", "matte"), (TEXTURE, COLOUR[..., :1], ACTOR), "matte is taken"),
        (("Z", "roto.A"), (COLOUR[..., :1], ACTOR), "roto.A is taken"),
        (("R", "G", "B", "d.R", "d.G", "d.B", "roto.a"), (TEXTURE, COLOUR, ACTOR), "roto.a is taken"),
        (("R", "G", "B", "A", "roto.alpha"), (TEXTURE, ACTOR * 0 + 1, ACTOR), "roto.alpha is taken"),
        (("R", "G", "B", "A", "roto.alpha"), (TEXTURE, ACTOR, 1 - ACTOR), "its alpha is taken"),
        (("mask.R", "mask.G", "mask.B"), (ACTOR, ACTOR, ACTOR), ""),
    ],
)  # fmt: skip
def test_the_only_alpha_or_mask_of_an_exr_is_the_matte_and_is_told(
    tmp_path: Path, plate: Plate, names: tuple[str, ...], planes: tuple[np.ndarray, ...], told: str
) -> None:
    path = write_still(tmp_path / "m.exr", np.concatenate(planes, -1), channels=names)
    values, warnings = _read(path, plate)
    assert np.array_equal(values, ACTOR[..., 0])
    assert any(told in one for one in warnings) if told else warnings == []


@pytest.mark.parametrize(
    "names",
    [
        ("R", "G", "B", "Object_0.Y", "Object_1.Y"),
        ("a.R", "a.G", "a.B", "a.A", "b.A"),
    ],
)
def test_of_several_mattes_none_is_guessed_and_all_are_named(
    tmp_path: Path, plate: Plate, names: tuple[str, ...]
) -> None:
    path = write_still(tmp_path / "m.exr", np.concatenate([TEXTURE, ACTOR, 1 - ACTOR], -1), channels=names)
    with pytest.raises(FootageError, match=rf"which of its channels is the matte: {names[3]}, {names[4]}\?"):
        open_matte(Matte(str(path)), plate)
    values, _ = _read(path, plate, names[4])
    assert np.array_equal(values, 1 - ACTOR[..., 0])


def test_the_roto_of_a_part_behind_the_beauty_is_found(tmp_path: Path, plate: Plate) -> None:
    parts = [
        ("depth", ("Z",), COLOUR[..., :1]),
        ("rgb", ("R", "G", "B"), TEXTURE),
        ("roto", ("hero.A",), ACTOR),
    ]
    values, warnings = _read(write_parts(tmp_path / "m.exr", parts), plate)
    assert np.array_equal(values, ACTOR[..., 0]) and any("roto.hero.A is taken" in one for one in warnings)


def test_the_alpha_of_the_other_eye_is_no_matte(tmp_path: Path, plate: Plate) -> None:
    path = write_still(
        tmp_path / "m.exr",
        np.concatenate([ACTOR, ACTOR, ACTOR, ACTOR * 0 + 1, 1 - ACTOR], -1),
        channels=("R", "G", "B", "A", "right.A"),
        attributes={"multiView": ("string[2]", ("left", "right"))},
    )
    values, _ = _read(path, plate)
    assert np.array_equal(values, ACTOR[..., 0])


def test_a_matte_in_colours_is_told_with_the_flag_that_names_one(tmp_path: Path, plate: Plate) -> None:
    two = np.concatenate([ACTOR, 1 - ACTOR, 0 * ACTOR], -1)
    path = write_still(tmp_path / "m.png", two, kind="uint8")
    _, warnings = _read(path, plate)
    assert any("in colours" in one and "--matte-channel R" in one for one in warnings)
    values, warnings = _read(path, plate, "G")
    assert np.array_equal(values, 1 - ACTOR[..., 0]) and warnings == []


@pytest.mark.parametrize("alpha", [1.0, 0.0])
def test_a_matte_whose_alpha_says_nothing_is_read_by_its_brightness_and_told(
    tmp_path: Path, plate: Plate, alpha: float
) -> None:
    code = np.dstack([ACTOR.repeat(3, 2), np.full((H, W), alpha, np.float32)])
    Image.fromarray((code * 255).astype(np.uint8)).save(tmp_path / "m.png")
    values, warnings = _read(tmp_path / "m.png", plate)
    assert np.array_equal(values, ACTOR[..., 0]) and any(
        "its alpha is the same everywhere" in one for one in warnings
    )


def test_a_white_picture_with_the_matte_in_its_alpha_is_read_by_it(tmp_path: Path, plate: Plate) -> None:
    code = np.dstack([np.ones((H, W, 3), np.float32), ACTOR])
    Image.fromarray((code * 255).astype(np.uint8)).save(tmp_path / "m.png")
    values, warnings = _read(tmp_path / "m.png", plate)
    assert np.array_equal(values, ACTOR[..., 0]) and warnings == []


# -- what its values mean ------------------------------------------------------------------------------------


def _palette(path: Path, indices: np.ndarray) -> Path:
    """As DAVIS and PASCAL VOC write masks: 0 black, 1 dark red, 2 dark green."""
    picture = Image.fromarray(indices.astype(np.uint8), "P")
    picture.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0] + [0] * 759)
    picture.save(path)
    return path


def _two() -> np.ndarray:
    indices = ACTOR[..., 0].astype(np.uint8)
    indices[:, 20:] *= 2
    return indices


@pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated")
def test_the_objects_of_a_palette_mask_are_the_actor_and_can_be_chosen(tmp_path: Path, plate: Plate) -> None:
    values, warnings = _read(_palette(tmp_path / "one.png", ACTOR[..., 0]), plate)
    assert np.array_equal(values, ACTOR[..., 0]) and "palette mask of the ids 1." in warnings[0]
    path = _palette(tmp_path / "two.png", _two())
    values, warnings = _read(path, plate)
    assert np.array_equal(values, ACTOR[..., 0]) and "the ids 1, 2. All of them" in warnings[0]
    values, warnings = _read(path, plate, ids=(2,))
    assert np.array_equal(values, _two() == 2) and warnings == []


@pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated")
def test_a_palette_of_greys_is_a_picture(tmp_path: Path, plate: Plate) -> None:
    picture = Image.fromarray(ACTOR[..., 0].astype(np.uint8), "P")
    picture.putpalette(
        [255, 255, 255, 0, 0, 0] + [0] * 762
    )  # as some tools write black and white, white first
    picture.save(tmp_path / "m.png")
    values, warnings = _read(tmp_path / "m.png", plate)
    assert np.array_equal(values, 1 - ACTOR[..., 0]) and warnings == []


@pytest.mark.parametrize("kind", ["8 bit", "16 bit", "half", "uint"])
def test_ids_are_stored_codes_in_every_kind_of_file(tmp_path: Path, plate: Plate, kind: str) -> None:
    if kind == "8 bit":
        Image.fromarray(_two()).save(path := tmp_path / "m.png")
    elif kind == "16 bit":
        Image.fromarray(_two().astype(np.uint16)).save(path := tmp_path / "m.png")
    elif kind == "half":  # as Blender's object-index pass
        path = write_still(tmp_path / "m.exr", _two()[..., None].astype(np.float32))
    else:
        path = write_still(tmp_path / "m.exr", _two()[..., None] / np.float64(2**32 - 1), "uint")
    assert np.array_equal(_read(path, plate, ids=(1,))[0], _two() == 1)
    assert np.array_equal(_read(path, plate, ids=(1, 2))[0], _two() > 0)


def test_ids_beside_half_colours_are_stored_codes(tmp_path: Path, plate: Plate) -> None:
    spec = oiio.ImageSpec(W, H, 4, "half")
    spec.channelnames, spec.channelformats = ("R", "G", "B", "id"), ("half", "half", "half", "uint")
    pixels = np.concatenate([TEXTURE, _two()[..., None] / np.float32(2**32 - 1)], axis=2)
    out = oiio.ImageOutput.create(path := str(tmp_path / "m.exr"))
    assert out.open(path, spec) and out.write_image(np.ascontiguousarray(pixels, np.float32)) and out.close()
    assert np.array_equal(_read(Path(path), plate, "id", ids=(1,))[0], _two() == 1)


@pytest.mark.parametrize(
    ("code", "white", "kind"),
    [(128, 0.5019, "uint8"), (4095, 0.06248, "uint16"), (65280, 0.9961, "uint16"), (1, 0.003921, "uint8")],
)
def test_the_white_of_a_dim_matte_is_told_and_makes_the_actor_exactly_1(
    tmp_path: Path, plate: Plate, code: int, white: float, kind: str
) -> None:
    Image.fromarray((ACTOR[..., 0] * code).astype(kind)).save(tmp_path / "m.png")
    with open_matte(Matte(str(tmp_path / "m.png")), plate) as matte:
        dim = [matte.read(frame) for frame in plate.frames]
        if code == 1:
            with pytest.raises(FootageError, match="the code 1 of 255") as refused:
                judge_mattes("m.png", plate.frames, dim, matte.levels)
            said = refused.value.remedy
            assert "--matte-id 1." in said
        else:
            (said,) = judge_mattes("m.png", plate.frames, dim, matte.levels)
            assert ("never is 1" if code == 65280 else "never gets near 1") in said  # 65280: 255 * 256
    assert f"--matte-white {white}" in said
    values, _ = _read(tmp_path / "m.png", plate, white=white)
    assert np.array_equal(values, ACTOR[..., 0])


def test_floats_that_run_to_255_are_read_with_their_white(tmp_path: Path, plate: Plate) -> None:
    path = write_still(tmp_path / "m.exr", ACTOR * 255)
    with open_matte(Matte(str(path)), plate) as matte, pytest.raises(FootageError) as refused:
        matte.read(2)
    assert "--matte-white 255" in refused.value.remedy
    assert np.array_equal(_read(path, plate, white=255.0)[0], ACTOR[..., 0])


def test_a_frame_that_is_read_again_is_counted_once(tmp_path: Path, plate: Plate) -> None:
    path = write_still(tmp_path / "m.png", ACTOR)
    with open_matte(Matte(str(path)), plate) as matte:
        matte.read(2)
        once = matte.levels._counts.copy()
        matte.read(2)
        assert once.sum() == H * W and np.array_equal(matte.levels._counts, once)


def test_two_actors_of_different_grey_are_told_and_soft_edges_are_not() -> None:
    two, soft = MatteLevels(), MatteLevels()
    two.code = soft.code = 255
    grey = np.where(_two() == 1, np.float32(1), np.where(_two() == 2, np.float32(128 / 255), np.float32(0)))
    two.add(grey)
    wide = np.clip((np.arange(W, dtype=np.float32) - 5) / 30, 0, 1)[None].repeat(H, 0)
    soft.add(wide)
    (told,) = judge_mattes("m.png", FrameRange(1, 1), [grey], two)
    assert "50 % of the matte is near 0.5" in told and "--matte-id 128" in told
    assert judge_mattes("m.png", FrameRange(1, 1), [wide], soft) == []


def test_ids_that_are_no_whole_numbers_are_refused() -> None:
    assert MatteValues.of(Settings(matte_id="1, 2")).ids == (1, 2)
    with pytest.raises(JobError, match="ids are whole numbers"):
        MatteValues.of(Settings(matte_id="hero"))


def test_a_proxy_of_the_plates_shape_is_scaled_where_that_is_asked_for(tmp_path: Path, plate: Plate) -> None:
    path = write_still(tmp_path / "m.exr", ACTOR[::2, ::2])
    with pytest.raises(FootageError, match="the matte is 20x12, but the plate is 40x24") as refused:
        open_matte(Matte(str(path)), plate)
    assert "--fit-matte" in refused.value.remedy
    values, _ = _read(path, plate, fit=True)
    assert values.shape == (H, W) and np.abs(values - ACTOR[..., 0]).mean() < 0.05
    assert values[8:18, 12:28].min() == 1
    other = write_still(tmp_path / "o.exr", ACTOR[::2])
    with pytest.raises(FootageError, match="40x12") as refused:
        open_matte(Matte(str(other)), plate, values=MatteValues(fit=True))
    assert refused.value.remedy.endswith("--fit-matte scales only a matte of its shape.")
    with pytest.raises(FootageError) as refused:
        open_matte(Matte(str(other)), plate)
    assert "--fit-matte" not in refused.value.remedy


# -- cryptomattes --------------------------------------------------------------------------------------------

# MurmurHash3_x86_32, seed 0: Appleby's own values, and the ids that the specification's sample renders hold.
HASHES = {
    "hello": 0x248BFA47,
    "hello, world": 0x149BBB7F,
    "The quick brown fox jumps over the lazy dog": 0x2E4FF723,
}


@pytest.mark.parametrize("name", HASHES)
def test_an_objects_id_is_the_hash_of_its_name(name: str) -> None:
    assert id_of(name) == HASHES[name]


def test_an_id_is_always_a_float_that_is_finite_and_normal() -> None:
    floats = [struct.unpack("<f", struct.pack("<I", id_of(f"object_{n}")))[0] for n in range(20000)]
    assert np.isfinite(floats).all() and (np.abs(floats) >= np.finfo(np.float32).tiny).all()


def _id_float(name: str) -> np.float32:
    return np.frombuffer(struct.pack("<I", id_of(name)), np.float32)[0]


def _crypto(path: Path, manifest: dict[str, str] | str | None, sidecar: bool = False) -> Path:
    """Two ranks: hero fills a box, of which one column is shared 0.25 with his hair; the set is all around."""
    ids, cover = np.zeros((H, W, 2), np.float32), np.zeros((H, W, 2), np.float32)
    inside = ACTOR[..., 0] > 0
    ids[..., 0] = np.where(inside, _id_float("hero"), _id_float("set"))
    cover[..., 0] = 1
    ids[6:20, 10, 1], cover[6:20, 10] = _id_float("hero_hair"), [0.75, 0.25]
    pixels = np.dstack([TEXTURE, ids[..., 0], cover[..., 0], ids[..., 1], cover[..., 1]])
    names = ("R", "G", "B", *(f"CryptoObject00.{one}" for one in "rgba"))
    said = {"cryptomatte/ab12cd3/name": "CryptoObject", "cryptomatte/ab12cd3/hash": "MurmurHash3_32"}
    said["cryptomatte/ab12cd3/conversion"] = "uint32_to_float32"
    text = json.dumps(manifest) if isinstance(manifest, dict) else manifest
    if sidecar:
        (path.parent / "names.json").write_text(text or "")
        said["cryptomatte/ab12cd3/manif_file"] = "names.json"
    elif text is not None:
        said["cryptomatte/ab12cd3/manifest"] = text
    return write_still(path, pixels, "float", names, attributes=said)


MANIFEST = {name: f"{id_of(name):08x}" for name in ("hero", "hero_hair", "set")}


@pytest.mark.parametrize("where", ["header", "sidecar", "none", "broken"])
def test_a_cryptomatte_gives_its_objects_by_name(tmp_path: Path, plate: Plate, where: str) -> None:
    manifest = {"header": MANIFEST, "sidecar": MANIFEST, "none": None, "broken": "{"}[where]
    path = _crypto(tmp_path / "m.exr", manifest, sidecar=where == "sidecar")
    hero = ACTOR[..., 0].copy()
    hero[6:20, 10] = 0.75
    assert np.array_equal(_read(path, plate, "crypto:hero")[0], hero)
    assert np.array_equal(_read(path, plate, "CryptoObject:hero")[0], hero)
    assert np.array_equal(_read(path, plate, "crypto:hero,hero_hair")[0], ACTOR[..., 0])


def test_a_pattern_takes_all_objects_that_it_fits(tmp_path: Path, plate: Plate) -> None:
    path = _crypto(tmp_path / "m.exr", MANIFEST)
    assert np.array_equal(_read(path, plate, "crypto:hero*")[0], ACTOR[..., 0])


def test_a_name_that_a_cryptomatte_does_not_have_is_refused_with_those_it_has(
    tmp_path: Path, plate: Plate
) -> None:
    path = _crypto(tmp_path / "m.exr", MANIFEST)
    with pytest.raises(FootageError, match=r"'heroo'\. It has: hero, hero_hair, set\.") as refused:
        _read(path, plate, "crypto:heroo")
    assert "Did you mean hero" in refused.value.remedy
    with pytest.raises(FootageError, match="no channel 'Nothing'") as refused:
        _read(path, plate, "Nothing")
    assert "crypto:hero" in refused.value.remedy


def test_a_file_without_a_cryptomatte_says_so(tmp_path: Path, plate: Plate) -> None:
    path = write_still(tmp_path / "m.exr", TEXTURE)
    with pytest.raises(FootageError, match="holds no cryptomatte"):
        _read(path, plate, "crypto:hero")


def test_the_ranks_of_a_cryptomatte_are_no_mattes_of_their_own(tmp_path: Path, plate: Plate) -> None:
    # Nothing but the picture is left to read: its alpha would be the coverage of the second rank.
    _, warnings = _read(_crypto(tmp_path / "m.exr", MANIFEST), plate)
    assert any("the brightness of R, G, B" in one for one in warnings)
