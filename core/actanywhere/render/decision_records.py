"""What was decided of a job, as its result keeps it."""

from __future__ import annotations

from ..comp.motion_blur import OFF, read_shutter
from ..contract.job import DecisionRecord
from ..footage import layer_space
from .preflight import Inputs
from .proxies import hard_edge
from .scene import Scene


def decisions_of(inputs: Inputs, scene: Scene, place: str) -> list[DecisionRecord]:
    """What was decided of the job, in the order in which it is told. ``place`` is the path of the filled picture."""
    settings, (height, width) = inputs.job.settings, inputs.size
    whole = "as asked for" if inputs.job.shot.frames is not None else "all that the plate has"
    size = "as the model recommends" if settings.size is None else "as asked for"
    other = "none" if scene.place is None else scene.place.other.summary
    filled = "" if scene.place is None else scene.place.filled_by
    return [
        DecisionRecord("model", settings.model, "; ".join(inputs.notes), "model"),
        DecisionRecord("frames", str(inputs.frames), whole, "frames"),
        DecisionRecord("plate colour", inputs.plate.info.space, "", "plate_colour"),
        DecisionRecord("layer colour", layer_space(inputs.plate.info.space), "", "plate_colour"),
        DecisionRecord("working size", f"{width}x{height}", size, "size"),
        DecisionRecord("camera", scene.camera.value, scene.camera.reason, "camera"),
        DecisionRecord("condition", scene.backdrop.reason or "as it is", "", "condition_kind"),
        DecisionRecord("placement", _placed(scene), scene.placement.reason, "place"),
        DecisionRecord("second actor", other, "", "condition_matte"),
        DecisionRecord(
            "place", place or "as the picture shows it", filled and f"filled by {filled}", "extended"
        ),
        DecisionRecord("shadow", scene.shadow.reason, "", "shadow"),
        *_cut(scene),
        *_mended(inputs, scene),
        *_closed(inputs, scene),
        *_interacts(inputs, scene),
        *_despilled(inputs),
        *([DecisionRecord("water", "moves", scene.water, "water")] if scene.water else []),
        *_life(inputs),
        *_matched(inputs, scene),
        *_blurred(inputs, scene),
    ]


def _matched(inputs: Inputs, scene: Scene) -> list[DecisionRecord]:
    asked = inputs.job.settings.match
    return [] if asked == "none" else [DecisionRecord("match", asked, scene.match.reason, "match")]


def _blurred(inputs: Inputs, scene: Scene) -> list[DecisionRecord]:
    asked = inputs.job.settings.shutter
    if read_shutter(asked) == OFF:
        return []
    made = "none" if scene.shutter.value is None else f"{360 * scene.shutter.value:.4g}"
    return [DecisionRecord("shutter", made, scene.shutter.reason, "shutter")]


def _cut(scene: Scene) -> list[DecisionRecord]:
    shadow = (
        "no shadow is laid" if scene.shadow.value is None else "their shadow is what the plate shows of it"
    )
    reason = f"above the feet, so they stand nowhere: no ground is sought under them, and {shadow}"
    return [DecisionRecord("actor", f"cut off by {scene.cut}", reason)] if scene.cut else []


def _mended(inputs: Inputs, scene: Scene) -> list[DecisionRecord]:
    if not (inputs.job.settings.mend_matte or scene.mend.reason):
        return []
    made = "as it was given" if scene.mend.value is None else "mended"
    return [DecisionRecord("matte", made, scene.mend.reason, "mend_matte")]


def _closed(inputs: Inputs, scene: Scene) -> list[DecisionRecord]:
    if not inputs.job.settings.close_slits:
        return []
    made = "as they are" if scene.slits.value is None else "closed"
    return [DecisionRecord("slits", made, scene.slits.reason, "close_slits")]


def _interacts(inputs: Inputs, scene: Scene) -> list[DecisionRecord]:
    if not inputs.job.settings.interaction:
        return []
    made = "none" if scene.interaction.value is None else "pulled"
    return [DecisionRecord("interaction", made, scene.interaction.reason, "interaction")]


def _despilled(inputs: Inputs) -> list[DecisionRecord]:
    asked = inputs.job.settings.despill
    if not asked:
        return []
    if inputs.plate.premultiplied:
        return [DecisionRecord("despill", "none", "the plate is premultiplied by its alpha", "despill")]
    if hard_edge(inputs):
        return [DecisionRecord("despill", "none", "the matte has no soft edge", "despill")]
    where = "beside it" if inputs.clean is None else "of the clean plate"
    return [DecisionRecord("despill", f"{asked:g}", f"the soft edge, of the colour {where}", "despill")]


def _placed(scene: Scene) -> str:
    if scene.backdrop.value is None:
        return "none: the model moves no picture"
    return f"{scene.placement.value}, {scene.placement.value.fit}"


def _life(inputs: Inputs) -> list[DecisionRecord]:
    settings = inputs.job.settings
    if settings.life == 0 or "life" not in inputs.engine.facts.reads:
        return []
    where = (
        f"in the alive mask {settings.alive}" if settings.alive else "around the actor's feet: no alive mask"
    )
    return [DecisionRecord("life", f"{settings.life:g}", where, "life")]
