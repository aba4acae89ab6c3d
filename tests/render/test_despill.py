"""The old background in the actor's soft edge, from the plate to the layer's files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.errors import JobError
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import Matte
from actanywhere.render.rim import tint_of
from tests.footage.pictures import write_still
from tests.render.stage import HEIGHT, WIDTH, Staged, disc, read_layer, render, stage_shot

SCREEN, SKIN = np.float32([0.05, 0.6, 0.08]), np.float32([0.45, 0.3, 0.22])


def _before_a_screen(folder: Path, screen: np.ndarray = SCREEN, skin: np.ndarray = SKIN) -> Staged:
    staged = stage_shot(folder, frames=4)
    for index, frame in enumerate(staged.plates):
        matte = disc(24 + index, 36, 12)[..., None]
        light = skin * matte + screen * (1 - matte)
        write_still(folder / f"plate.{frame}.exr", light.astype(np.float32), "half")
        write_still(folder / f"matte.{frame}.exr", matte, "half")
        (folder / f"matte.{frame}.png").unlink()
    shot = replace(staged.shot, matte=Matte(str(folder / "matte.####.exr")))
    return replace(staged, shot=shot)


def _planes(output: str, layer: str) -> np.ndarray:
    channels = read_layer(Path(output) / "shot_generated_bg.1002.exr")[1]
    return np.dstack([channels[layer + one] for one in "RGB"]).astype(np.float32)


def test_the_screen_leaves_the_soft_edge_and_nothing_else_changes(tmp_path: Path, model: Path) -> None:
    staged = _before_a_screen(tmp_path / "screen")
    jobs = {share: staged.job(model, f"out{share}", despill=share) for share in (0.0, 0.5, 1.0)}
    for job in jobs.values():
        render(job)
    matte = disc(25, 36, 12, HEIGHT, WIDTH)[..., None]
    soft = ((matte > 0.02) & (matte < 0.98))[..., 0]
    back = _planes(jobs[1.0].output, "generated_bg.")
    for share, job in jobs.items():
        # Not despilled, the plate's light is taken as often as the matte says, its share of the screen too.
        light = SKIN * matte + SCREEN * (1 - matte)
        actor = share * SKIN * matte + (1 - share) * light * matte
        wanted = actor + back * (1 - matte)
        np.testing.assert_allclose(_planes(job.output, "")[soft], wanted[soft], atol=4e-3)
    whole = (matte == 1)[..., 0] | (matte == 0)[..., 0]
    assert np.array_equal(_planes(jobs[1.0].output, "")[whole], _planes(jobs[0.0].output, "")[whole])


def _told_of_a_rim(folder: Path, model: Path, screen: list[float], **settings: float) -> list[str]:
    job = _before_a_screen(folder, np.float32(screen)).job(model, **settings)
    return [text for text in render(job).warnings if "in the actor's soft edge" in text]


def test_a_rim_of_the_old_background_is_told_unless_it_is_taken_out(tmp_path: Path, model: Path) -> None:
    green = _told_of_a_rim(tmp_path / "green", model, [0.05, 0.6, 0.08])
    assert len(green) == 1 and "a green rim" in green[0] and "--despill 1" in green[0]
    assert "a blue rim" in _told_of_a_rim(tmp_path / "blue", model, [0.05, 0.1, 0.9])[0]
    assert "a bright rim" in _told_of_a_rim(tmp_path / "white", model, [4.0, 4.0, 4.0])[0]
    assert not _told_of_a_rim(tmp_path / "despilled", model, [0.05, 0.6, 0.08], despill=1.0)
    # What is as light as the actor makes none: they are [0.45, 0.3, 0.22].
    assert not _told_of_a_rim(tmp_path / "skin", model, [0.4, 0.3, 0.25])


def test_the_rim_is_measured_over_the_new_place_not_over_grey() -> None:
    matte = np.ones((40, 60), np.float32)
    matte[:, 20], matte[:, 21:] = 0.5, 0
    light = np.repeat(1 - matte[..., None], 3, 2)  # a black actor before white: half of it at the edge
    for behind, off in ((0.0, 0.537), (1.0, 0.881 - 0.735)):
        # Half of that half is laid over half of the place: 0.25 and 0.75 of light with it, 0 and 0.5 without.
        tint = tint_of(light, matte, np.full(3, behind, np.float32), "srgb")
        np.testing.assert_allclose(tint, off, atol=2e-3)


def _tiles(seed: int) -> np.ndarray:
    """Tiles of 3 pixels, in all colours: what is beside an edge is not what is behind it."""
    few = (
        np.random.default_rng(seed)
        .uniform(0.05, 0.9, (HEIGHT // 3 + 1, WIDTH // 3 + 1, 3))
        .astype(np.float32)
    )
    return np.kron(few, np.ones((3, 3, 1), np.float32))[:HEIGHT, :WIDTH]


def _error(folder: Path, wall: np.ndarray, model: Path, clean: Path | None) -> float:
    """Mean error of the despilled actor, who is of many colours, in their soft edge before a ``wall``."""
    job = _before_a_screen(folder, wall, _tiles(1)).job(model, despill=1.0, clean_plate=str(clean or ""))
    render(job)
    matte = disc(25, 36, 12, HEIGHT, WIDTH)[..., None]
    soft = ((matte > 0.1) & (matte < 0.98))[..., 0]
    return float(np.abs(_planes(job.output, "despilled.") - _tiles(1) * matte)[soft].mean())


def test_a_clean_plate_takes_out_a_wall_of_many_colours(tmp_path: Path, model: Path) -> None:
    """The clean plate may have another transfer than the plate."""
    wall = _tiles(0)
    write_still(tmp_path / "clean.exr", wall, "half")
    guessed = _error(tmp_path / "guessed", wall, model, None)
    known = _error(tmp_path / "known", wall, model, tmp_path / "clean.exr")
    code = np.where(wall <= 0.0031308, 12.92 * wall, 1.055 * wall ** (1 / 2.4) - 0.055)
    write_still(tmp_path / "clean.png", code.astype(np.float32), "uint16")
    curve = _error(tmp_path / "curve", wall, model, tmp_path / "clean.png")
    assert guessed > 0.02
    assert known < 0.2 * guessed and curve < 0.2 * guessed


def test_where_a_clean_plate_has_a_hole_the_colour_beside_the_edge_counts(
    tmp_path: Path, model: Path
) -> None:
    hole = np.dstack([np.full((HEIGHT, WIDTH, 3), 7, np.float32), np.zeros((HEIGHT, WIDTH), np.float32)])
    write_still(tmp_path / "clean.exr", hole, "half")
    wall = np.broadcast_to(SCREEN, (HEIGHT, WIDTH, 3))
    assert _error(tmp_path / "shot", wall, model, tmp_path / "clean.exr") < 0.01


def test_the_despilled_actor_over_the_layer_is_the_comp(tmp_path: Path, model: Path) -> None:
    job = _before_a_screen(tmp_path / "screen").job(model, despill=1.0)
    render(job)
    channels = read_layer(Path(job.output) / "shot_generated_bg.1002.exr")[1]
    alpha = channels["despilled.A"].astype(np.float32)[..., None]
    over = _planes(job.output, "despilled.") + _planes(job.output, "generated_bg.") * (1 - alpha)
    np.testing.assert_allclose(over, _planes(job.output, ""), atol=2e-3)
    plain = _before_a_screen(tmp_path / "plain").job(model)
    render(plain)
    assert not any("despilled" in n for n in read_layer(Path(plain.output) / "shot_generated_bg.1002.exr")[1])


@pytest.mark.parametrize("layer", ["a", "zebra"])
def test_the_layers_name_may_come_before_and_after_the_channels_beside_it(
    tmp_path: Path, model: Path, layer: str
) -> None:
    job = _before_a_screen(tmp_path / "screen").job(model, despill=1.0, layer=layer)
    render(job)
    file = next(Path(job.output).glob("*.1002.exr"))
    assert {f"{layer}.G", "despilled.G", "A"} <= set(read_layer(file)[1])


@pytest.mark.parametrize("layer", ["shadow", "despilled"])
def test_a_layer_is_not_called_as_the_channels_beside_it(layer: str) -> None:
    with pytest.raises(JobError, match="cannot be a layer's name"):
        Settings(layer=layer)


def test_the_edge_of_a_premultiplied_plate_holds_the_actor_alone_and_is_left_as_it_is(
    tmp_path: Path, model: Path
) -> None:
    """An actor who is dark at their edge: what is divided twice comes out as bright as their middle."""
    staged = stage_shot(tmp_path / "cut", frames=4)
    for index, frame in enumerate(staged.plates):
        alpha, middle = disc(24 + index, 36, 12)[..., None], disc(24 + index, 36, 9)[..., None]
        light = (0.1 + 0.5 * middle) * alpha
        write_still(tmp_path / "cut" / f"plate.{frame}.exr", np.dstack([light] * 3 + [alpha]), "half")
    job = replace(staged.job(model, despill=1.0), shot=replace(staged.shot, matte=Matte()))
    result = render(job)
    assert any("is not despilled" in warning for warning in result.warnings)
    alpha, middle = disc(25, 36, 12)[..., None], disc(25, 36, 9)[..., None]
    np.testing.assert_allclose(
        _planes(job.output, "despilled.")[..., 1], ((0.1 + 0.5 * middle) * alpha)[..., 0], atol=4e-3
    )


def test_what_is_despilled_is_a_decision_and_a_hard_matte_is_told(tmp_path: Path, model: Path) -> None:
    soft = render(_before_a_screen(tmp_path / "soft").job(model, despill=0.5))
    assert soft.decided("despill").value == "0.5"
    assert soft.decided("despill").reason == "the soft edge, of the colour beside it"
    staged = _before_a_screen(tmp_path / "hard")
    for index, frame in enumerate(staged.plates):
        write_still(
            tmp_path / "hard" / f"matte.{frame}.exr", np.round(disc(24 + index, 36, 12))[..., None], "half"
        )
    jobs = [staged.job(model, f"out{share}", despill=share) for share in (0.0, 1.0)]
    hard = [render(job) for job in jobs][1]
    assert hard.decided("despill").value == "none"
    assert not any("no soft edge" in one for one in soft.warnings)
    assert any("--despill changes nothing" in one and "--grow-matte -1" in one for one in hard.warnings)
    assert np.array_equal(_planes(jobs[0].output, ""), _planes(jobs[1].output, ""))
