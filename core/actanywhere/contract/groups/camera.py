"""Who leads the camera, and where the picture fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..fields import choice, number, text, whole

__all__ = ["CameraSettings"]


@dataclass(frozen=True)
class CameraSettings:
    """Who leads the camera, and where the picture fits."""

    camera: str = choice(
        "auto",
        "Who leads the camera.",
        {
            "auto": "your track if there is one, else 3d where the plate shows parallax and its solve can be believed, "
            "else plate where the background can be tracked, else subject; it says which and why",
            "plate": "the background's motion is tracked in the plate and the condition picture moves with it, flat",
            "3d": "the plate's camera is solved in three dimensions, and the place stands in it as ground and wall "
            "(needs the extra 'solve')",
            "subject": "the network infers the camera from how the actor moves (the paper's way; for grey and green "
            "screens)",
            "still": "a locked camera",
            "tracked": "your own track or 3-D camera of the shot moves it",
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
        "times as large; x,y,width,height is the part of it that the frame shows, in its pixels; ,mirror after either "
        "turns it left to right. centred: in the middle. auto: moved a little where horizon, ground and feet are known "
        "for sure and do not agree; else centred. It says which and why.",
        group="camera",
    )
    horizon: str = text(
        "",
        "Where the picture's horizon is: its row in pixels of the condition picture from the top. It is laid on the "
        "plate's by place auto, where that is known, and by a camera in 3-D. For this, ROW,FOOT also says on which row "
        "the ground ends and what is upright begins. Left empty: it is read where it can be; in 3-D it is else where "
        "the plate's is, and the ground goes on behind all that the actor walks on.",
        group="camera",
    )
    focal: Optional[float] = number(
        None,
        "The lens of the plate in millimetres, where it is known: a 3-D solve then does not have to find it, and a "
        ".chan file does not have to hold it.",
        minimum=1.0,
        maximum=2000.0,
        unit="mm",
        begin=35.0,
        group="camera",
    )
    haperture: float = number(
        36.0,
        "The width of the sensor that the focal length goes with, as far as the plate shows it (Nuke's haperture).",
        minimum=1.0,
        maximum=200.0,
        unit="mm",
        group="camera",
    )
    anchor: Optional[int] = whole(
        None,
        "The plate frame (host number) at which the condition picture fits the frame; it moves from there. "
        "Left out: the frame that a composite condition was painted on, else the middle of the move.",
        begin=1001,
        group="camera",
    )
