"""How figures move: poses as points in metres, feet that stand still on the ground (numpy alone).

A figure's own axes: x forwards, y to its left, z up; the origin is on the ground under it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pose = dict[str, tuple[Array, Array]]

_STANCE = 0.6


def person(tall: float, travelled: float, phase: float) -> Pose:
    """Limbs of a walking person as (from, to) points."""
    cycle = phase + travelled / (0.72 * tall)
    bob = 0.010 * np.cos(4 * np.pi * (cycle - 0.05))
    pose: Pose = {}
    for side, name, offset in ((1, "left", 0.0), (-1, "right", 0.5)):
        hip = np.array([0.0, 0.052 * side, 0.495 + bob])
        foot, pitch = _foot(cycle + offset, 0.72, 0.075)
        ankle = np.array([foot[0], 0.045 * side, foot[1] + 0.055])
        knee, ankle = _bend(hip, ankle, 0.25, 0.245, 1.0)
        pose[f"{name} thigh"], pose[f"{name} calf"] = (hip, knee), (knee, ankle)
        toe = np.array([np.cos(pitch), 0.0, -np.sin(pitch)])
        up = np.array([np.sin(pitch), 0.0, np.cos(pitch)])
        pose[f"{name} foot"] = (ankle - 0.012 * toe - 0.029 * up, ankle + 0.092 * toe - 0.034 * up)
        shoulder = np.array([0.004, 0.107 * side, 0.80 + bob])
        swing = -0.55 * np.cos(2 * np.pi * (cycle + offset + 0.02))
        elbow = shoulder + 0.165 * np.array([np.sin(swing), 0.16 * side, -np.cos(swing)])
        lower = swing + 0.35 + 0.25 * max(swing, 0.0)
        hand = elbow + 0.15 * np.array([np.sin(lower), -0.04 * side, -np.cos(lower)])
        pose[f"{name} sleeve"], pose[f"{name} forearm"] = (shoulder, elbow), (elbow, hand)
        pose[f"{name} hand"] = (hand, hand + 0.26 * (hand - elbow))
    pose["torso"] = (np.array([0, 0, 0.47 + bob]), np.array([0.012, 0, 0.83 + bob]))
    pose["neck"] = (np.array([0.008, 0, 0.81 + bob]), np.array([0.02, 0, 0.89 + bob]))
    pose["head"] = (np.array([0.02, 0, 0.915 + bob]), np.array([0.022, 0, 1.0 + bob]))
    return {part: (tall * a, tall * b) for part, (a, b) in pose.items()}


def dog(tall: float, travelled: float, phase: float) -> Pose:
    """Limbs of a trotting dog; ``tall`` is the height of its back."""
    cycle = phase + travelled / (0.95 * tall)
    bob = 0.012 * np.cos(4 * np.pi * cycle)
    pose: Pose = {}
    for name, x, side, offset, knees in (
        ("left fore", 0.42, 1, 0.0, -1.0),
        ("right fore", 0.42, -1, 0.5, -1.0),
        ("left hind", -0.42, 1, 0.5, -1.0),
        ("right hind", -0.42, -1, 0.0, -1.0),
    ):
        hip = np.array([x, 0.11 * side, 0.74 + bob])
        foot, pitch = _foot(cycle + offset, 0.95, 0.11)
        ankle = np.array([x + foot[0], 0.09 * side, foot[1] + 0.05])
        knee, ankle = _bend(hip, ankle, 0.39, 0.37, knees)
        pose[f"{name} thigh"], pose[f"{name} calf"] = (hip, knee), (knee, ankle)
        paw = np.array([np.cos(pitch), 0.0, -np.sin(pitch)])
        pose[f"{name} foot"] = (ankle, ankle + 0.07 * paw)
    wag = 0.1 * np.sin(4 * np.pi * cycle)
    pose["torso"] = (np.array([-0.48, 0, 0.8 + bob]), np.array([0.46, 0, 0.82 + bob]))
    pose["neck"] = (np.array([0.5, 0, 0.86 + bob]), np.array([0.72, 0, 1.16 + bob]))
    pose["head"] = (np.array([0.68, 0, 1.2 + bob]), np.array([1.02, 0, 1.13 + bob]))
    pose["tail"] = (np.array([-0.55, 0, 0.86 + bob]), np.array([-0.92, wag, 1.12 + bob]))
    for side, name in ((1, "left ear"), (-1, "right ear")):
        pose[name] = (np.array([0.68, 0.09 * side, 1.27 + bob]), np.array([0.62, 0.13 * side, 1.14 + bob]))
    return {part: (tall * a, tall * b) for part, (a, b) in pose.items()}


def _foot(phase: float, stride: float, lift: float) -> tuple[tuple[float, float], float]:
    """The foot's (forwards, up) relative to the body, and how far its toes point down, radians.

    While it stands it moves back exactly as fast as the body moves on, so it is locked to the ground.
    """
    phase %= 1.0
    reach = stride * _STANCE
    if phase < _STANCE:
        return (reach * (0.5 - phase / _STANCE), 0.0), 0.0
    swing = (phase - _STANCE) / (1 - _STANCE)
    ease = swing * swing * (3 - 2 * swing)
    up = lift * float(np.sin(np.pi * swing))
    return (reach * (ease - 0.5), up), 0.75 * float(np.sin(2 * np.pi * swing)) * (1 - 0.5 * swing)


def _bend(top: Array, end: Array, upper: float, lower: float, forward: float) -> tuple[Array, Array]:
    """The joint between two points, and the end pulled into reach; ``forward`` is +1 for a knee."""
    line = end - top
    far = float(np.linalg.norm(line))
    reach = min(far, (upper + lower) * 0.999)
    unit = line / far
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    out = np.cross(np.array([0.0, -1.0, 0.0]), unit) * -forward
    out /= np.linalg.norm(out)
    return top + unit * along - out * float(np.sqrt(max(upper**2 - along**2, 0.0))), top + unit * reach
