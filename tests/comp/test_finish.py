"""A generated frame brought up to plate size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from actanywhere.comp.finish import finish_frame

SMALL, FULL = (96, 160), (384, 640)
KNOWN_SMALL, KNOWN_FULL = np.ones(SMALL, np.float32), np.ones(FULL, np.float32)


def place(seed: int = 3) -> np.ndarray:
    """A full-size picture with fine grain on soft shapes."""
    rng = np.random.default_rng(seed)
    soft = cv2.resize(rng.random((6, 10, 3), np.float32), FULL[::-1], interpolation=cv2.INTER_CUBIC)
    grain = cv2.GaussianBlur(rng.normal(0, 1, (*FULL, 3)).astype(np.float32), (0, 0), 0.8)
    return np.clip(0.15 + 0.6 * soft + 0.1 * grain, 0.02, 0.98).astype(np.float32)


def small(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, SMALL[::-1], interpolation=cv2.INTER_AREA)


def soft_shadow() -> np.ndarray:
    y, x = np.mgrid[0 : FULL[0], 0 : FULL[1]] / FULL[0]
    edge = np.hypot(x - 0.8, 2 * (y - 0.55)) - 0.3
    return (1 - 0.6 / (1 + np.exp(30 * edge)))[..., None].astype(np.float32)


def coded(picture: np.ndarray) -> np.ndarray:
    """What an autoencoder leaves of a picture: blocks, softness and faint blotches of colour."""
    written = cv2.imencode(".jpg", (picture * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
    read = cv2.imdecode(written, cv2.IMREAD_COLOR).astype(np.float32) / 255
    blotches = np.random.default_rng(2).normal(0, 1, picture.shape).astype(np.float32)
    blotches = cv2.GaussianBlur(blotches, (0, 0), 5)
    return np.clip(cv2.GaussianBlur(read, (0, 0), 0.7) + 0.01 * blotches / blotches.std(), 0, 1)


def finish(generated: np.ndarray, full: np.ndarray, **more: object) -> np.ndarray:
    known = {"known_small": KNOWN_SMALL, "known_full": KNOWN_FULL} | more
    return finish_frame(generated, small(full), backdrop_full=full, **known)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((a - b) ** 2)))


def test_a_frame_that_repeats_the_condition_comes_back_as_the_full_size_condition() -> None:
    full = place()
    assert np.abs(finish(small(full), full) - full).max() < 1e-5


def test_a_painted_shadow_falls_on_the_full_size_detail() -> None:
    full = place()
    shaded = full * soft_shadow()
    finished = finish(small(shaded), full)
    assert psnr(finished, shaded) > 36

    fine = [p - cv2.GaussianBlur(p, (0, 0), 3) for p in (finished, shaded)]
    assert np.corrcoef(fine[0].ravel(), fine[1].ravel())[0, 1] > 0.98


def test_the_models_coding_error_is_not_printed_on_the_condition() -> None:
    full = place()
    generated = coded(small(full))
    finished = finish(generated, full)
    assert psnr(finished, full) > psnr(generated, small(full)) + 6
    assert psnr(finished, full) > 34


def test_an_object_that_the_network_painted_stays_instead_of_the_condition() -> None:
    full = place()
    generated = small(full)
    cv2.circle(generated, (80, 48), 22, (0.9, 0.05, 0.05), -1)
    inside = finish(generated, full)[48 * 4 - 24 : 48 * 4 + 24, 80 * 4 - 24 : 80 * 4 + 24]
    np.testing.assert_allclose(inside, np.broadcast_to([0.9, 0.05, 0.05], inside.shape), atol=0.06)


def test_where_nothing_is_known_the_generated_frame_is_enlarged() -> None:
    full = place()
    nothing = {"known_small": 0 * KNOWN_SMALL, "known_full": 0 * KNOWN_FULL}
    generated = small(full)[::-1].copy()
    finished = finish(generated, full, **nothing)
    assert np.abs(small(finished) - generated).max() < 0.08
    assert np.array_equal(finished, finish(generated, 0 * full, **nothing))


def test_the_border_of_what_is_known_shows_no_seam() -> None:
    y, x = np.mgrid[0 : FULL[0], 0 : FULL[1]] / FULL[0]
    ramp = (0.2 + 0.3 * x + 0.2 * y)[..., None] * np.ones(3)
    full = ramp.astype(np.float32)
    known_small, known_full = KNOWN_SMALL.copy(), KNOWN_FULL.copy()
    known_small[:, 80:], known_full[:, 320:] = 0, 0
    backdrop = full.copy()
    backdrop[:, 320:] = 0  # outside of its borders the moved picture is meaningless
    generated = np.clip(small(full) * 0.8, 0, 1)
    finished = finish_frame(generated, small(backdrop), known_small, backdrop, known_full)
    assert np.abs(finished - 0.8 * full)[8:-8, 8:-8].max() < 0.015
    assert np.abs(np.diff(finished, axis=1))[8:-8, 280:360].max() < 0.006


@pytest.mark.parametrize("value", [0.0, 0.18, 1.0])
def test_a_constant_stays_constant(value: float) -> None:
    flat = np.full((*FULL, 3), value, np.float32)
    half = KNOWN_FULL.copy()
    half[:, 300:] = 0
    finished = finish(small(flat), flat, known_full=half)
    np.testing.assert_allclose(finished, flat, atol=1e-5)


def test_detail_at_zero_leads_edges_but_adds_no_texture_of_its_own() -> None:
    full = place()
    generated = cv2.GaussianBlur(small(full), (0, 0), 4)
    soft, rich = (finish(generated, full, detail=amount) for amount in (0.0, 1.0))
    texture = [np.std(p - cv2.GaussianBlur(p, (0, 0), 2)) for p in (soft, rich)]
    assert texture[0] < 0.5 * texture[1]


def test_black_white_and_empty_pictures_give_numbers() -> None:
    full = place()
    for generated in (np.zeros((*SMALL, 3), np.float32), np.ones((*SMALL, 3), np.float32)):
        finished = finish(generated, full)
        assert np.isfinite(finished).all()
        assert finished.min() >= 0 and finished.max() <= 1
        assert finished.shape == (*FULL, 3) and finished.dtype == np.float32


def test_behind_the_actor_the_layer_is_the_place_and_nothing_of_him() -> None:
    full = place()
    painted, known = small(full), np.ones(SMALL, np.float32)
    painted[20:80, 50:90] = (0.9, 0.05, 0.05)
    known[18:82, 48:92] = 0
    finished = finish(painted, full, known_small=known)
    assert np.abs(finished - full).max() < 0.02
