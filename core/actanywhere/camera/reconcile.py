"""What pairs of frames tell of one another, reconciled over the whole shot.

With parallax in the plate no pair of frames has a single motion: near frames compromise between near and far things,
distant ones settle on either. A track that leans on one pair after the other jumps where it changes its reference;
here all pairs hold at once, each as well as it can, and what they disagree by is spread over the frames between.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .fit import Matrix, Points, fit_similarity

Complex = NDArray[np.complex128]

_LEAST = 0.3
"""Share of the points below which a pair says nothing."""
_ASTRAY, _DOUBTED = 16.0, 8.0
"""Tolerances by which a pair that misses the track is wrong, and half believed."""
_SURE = 0.64
"""Trust from which on a pair of neighbours holds though the path misses it: a path that follows points from afar jumps
where it changes between near and far things."""
_ROUNDS = 2


@dataclass(frozen=True)
class Pair:
    """The similarity from frame ``earlier`` to frame ``later``, and the ``share`` of points that agree on it, 0..1."""

    earlier: int
    later: int
    transform: Matrix
    share: float


def pair_of(earlier: int, later: int, there: Points, here: Points, tolerance: float) -> Pair | None:
    """What points ``there`` (N, 2) of a frame, found ``here`` in a later one, say of the two; None if nothing."""
    fit = fit_similarity(there, here, np.ones(len(there)), tolerance, len(there))
    share = 0.0 if fit is None else float(fit.agreeing.mean())
    return None if fit is None or share < _LEAST else Pair(earlier, later, fit.transform, share)


@dataclass(frozen=True)
class _Edges:
    """Pairs as arrays (N,): a similarity is z -> turn z + move in complex numbers, and linear in all frames."""

    earlier: NDArray[np.int64]
    later: NDArray[np.int64]
    turn: Complex
    move: Complex
    trust: NDArray[np.float64]

    def missed(self, turns: Complex, moves: Complex, frame: Complex) -> NDArray[np.float64]:
        """By how much each misses what the path says of its frames (root mean square over the frame)."""
        step = turns[self.later] / turns[self.earlier]
        shift = moves[self.later] - step * moves[self.earlier]
        apart = np.abs((step - self.turn)[:, None] * frame + (shift - self.move)[:, None])
        return np.asarray(np.sqrt((apart**2).mean(1)), np.float64)

    def solved(
        self, turns: Complex, moves: Complex, frame: Complex, weights: NDArray[np.float64]
    ) -> tuple[Complex, Complex]:
        """The path of least squares, its first frame held."""
        from scipy.sparse import csr_array
        from scipy.sparse.linalg import spsolve

        count = len(frame)
        seen = ((frame - moves[self.earlier, None]) / turns[self.earlier, None]).ravel()
        turn, root = np.repeat(self.turn, count), np.repeat(np.sqrt(weights), count)
        values = np.stack([seen, np.ones_like(seen), -turn * seen, -turn]) * root
        earlier, later = np.repeat(2 * self.earlier, count), np.repeat(2 * self.later, count)
        columns = np.stack([later, later + 1, earlier, earlier + 1])
        rows = np.tile(np.arange(len(seen)), 4)
        system = csr_array((values.ravel(), (rows, columns.ravel())), (len(seen), 2 * len(turns)))
        free, held = system[:, 2:], system[:, :2] @ np.array([turns[0], moves[0]])
        aim = np.repeat(self.move, count) * root - held
        found = spsolve((free.conj().T @ free).tocsc(), free.conj().T @ aim).reshape(-1, 2)
        return np.append(turns[:1], found[:, 0]), np.append(moves[:1], found[:, 1])


def load_solver() -> None:
    """Load what ``reconcile`` solves with."""
    importlib.import_module("scipy.sparse.linalg")


def reconcile(
    path: Sequence[Matrix | None], pairs: Sequence[Pair], aspect: float, tolerance: float
) -> list[Matrix | None]:
    """The similarities of ``path`` so that all ``pairs`` hold as well as they can; a lost frame (None) stays lost.

    Least squares over the frame, the first frame held. A pair that is far from the path counts for nothing.
    """
    known = [index for index, transform in enumerate(path) if transform is not None]
    if len(known) < 3:
        return list(path)
    turns, moves = _complex([transform for transform in path if transform is not None])
    x, y = np.meshgrid([-0.3 * aspect, 0.3 * aspect], [-0.3, 0.3])
    frame: Complex = (x + 1j * y).ravel()
    place = {index: number for number, index in enumerate(known)}
    edges = _edges(pairs, place, turns, moves, frame, _ASTRAY * tolerance)
    weights = edges.trust
    for _ in range(_ROUNDS):
        turns, moves = edges.solved(turns, moves, frame, weights)
        missed = edges.missed(turns, moves, frame)
        weights = edges.trust / (1 + (missed / (_DOUBTED * tolerance)) ** 2)
    found = list(path)
    for index, a, b in zip(known, turns, moves, strict=True):
        found[index] = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag], [0, 0, 1.0]])
    return found


def _edges(
    pairs: Sequence[Pair],
    place: dict[int, int],
    turns: Complex,
    moves: Complex,
    frame: Complex,
    astray: float,
) -> _Edges:
    """The pairs that are near the path; a frame that has none keeps its step from the one before."""
    both = [pair for pair in pairs if pair.earlier in place and pair.later in place]
    turn, move = _complex([np.eye(3), *(pair.transform for pair in both)])
    every = _Edges(
        np.array([place[pair.earlier] for pair in both], np.int64),
        np.array([place[pair.later] for pair in both], np.int64),
        turn[1:],
        move[1:],
        # A farther pair tells less of each frame between.
        np.array([pair.share**2 / np.sqrt(pair.later - pair.earlier) for pair in both], np.float64),
    )
    sure = (every.later - every.earlier == 1) & (every.trust >= _SURE)
    near = sure | (every.missed(turns, moves, frame) < astray)
    alone = np.setdiff1d(np.arange(1, len(turns)), every.later[near])
    step = turns[alone] / turns[alone - 1]
    return _Edges(
        np.append(every.earlier[near], alone - 1),
        np.append(every.later[near], alone),
        np.append(every.turn[near], step),
        np.append(every.move[near], moves[alone] - step * moves[alone - 1]),
        np.append(every.trust[near], np.ones(len(alone))),
    )


def _complex(transforms: Sequence[Matrix]) -> tuple[Complex, Complex]:
    stacked = np.stack(transforms)
    return stacked[:, 0, 0] + 1j * stacked[:, 1, 0], stacked[:, 0, 2] + 1j * stacked[:, 1, 2]
