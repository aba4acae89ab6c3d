"""The settings of the camera, and of how the condition picture is framed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..fields import choice, number, switch, text, whole


@dataclass(frozen=True)
class CameraSettings:
    """Who leads the camera, and where the picture fits."""

    camera: str = choice(
        "auto",
        "Where the camera move comes from.",
        {
            "auto": "your track if there is one; else 3d, where the plate shows parallax and the solve is reliable; "
            "else plate, where the background can be tracked, or ground, where that clearly goes otherwise; else "
            "subject, or still where it is lost and no feet are seen. The render says which, and why",
            "plate": "the plate's background is tracked in 2-D, and the condition picture follows it as a flat card",
            "ground": "as plate, but slid so that the ground under the actor's feet goes with it: for a plate whose "
            "far things move otherwise, and that cannot be solved in 3-D",
            "3d": "the plate's camera is solved in 3-D, and the condition picture is projected onto a ground and a "
            "wall (needs the extra 'solve')",
            "subject": "the camera is inferred from how the actor moves (the paper's way; for grey and green "
            "screens)",
            "still": "a locked-off camera",
            "tracked": "your own 2-D track or 3-D camera",
        },
        group="camera",
    )
    fit: str = choice(
        "fill",
        "How the condition picture is scaled to the frame at the anchor. What it does not cover is outpainted.",
        {
            "fill": "it fills the frame, and is cropped",
            "fit": "all of it is inside the frame",
            "width": "as wide as the frame",
            "height": "as high as the frame",
        },
        group="camera",
    )
    place: str = text(
        "auto",
        "Where the condition picture lies in that frame. x,y,scale: moved right by x and down by y, in frame "
        "heights, and scaled. x,y,width,height: the crop of the picture that the frame shows, in its pixels. Add "
        ",mirror to either to flip it left to right. centred: in the middle. auto: moved or enlarged a little where "
        "horizon, ground and feet do not match, or the camera sees less beyond it so; else centred. The render says "
        "which, and why.",
        group="camera",
    )
    widen: bool = switch(
        True,
        "Widen the picture towards its borders, up to twice there, where the camera looks beyond "
        "them: nothing stands twice there. Off, or farther out: it is outpainted. With a network that fills, nothing "
        "is widened.",
        group="camera",
    )
    horizon: str = text(
        "",
        "The row of the horizon in the condition picture, in pixels from the top. A 3-D camera, and place auto where "
        "the plate's horizon is known, line the two horizons up. For a 3-D camera, ROW,FOOT also gives the row where "
        "the ground meets the wall. Left empty: detected where possible. In 3-D an undetected horizon is taken to "
        "lie where the plate's is, with ground everywhere the actor walks.",
        group="camera",
    )
    focal: Optional[float] = number(
        None,
        "The plate's focal length in millimetres, if you know it. A 3-D solve then need not estimate it, and a .chan "
        "file need not hold it.",
        minimum=1.0,
        maximum=2000.0,
        unit="mm",
        begin=35.0,
        group="camera",
    )
    haperture: float = number(
        36.0,
        "Width in millimetres of the sensor area that the plate shows (Nuke's haperture); it goes with the focal "
        "length.",
        minimum=1.0,
        maximum=200.0,
        unit="mm",
        group="camera",
    )
    anchor: Optional[int] = whole(
        None,
        "The plate frame at which the condition picture fits as it is; the camera moves it from there. Left out: the "
        "frame that a composite condition was painted over, else the middle of the move.",
        begin=1001,
        group="camera",
    )
