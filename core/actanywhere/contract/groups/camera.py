"""Who leads the camera, and where the picture fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..fields import choice, text, whole

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
    fit: str = choice(
        "fill",
        "How large the condition picture is laid into that frame; what it does not cover is gone on from it.",
        {
            "fill": "it covers the frame, and is cropped to it",
            "fit": "all of it is seen",
            "width": "as wide as the frame",
            "height": "as high as the frame",
        },
        group="camera",
    )
    place: str = text(
        "auto",
        "Where it is laid: x,y,scale moves it by x to the right and y down, in frame heights, and makes it so many "
        "times as large; ,mirror after that turns it left to right. centred: in the middle. auto: moved a little where "
        "horizon, ground and feet are known for sure and do not agree; else centred. It says which and why.",
        group="camera",
    )
    anchor: Optional[int] = whole(
        None,
        "The plate frame (host number) at which the condition picture fits the frame; it moves from there. "
        "Left out: the frame that a composite condition was painted on, else the middle of the move.",
        begin=1001,
        group="camera",
    )
