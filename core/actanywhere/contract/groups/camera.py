"""Who leads the camera, and where the picture fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..fields import choice, whole

__all__ = ["CameraSettings"]


@dataclass(frozen=True)
class CameraSettings:
    """Who leads the camera, and where the picture fits."""

    camera: str = choice(
        "auto",
        "Who leads the camera.",
        {
            "auto": "your track if there is one, else plate where the background can be tracked, else subject; it "
            "says which and why",
            "plate": "the background's motion is tracked in the plate and the condition picture moves with it",
            "subject": "the network infers the camera from how the actor moves (the paper's way; for grey and green "
            "screens)",
            "still": "a locked camera",
            "tracked": "your own track of the shot moves it",
        },
        group="camera",
    )
    anchor: Optional[int] = whole(
        None,
        "The plate frame (host number) at which the condition picture fits the frame; it moves from there. "
        "Left out: the frame that a composite condition was painted on, else the middle of the move.",
        begin=1001,
        group="camera",
    )
