"""Training examples from clips: the network's inputs, and its target.

A clip teaches both cameras with the same inputs. As *subject*, only the actor is known, and the condition is a
frame of the clip (or its background). As *backdrop*, the condition is also moved by the true camera into every
frame, and is known wherever rendering would know it: inside its borders, not behind an actor that was painted
into it, not in a band around the actor. Where the backdrop is *extended*, as assisted models have it, the moved picture
itself is the truth, under the light that the actor leaves on it: such a network learns what they change, and not
where the backdrop is off, which nothing tells it. Often the moved picture lies under their shadow already, as rendering
lays one that it pulled from the plate. Mattes have the faults of real ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..engines.unet.model.configuration import ModelConfiguration
from ..render.conditioning import core_matte, frame_conditioning
from .augmentation import augment_matte
from .datasets import TrainingClip

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]

_BLACK = 0.02
"""Added to both sides of a ratio, so that black stays black."""
_UNDER = 0.015
"""How far light goes on under the actor, as a share of the frame's height."""
_DEPTH_OFF, _SOFTER = 0.3, 0.01
"""How a pulled shadow is off: deviation of the logarithm of its depth, and its largest blur, a share of the height."""


@dataclass(frozen=True)
class ExampleRecipe:
    """How often each thing happens; shares of all examples."""

    backdrop: float = 0.8
    extended: float = 0.0
    """Of the examples with a backdrop, those in which it goes on beyond the picture's borders and behind an actor
    who was painted into it, as rendering continues it there for assisted models."""
    shadow: float = 0.6
    """Of the extended examples, those whose moved picture lies under the actor's shadow already."""
    composite: float = 0.5
    continued: float = 0.3
    cut_outs: float = 0.25
    augmentation: float = 0.3
    """Mattes with the faults of real ones: see ``augmentation``."""
    erode: int = 5
    """Width of the eroding square in frames of 256 x 256 pixels, or of as many."""
    overlap: int = 4
    band: tuple[float, float] = (0.03, 0.12)
    """Band around the actor, as a share of the frame's height."""
    slip: float = 0.004
    """Deviation of the backdrop's error, as a share of the frame's height."""

    @classmethod
    def of(cls, configuration: ModelConfiguration) -> ExampleRecipe:
        """The recipe of a model: an assisted one never renders without a continued backdrop."""
        return cls(backdrop=1.0, extended=1.0) if configuration.assisted else cls()


@dataclass(frozen=True)
class Example:
    """``video``, ``known``, ``prior`` (T, H, W, 3) and ``condition`` (H, W, 3): uint8, display-referred.

    ``video`` is the truth: the actor without their rim, and what they cause, over the place, which for an extended
    backdrop is the moved picture. ``known`` is over grey 127, ``prior`` over what is expected. ``mask`` (T, H, W)
    float32: 0 = known, 1 = to be painted. ``subject`` (T, H, W) float32: 1 = the actor, as the network is told of them.
    ``effect`` (T, H, W) float32, 0..1: what the actor changes of the background (shadow, contact, water).
    """

    video: Picture
    known: Picture
    prior: Picture
    mask: Plane
    subject: Plane
    effect: Plane
    condition: Picture


def make_example(clip: TrainingClip, rng: np.random.Generator, recipe: ExampleRecipe) -> Example:
    """One example of ``clip``; all chances come from ``rng``."""
    frames, height = clip.rgb.shape[:2]
    anchor = int(rng.integers(frames))
    composite = rng.random() < recipe.composite or not clip.clean
    condition = (clip.rgb if composite else clip.background)[anchor]
    matte = np.asarray(clip.matte, np.float32)
    subject = _model_matte(matte, rng, recipe)
    # The actor's own rim, which erosion takes from the matte, is not the network's to paint: it would do so in blocks,
    # and a dark halo would stand around every actor. The plate's own pixels come over it.
    truth = _blend(clip.rgb, clip.background, _rim(matte, recipe)) if clip.clean else clip.rgb.copy()
    known, prior, mask = np.empty_like(truth), np.empty_like(truth), np.empty_like(subject)
    guided = clip.tracked and rng.random() < recipe.backdrop
    extended = rng.random() < recipe.extended and clip.clean and guided
    shadow = _as_pulled(clip, rng) if extended and rng.random() < recipe.shadow else None
    lifted = condition
    behind = matte[anchor] if composite else None
    if behind is not None and shadow is not None:
        lifted = _code(np.minimum(_share(condition) / shadow[anchor], 1))
    band = rng.uniform(*recipe.band) * height
    for t in range(frames):
        moved, seen = clip.rgb[t], np.zeros_like(matte[t])
        if guided:
            camera = clip.transforms[t] @ np.linalg.inv(clip.transforms[anchor]) @ _slip(rng, recipe)
            moved, seen = _move(lifted, behind, camera)
            if extended:
                # The same without the painted actor and their shadow, which the network is to take away.
                place = _blend(clip.background[t], _move(clip.background[anchor], None, camera)[0], seen)
                truth[t] = _blend(_lit(place, clip, t), clip.rgb[t], subject[t])
                moved, seen = _blend(clip.background[t], moved, seen), np.ones_like(seen)
                if shadow is not None:
                    moved = _code(_share(moved) * shadow[t])
        conditioning = frame_conditioning(
            t,
            rgb=_share(clip.rgb[t]),
            matte=matte[t],
            subject=subject[t],
            place=_share(moved),
            seen=seen,
            condition=_share(condition),
            band=band,
            guided=guided,
        )
        known[t], prior[t], mask[t] = (
            _code(conditioning.masked),
            _code(conditioning.prefill),
            conditioning.mask,
        )
    if frames > recipe.overlap and rng.random() < recipe.continued:
        mask[: recipe.overlap] = 0
        known[: recipe.overlap] = prior[: recipe.overlap] = truth[: recipe.overlap]
    effect = np.clip(np.asarray(clip.effect, np.float32), 0, 1) * (1 - subject)
    return Example(truth, known, prior, mask, subject, effect, condition)


def _as_pulled(clip: TrainingClip, rng: np.random.Generator) -> Plane:
    """(T, H, W, 1) the share of a display value that the actor's shadow leaves, a little off as a pulled one is: too
    light or too dark, and softer.
    """
    depth, softer = float(np.exp(rng.normal(0, _DEPTH_OFF))), rng.uniform(0.1, _SOFTER * clip.rgb.shape[1])
    left = (_light(clip, frame)[0].max(2) ** depth for frame in range(len(clip.rgb)))
    return np.stack([cv2.GaussianBlur(one, (0, 0), softer)[..., None] for one in left])


def _model_matte(matte: Plane, rng: np.random.Generator, recipe: ExampleRecipe) -> Plane:
    """The matte as the network gets it: hard, eroded, and at times incomplete."""
    hard = (matte > 0.5).astype(np.float32)
    if rng.random() < recipe.cut_outs:
        _cut_rectangles(hard, rng)
    if rng.random() < recipe.augmentation:
        hard = augment_matte(hard, rng)
    return np.stack([core_matte(frame, recipe.erode) for frame in hard])


def _rim(matte: Plane, recipe: ExampleRecipe) -> Plane:
    """(T, H, W) 1 where the actor is, but not where a faultless matte would tell the network so."""
    inside = np.stack([core_matte(frame, recipe.erode) for frame in matte])
    return np.asarray((matte > 0.02) * (1 - inside), np.float32)


def _cut_rectangles(matte: Plane, rng: np.random.Generator) -> None:
    height, width = matte.shape[1:]
    for _ in range(int(rng.integers(1, 4))):
        h, w = (rng.uniform(0.05, 0.35, 2) * (height, width)).astype(int)
        y, x = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
        matte[:, y : y + h, x : x + w] = 0


def _share(picture: Picture) -> Plane:
    """8-bit code values as 0..1."""
    return picture.astype(np.float32) / np.float32(255)


def _code(picture: Plane) -> Picture:
    """0..1 as 8-bit code values."""
    return np.asarray(np.round(picture * 255), np.uint8)


def _slip(rng: np.random.Generator, recipe: ExampleRecipe) -> NDArray[np.float64]:
    """A small camera error: a shift in unit coordinates."""
    error = np.eye(3)
    error[:2, 2] = rng.normal(0, recipe.slip, 2) * (rng.random() < 0.5)
    return error


def _move(condition: Picture, behind: Plane | None, camera: NDArray[np.float64]) -> tuple[Picture, Plane]:
    """The condition moved by ``camera`` (unit coordinates), and where it is valid (1) or not (0)."""
    height, width = condition.shape[:2]
    to_pixel = np.array([[height, 0, width / 2 - 0.5], [0, height, height / 2 - 0.5], [0, 0, 1]])
    matrix = to_pixel @ camera @ np.linalg.inv(to_pixel)
    moved = cv2.warpPerspective(
        condition, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    valid = np.ones((height, width), np.float32)
    if behind is not None:
        valid = 1 - _grow(behind, 0.03 * height)
    seen = cv2.warpPerspective(valid, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=0)
    return moved.astype(np.uint8), np.asarray(seen, np.float32)


def _lit(place: Picture, clip: TrainingClip, frame: int) -> Picture:
    """``place`` under the light that the actor leaves on the clip's background in ``frame``."""
    scale, added = _light(clip, frame)
    return _code(np.clip(_share(place) * scale + added, 0, 1))


def _light(clip: TrainingClip, frame: int) -> tuple[Plane, Plane]:
    """What the actor does to the background (H, W, 3): they darken it by a factor, 0..1, and add what they brighten.

    Under the actor the light around goes on: their feet stand in their own shadow.
    """
    rgb, background = (_share(picture) for picture in (clip.rgb[frame], clip.background[frame]))
    free = (clip.matte[frame] < 0.02).astype(np.float32)[..., None]
    size = _UNDER * len(rgb)
    near = cv2.GaussianBlur(free[..., 0], (0, 0), size)[..., None] + 1e-3

    def continued(light: Plane, rest: float) -> Plane:
        around = (cv2.GaussianBlur(free * light, (0, 0), size) + 1e-3 * rest) / near
        return np.asarray(free * light + (1 - free) * around, np.float32)

    scale = np.minimum((rgb + _BLACK) / (background + _BLACK), 1)
    return continued(scale, 1), continued(np.maximum(rgb - background, 0), 0)


def _grow(matte: Plane, radius: float) -> Plane:
    """The matte (H, W) grown by ``radius`` pixels, hard."""
    far = cv2.distanceTransform((matte <= 0.02).astype(np.uint8), cv2.DIST_L2, 3)
    return (far <= radius).astype(np.float32)


def _blend(base: Picture, over: Picture, where: Plane) -> Picture:
    return np.where(where[..., None] > 0.5, over, base)
