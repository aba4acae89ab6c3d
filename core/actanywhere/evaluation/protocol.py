"""The paper's figures, from embeddings: CLIP_cond, CLIP_temp and FVD (numpy alone)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]


def clip_cond(frames: Rows, condition: Rows) -> float:
    """Mean cosine of the frames' embeddings (T, D) with the condition's (D,): 1 looks like the condition."""
    return float((_unit(frames) @ _unit(condition[None])[0]).mean())


def clip_temp(frames: Rows) -> float:
    """Mean cosine over all pairs of frames (T, D): 1 is the same throughout. NaN for a single frame."""
    count = len(frames)
    if count < 2:
        return float("nan")
    cosines = _unit(frames) @ _unit(frames).T
    return float((cosines.sum() - np.trace(cosines)) / (count * (count - 1)))


def frechet_distance(one: Rows, other: Rows) -> float:
    """Distance of two sets of features (N, D) and (M, D), each taken for a normal distribution; 0 is the same.

    With features of I3D this is the Fréchet video distance (FVD). It shrinks as the sets grow: compare figures of equal
    counts alone. NaN when a set has fewer than two members.
    """
    if min(len(one), len(other)) < 2:
        return float("nan")
    means = float(((one.mean(0) - other.mean(0)) ** 2).sum())
    spread, other_spread = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    spread, other_spread = np.atleast_2d(spread), np.atleast_2d(other_spread)
    root = _root(spread)
    shared = np.sqrt(np.clip(np.linalg.eigvalsh(root @ other_spread @ root), 0, None)).sum()
    return max(0.0, means + float(np.trace(spread) + np.trace(other_spread)) - 2 * float(shared))


def _root(symmetric: Rows) -> Rows:
    values, vectors = np.linalg.eigh(symmetric)
    return np.asarray((vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T, np.float64)


def _unit(rows: Rows) -> Rows:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float64)
