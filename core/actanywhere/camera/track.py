"""The plate's camera: how its background moves, frame by frame, outside of the matte.

Points on the background are followed from the frame before and from keyframes (so that errors do not add up),
and one transform per frame is fitted to all of them. The whole shot is a similarity (move, turn, scale), reconciled
over all frames, unless a homography explains it clearly better; a locked-off plate gives exact identities.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from threading import Thread

import numpy as np
from numpy.typing import NDArray

from .coverage import CELLS, by_cell, spread
from .fit import Fit, Matrix, Points, apply, fit_homography, fit_similarity, normalise, residuals, rms
from .follow import View, follow, look, recognise
from .level import level_pan
from .path import interpolate_lost, is_card
from .reconcile import Pair, load_solver, pair_of, reconcile

_WIDEST = 960
_KEYFRAMES = 12
_FEWEST = 14
_MODELS = ("similarity", "homography")
_NEAREST_DEPTH = 0.05
"""Depth, relative to the reference's centre, below which a tilted plane is too close to its horizon to use."""


@dataclass(frozen=True)
class CameraTrack:
    """How the background moves.

    ``transforms`` (T, 3, 3) float64 map unit coordinates of the reference frame (the first, unless
    ``relative_to`` was asked) to those of each frame; ``quality`` (T,) is the share of background points that
    agree; ``trackable`` says whether to build on it, and ``reason`` why, in words. ``doubts`` are what an artist is
    warned of where it is built on; ``horizons`` (T,) are the rows, in unit coordinates, on which each frame's horizon
    crosses its middle column, where they are known. ``lost``: there is a background, but it could not be followed.
    """

    transforms: NDArray[np.float64]
    trackable: bool
    reason: str
    quality: NDArray[np.float64]
    doubts: tuple[str, ...] = ()
    horizons: NDArray[np.float64] | None = None
    lost: bool = False

    def __len__(self) -> int:
        return len(self.transforms)

    def relative_to(self, index: int) -> CameraTrack:
        """The same motion with frame ``index`` as the reference (identity there)."""
        origin = self.transforms[index]
        if np.array_equal(self.transforms, np.broadcast_to(origin, self.transforms.shape)):
            return replace(self, transforms=_identities(len(self)))
        inverse = np.linalg.inv(origin)
        moved = np.stack([normalise(t @ inverse) for t in self.transforms])
        moved[index] = np.eye(3)
        return replace(self, transforms=moved)

    def holding(self, same: NDArray[np.int64]) -> CameraTrack:
        """The same, but at rest where a frame repeats another: ``same`` (T,) is which."""
        return replace(self, transforms=self.transforms[same], quality=self.quality[same])

    def look(self, index: int, x: Points, y: Points) -> tuple[Points, Points, NDArray[np.bool_]]:
        """As ``Motion`` has it. A tilted plane is lost where it comes close to its horizon."""
        back = np.linalg.inv(normalise(self.transforms[index]))
        across, down, depth = (line[0] * x + line[1] * y + line[2] for line in back)
        ahead = depth > _NEAREST_DEPTH
        safe = np.where(ahead, depth, 1.0)
        return across / safe, down / safe, ahead

    def flat(self) -> CameraTrack:
        """The track itself."""
        return self


def still_track(frames: int) -> CameraTrack:
    """A camera that does not move, for ``frames`` frames."""
    return CameraTrack(_identities(frames), True, "a locked camera was asked for", np.ones(frames))


def corner_distance(first: Matrix, second: Matrix, aspect: float) -> float:
    """The largest distance, in frame heights, by which two transforms differ at the frame's corners."""
    corners = np.array([[x, y] for x in (-aspect / 2, aspect / 2) for y in (-0.5, 0.5)])
    apart = np.linalg.norm(apply(first, corners) - apply(second, corners), axis=1)
    return float(np.nan_to_num(apart, nan=1e3).max())


def _identities(count: int) -> NDArray[np.float64]:
    return np.tile(np.eye(3), (count, 1, 1))


@dataclass(frozen=True)
class _Step:
    """What one frame told: a transform by each model, and how well each was supported.

    ``costs`` and ``rest`` are what each model, and no motion at all, leave unexplained (frame heights). ``cells``: how
    many points agreed and how many there were, by the sixth of the frame (``CELLS``).
    """

    transforms: dict[str, Matrix]
    costs: dict[str, float]
    rest: float
    quality: float
    found: int
    agreeing: int
    gap: bool
    cells: tuple[NDArray[np.float64], NDArray[np.float64]] = (np.zeros(6), np.zeros(6))


class Tracker:
    """Follows the background of a plate, one frame after the other, in memory that does not grow.

    ``aspect`` is the plate raster's width over its height. Every picture may be any size with that aspect;
    about 960 pixels of width is enough, and more is reduced to that.
    """

    def __init__(self, aspect: float) -> None:
        self.aspect = aspect
        self._steps: list[_Step] = []
        self._pairs: list[Pair] = []
        self._previous: View | None = None
        self._keyframes: list[View] = []
        self._size: tuple[int, int] = (0, 0)
        self._open = 0.0
        self._seen = self._doubtful = 0
        Thread(target=load_solver, daemon=True).start()  # it takes a while, and is needed at the end only

    def add(
        self,
        rgb: NDArray[np.float32],
        matte: NDArray[np.float32],
        still: NDArray[np.float32] | None = None,
    ) -> None:
        """Take the next frame: ``rgb`` (h, w, 3) display 0..1, ``matte`` (h, w), 1 = subject.

        ``still`` (h, w), any size, is how surely each part stands still, where anybody knows: see ``look``.
        """
        if self._size == (0, 0):
            width = min(rgb.shape[1], _WIDEST)
            self._size = (round(rgb.shape[0] * width / rgb.shape[1]), width)
        view = look(len(self._steps), self.aspect, self._size, rgb, matte, still)
        self._seen += still is not None
        self._doubtful += view.doubtful
        self._open = max(self._open, float(view.background.mean()) / 255.0)
        if self._previous is None:
            resting = dict.fromkeys(_MODELS, np.eye(3))
            self._steps.append(
                _Step(resting, dict.fromkeys(_MODELS, 0.0), 0.0, 1.0, len(view.points), 0, False)
            )
            view.transforms = resting
            self._keyframes = [view]
            self._previous = view
            return
        step = self._measure(view)
        self._steps.append(step)
        if step.gap:
            return
        view.transforms = step.transforms
        self._previous = view
        self._renew_keyframes(view)

    def solve(self) -> CameraTrack:
        """The camera of all frames added so far."""
        count = len(self._steps)
        if count < 2:
            return CameraTrack(_identities(count), count == 1, "a single frame has no motion", np.ones(count))
        quality = np.array([step.quality for step in self._steps])
        trackable, reason = self._judge()
        transforms, manner = self._motion()
        if trackable and self._locked(transforms):
            return CameraTrack(_identities(count), True, "the camera is locked off; " + reason, quality)
        doubts = self._doubts() if trackable else ()
        lost = not (trackable or self._nothing_there())
        return CameraTrack(transforms, trackable, f"{reason}{manner}", quality, doubts, lost=lost)

    def _motion(self) -> tuple[NDArray[np.float64], str]:
        """The transforms of all frames, and in words what was made of them."""
        plain, free = ([None if s.gap else s.transforms[m] for s in self._steps] for m in _MODELS)
        manner = ""
        if self._choose_model() == "homography":
            card = interpolate_lost(free)
            if is_card(card, self.aspect):
                return card, "; a homography"
            manner = "; no homography, which would stretch or lean the place"
        flat = interpolate_lost(reconcile(plain, self._pairs, self.aspect, self._tolerance()))
        levelled = level_pan(flat)
        if levelled is None:
            return flat, manner
        return levelled, f"{manner}; a pan of a level camera, so the place stays upright"

    def _doubts(self) -> tuple[str, ...]:
        """Where the plate has no single motion, and where it was lost."""
        doubts = []
        steps = [s for s in self._steps[1:] if not s.gap]
        agree, seen = (sum((part[k] for part in (s.cells for s in steps)), np.zeros(6)) for k in (0, 1))
        enough = seen > 0.03 * seen.sum()
        share = np.where(enough, agree / np.maximum(seen, 1), 1.0)
        if share.min() < 0.5:
            where = CELLS[int(share.argmin())]
            doubts.append(
                f"The plate's background has no single motion: at the {where} only {share.min():.0%} of the features "
                "move as the camera does (parallax, or what moves by itself), and the layer slides there."
            )
        lost = [index for index, s in enumerate(self._steps) if s.gap]
        if lost:
            shown = ", ".join(str(i + 1) for i in lost[:8]) + (" and more" if len(lost) > 8 else "")
            doubts.append(
                f"The background was lost in {len(lost)} of {len(self._steps)} frames (number {shown} of the range): "
                "the camera goes on there as it moved before and after."
            )
        return tuple(doubts)

    # -- from frame to frame

    def _measure(self, view: View) -> _Step:
        """Follow points into ``view`` from keyframes and the frame before, and fit one transform to all."""
        assert self._previous is not None
        motion = self._first_guess(view)
        if motion is None:
            return self._gap(len(self._previous.points))
        model = self._leading_model()
        expected = motion @ self._previous.transforms[model]
        matches = []
        for reference in self._references(expected, model):
            guess = expected @ np.linalg.inv(reference.transforms[model])
            matches.append((reference, *follow(reference, view, guess, levels=1)))
        step = self._fit(matches)
        if step.gap and len(matches) > 1:
            step = self._fit(matches[-1:])
        tolerance = self._tolerance()
        said = (pair_of(seen.index, view.index, there, here, tolerance) for seen, there, here in matches)
        self._pairs += [pair for pair in said if pair is not None]
        return step

    def _fit(self, matches: list[tuple[View, Points, Points]]) -> _Step:
        """One transform per model explaining the points of all references; the first reference leads."""
        base, leading = matches[0][0], len(matches[0][1])
        target = np.concatenate([here for _, _, here in matches])
        trust = np.concatenate(
            [np.full(len(here), 1.0 if number == 0 else 0.3) for number, (_, _, here) in enumerate(matches)]
        )
        fits: dict[str, Fit] = {}
        for model, solver in zip(_MODELS, (fit_similarity, fit_homography), strict=True):
            common = [
                apply(base.transforms[model] @ np.linalg.inv(reference.transforms[model]), there)
                for reference, there, _ in matches
            ]
            source = np.nan_to_num(np.concatenate(common), nan=1e3)
            fit = solver(source, target, trust, self._tolerance(), leading)
            if fit is not None:
                fits[model] = fit
        if "similarity" not in fits:
            return self._gap(len(base.points))
        fits.setdefault("homography", fits["similarity"])
        rest = rms(
            residuals(np.eye(3), np.concatenate([m[1] for m in matches]), target), trust, self._tolerance()
        )
        agreeing = min(fits.values(), key=lambda fit: fit.cost).agreeing[:leading]
        count = int(np.count_nonzero(agreeing))
        lost = count < _FEWEST or count < 0.3 * leading
        lost = lost or spread(target[:leading][agreeing], self.aspect) < 0.04
        transforms = {name: normalise(fit.transform @ base.transforms[name]) for name, fit in fits.items()}
        costs = {name: fit.cost for name, fit in fits.items()}
        cells = by_cell(target[:leading], agreeing, self.aspect)
        return _Step(transforms, costs, rest, count / max(leading, 1), leading, count, lost, cells)

    def _gap(self, found: int) -> _Step:
        nothing = dict.fromkeys(_MODELS, np.eye(3))
        return _Step(nothing, dict.fromkeys(_MODELS, 0.0), 0.0, 0.0, found, 0, True)

    def _first_guess(self, view: View) -> Matrix | None:
        """The motion from the frame before, however large: at rest, as fast as it last was, or recognised."""
        assert self._previous is not None
        best: Matrix | None = None
        support = 0
        for attempt in (self._at_rest, self._as_before, self._recognised):
            there, here = attempt(view)
            if len(there) < _FEWEST:
                continue
            trust = np.ones(len(there))
            fit = fit_similarity(there, here, trust, 2.0 * self._tolerance(), len(there))
            if fit is not None and np.count_nonzero(fit.agreeing) > support:
                best, support = fit.transform, int(np.count_nonzero(fit.agreeing))
            if support > max(_FEWEST, 0.3 * len(self._previous.points)):
                break
        return best if support >= _FEWEST else None

    def _at_rest(self, view: View) -> tuple[Points, Points]:
        assert self._previous is not None
        return follow(self._previous, view, np.eye(3), levels=5)

    def _as_before(self, view: View) -> tuple[Points, Points]:
        assert self._previous is not None
        if len(self._steps) < 2 or self._steps[-1].gap or self._steps[-2].gap:
            return np.zeros((0, 2)), np.zeros((0, 2))
        last, before = (self._steps[-k].transforms["similarity"] for k in (1, 2))
        return follow(self._previous, view, normalise(last @ np.linalg.inv(before)), levels=5)

    def _recognised(self, view: View) -> tuple[Points, Points]:
        assert self._previous is not None
        return recognise(self._previous, view)

    def _references(self, expected: Matrix, model: str) -> list[View]:
        """The latest keyframe, the oldest one that still sees most of this frame, and the frame before."""
        assert self._previous is not None
        chosen = [self._keyframes[-1]]
        for keyframe in self._keyframes[:-1]:
            if self._overlap(expected @ np.linalg.inv(keyframe.transforms[model])) > 0.6:
                chosen.append(keyframe)
                break
        return chosen if self._previous is chosen[0] else [*chosen, self._previous]

    def _renew_keyframes(self, view: View) -> None:
        latest = self._keyframes[-1]
        model = self._leading_model()
        step = self._steps[-1]
        change = view.transforms[model] @ np.linalg.inv(latest.transforms[model])
        latest.support = max(latest.support, step.agreeing)
        if self._overlap(change) > 0.6 and step.agreeing > 0.5 * latest.support:
            return
        self._keyframes.append(view)
        if len(self._keyframes) > _KEYFRAMES:
            inner = range(1, len(self._keyframes) - 1)
            place = [k.transforms[model] for k in self._keyframes]
            crowded = min(inner, key=lambda k: corner_distance(place[k], place[k - 1], self.aspect))
            del self._keyframes[crowded]

    def _overlap(self, change: Matrix) -> float:
        """Share of the frame that is seen both before and after ``change``; less when it zooms."""
        x, y = np.meshgrid(np.linspace(-0.5, 0.5, 9) * self.aspect, np.linspace(-0.5, 0.5, 9))
        moved = apply(change, np.stack([x.ravel(), y.ravel()], 1))
        inside = (np.abs(np.nan_to_num(moved, nan=1e3)) <= [self.aspect / 2, 0.5]).all(1)
        zoom = float(np.sqrt(abs(np.linalg.det(change[:2, :2] / change[2, 2]))))
        return float(inside.mean()) * min(zoom, 1.0 / max(zoom, 1e-3))

    # -- judging the shot

    def _tolerance(self) -> float:
        """Distance, in frame heights, at which a point disagrees: 1.5 pixels of 960, at least 0.75."""
        height, width = self._size
        return max(0.75, 1.5 * width / 960) / height

    def _leading_model(self) -> str:
        return self._choose_model() if len(self._steps) > 2 else _MODELS[0]

    def _choose_model(self) -> str:
        """Homography only where it leaves clearly less unexplained, over the shot as a whole."""
        steps = [s for s in self._steps[1:] if not s.gap]
        if not steps:
            return _MODELS[0]
        floor = 0.05 / self._size[0]
        plain = float(np.mean([s.costs["similarity"] for s in steps])) + floor
        free = float(np.mean([s.costs["homography"] for s in steps])) + floor
        return _MODELS[1] if plain > 1.5 * free else _MODELS[0]

    def _found(self) -> int:
        return int(np.median([s.found for s in self._steps[1:]]))

    def _nothing_there(self) -> str:
        """Why there is no background to follow; empty where there is one."""
        if self._open < 0.05:
            return "the matte leaves almost no background to track"
        if self._found() < _FEWEST:
            return "the background outside of the matte is flat: grey or green screen"
        return ""

    def _judge(self) -> tuple[bool, str]:
        if nothing := self._nothing_there():
            return False, nothing
        lost = [s.gap for s in self._steps[1:]]
        agreeing = float(np.median([s.quality for s in self._steps[1:]]))
        basis = f"{self._found()} features on {self._where()}, {agreeing:.0%} agree"
        if agreeing < 0.5:
            return False, f"{basis}: it moves in itself, or has no single motion"
        if np.mean(lost) > 0.2 or max(sum(run) for _, run in groupby(lost)) > 8:
            return False, f"{basis}, but the background is lost in {sum(lost)} of {len(lost) + 1} frames"
        return True, basis

    def _where(self) -> str:
        """Where the features lie, in words."""
        if not self._seen:
            return "the background"
        if self._doubtful < 0.5 * self._seen:
            return "what stands still in it"
        return "all of the background (what stands still in it shows too few)"

    def _locked(self, transforms: NDArray[np.float64]) -> bool:
        """No motion at all explains the points as well as the motion that was fitted to them."""
        limit = 0.6 / 960 * self.aspect
        if any(corner_distance(t, np.eye(3), self.aspect) > limit for t in transforms):
            return False
        steps = [s for s in self._steps[1:] if not s.gap]
        fitted = float(np.mean([s.costs["similarity"] for s in steps]))
        return float(np.mean([s.rest for s in steps])) < 1.05 * fitted + 0.01 / self._size[0]
