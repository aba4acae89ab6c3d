"""How a shot is rendered: the settings, and the one place where a default lives.

Flags, shot lists, Blender's properties, Nuke's knobs and the docs are derived from these fields: to add a setting,
add its field here, and read it where it acts.
Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Tuple

from .errors import JobError
from .fields import SettingField, check_record, choice, fields_of, number, several, switch, text, whole

__all__ = ["GROUPS", "Settings", "moot_settings", "setting_fields"]

#: The parts of an interface, in their order, with their titles.
GROUPS = {
    "take": "Take",
    "matte": "Matte",
    "condition": "Who else is in the picture",
    "camera": "Camera",
    "shadow": "Shadow",
    "blend": "Blend with the picture",
    "generate": "Generated place",
    "model": "Model",
    "files": "Files",
}


@dataclass(frozen=True)
class Settings:
    """How a shot is rendered. Every field has a default that suits a first try."""

    model: str = text(
        "starter",
        "The model: 'starter' (comes with the software), or a folder in the diffusers layout.",
        group="model",
    )
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
    condition_box: str = text(
        "",
        "Who else is in the condition picture and is to go: a box around them, x,y,width,height in its pixels from the "
        "upper left corner; several are divided by a semicolon. It goes before everything that is found.",
        group="condition",
    )
    condition_point: str = text(
        "",
        "The same by a point on them: x,y in pixels of the condition picture; several are divided by a semicolon.",
        group="condition",
    )
    seed: int = whole(
        0,
        "The same seed gives the same layer; another one gives another take.",
        minimum=0,
        maximum=2**31 - 1,
        group="take",
    )
    preview: bool = switch(
        False,
        "Fewer steps and no guidance: a rough take in a fraction of the time, to judge the set-up by. The starter "
        "paints in one step anyway.",
        group="take",
    )
    solver: str = choice(
        "dpm++",
        "How the network's steps are made.",
        {"dpm++": "DPM-Solver++(2M), good from about 10 steps", "ddim": "the paper's, made for 50"},
        group="model",
    )
    steps: Optional[int] = whole(
        None,
        "Denoising steps. Left out: what the model's folder recommends.",
        minimum=1,
        maximum=1000,
        begin=20,
        group="model",
    )
    guidance: Optional[float] = number(
        None,
        "How strongly the condition and the matte lead; 1 is off. Left out: what the model's folder "
        "recommends (the paper: 5).",
        minimum=1.0,
        maximum=30.0,
        begin=5.0,
        group="model",
    )
    variation: Optional[float] = number(
        None,
        "How freely the seed may vary what is painted where the picture says nothing: 0 is calm and soft, 1 as "
        "the network was trained. Left out: what the model's folder recommends.",
        minimum=0.0,
        maximum=1.0,
        begin=0.3,
        group="model",
    )
    size: Optional[int] = whole(
        None,
        "Size at which the network works: frames of about SIZE x SIZE pixels, in the plate's shape. Left out: what "
        "the model was made for (256). Smaller is quicker; the layer has the plate's size all the same.",
        minimum=64,
        maximum=1024,
        unit="pixels",
        begin=256,
        group="model",
    )
    overlap: Optional[int] = whole(
        None,
        "Frames that each window takes over from the one before it, in shots longer than the model's window. Left "
        "out: 4, or a quarter of a shorter window.",
        minimum=1,
        maximum=15,
        unit="frames",
        begin=4,
        group="model",
    )
    matte_white: float = number(
        1.0,
        "The matte's value that is 1, and above: 0.5 for a mask of 128 of 255, 255 for floats that run to 255.",
        minimum=1e-6,
        maximum=65535.0,
        group="matte",
    )
    matte_id: str = text(
        "",
        "For a mask that numbers its objects (an index or palette picture, an object-index pass): the ids of the "
        "actor, as 1 or 1,2. Empty: the matte is no such mask.",
        group="matte",
    )
    fit_matte: bool = switch(
        False,
        "Scale a matte of another size to the plate, where it has the plate's shape: a proxy.",
        group="matte",
    )
    invert_matte: bool = switch(False, "The matte is 1 on the background: turn it round.", group="matte")
    fill_matte: bool = switch(False, "Fill holes that the matte encloses.", group="matte")
    grow_matte: float = number(
        0.0,
        "Grow (above 0) or choke (below 0) the matte of model and comp, in pixels of the plate.",
        minimum=-200.0,
        maximum=200.0,
        unit="pixels",
        group="matte",
    )
    erode: int = whole(
        5,
        "Width of the square that erodes the matte for the model alone, in pixels of a frame of 256 x 256, so "
        "that no rim of the old background leaks in (the paper: 5). The comp keeps the artist's matte. 0: off.",
        minimum=0,
        maximum=63,
        unit="pixels",
        group="matte",
    )
    band: float = number(
        0.08,
        "Width of the band around the actor that the model paints anew (contact, shadow), as a share of the "
        "frame's height. It applies where the camera is tracked or still.",
        minimum=0.0,
        maximum=0.5,
        group="blend",
    )
    shadow: str = choice(
        "auto",
        "The actor's cast shadow.",
        {
            "auto": "how it falls is read in the plate, where its camera is known and a shadow can be made out; it "
            "says what it read",
            "given": "as the four settings that follow say",
            "none": "the network alone shades the ground",
        },
        group="shadow",
    )
    shadow_side: float = number(
        0.5,
        "For a given shadow: how far that of the actor's head falls to the right of their feet, as a share of their "
        "height in the frame. Below 0: to the left.",
        minimum=-4.0,
        maximum=4.0,
        only_with=("shadow", "given"),
        group="shadow",
    )
    shadow_away: float = number(
        -0.15,
        "For a given shadow: how far up in the frame, away from the camera, that of the actor's head falls, as a share "
        "of their height in the frame. Below 0: down, towards the camera.",
        minimum=-4.0,
        maximum=4.0,
        only_with=("shadow", "given"),
        group="shadow",
    )
    shadow_density: float = number(
        0.5,
        "For a given shadow: how much of the ground's brightness on a display it takes.",
        minimum=0.0,
        maximum=1.0,
        only_with=("shadow", "given"),
        group="shadow",
    )
    shadow_softness: float = number(
        0.02,
        "For a given shadow: the blur of that of the actor's head, as a share of the frame's height. At their feet it "
        "is a quarter of that.",
        minimum=0.0,
        maximum=0.2,
        only_with=("shadow", "given"),
        group="shadow",
    )
    shading: Optional[float] = number(
        None,
        "How strongly what the network paints shows over the moved picture: 0 leaves that alone, with the cast shadow "
        "on it, 1 is as painted, more is stronger. A model that is not 'assisted' moves no picture with the camera "
        "'subject': there 0 leaves blurred colours. Left out: what the model's folder recommends.",
        minimum=0.0,
        maximum=2.0,
        begin=0.75,
        group="blend",
    )
    detail: float = number(
        1.0,
        "How much of the condition picture's own full-size detail is laid under the generated shading.",
        minimum=0.0,
        maximum=1.0,
        group="blend",
    )
    prompt: str = text(
        "",
        "What is to be seen in the place, in words: a description ('a wet street at dusk, light rain'), never an "
        "order. For engines that read one (VACE). Left empty: a film plate without people.",
        group="generate",
    )
    negative_prompt: str = text(
        "",
        "What is not to be seen, in words. It has no effect at guidance 1. Left empty: what spoils a plate.",
        group="generate",
    )
    quality: Optional[str] = choice(
        None,
        "What a take may cost, for engines with qualities of their own (VACE). Left out: final, or preview with the "
        "setting of that name.",
        {
            "draft": "as few steps as the model's few-step LoRA was made for",
            "preview": "twice as many",
            "final": "as the model's authors render",
        },
        begin="preview",
        group="generate",
    )
    life: float = number(
        0.0,
        "How much of what is alive in the picture is painted anew, so that water, leaves and light move: 0 keeps the "
        "moved picture everywhere, 1 leaves little of it. For engines that read it (VACE).",
        minimum=0.0,
        maximum=1.0,
        group="generate",
    )
    alive: str = text(
        "",
        "A mask of what is alive, 1 = alive: a still or a sequence of the plate's size. Left empty: the ground around "
        "the actor's feet. It has no effect at life 0.",
        group="generate",
    )
    second_pass: bool = switch(
        False,
        "Paint what was generated once more at the plate's size, in tiles. For engines that take a whole shot (VACE).",
        group="generate",
    )
    actor: str = choice(
        "in",
        "Whether the engine sees the actor while it paints (VACE). The layer never holds them.",
        {"in": "it sees whom it paints behind", "out": "it paints an empty place"},
        group="generate",
    )
    unknown: str = choice(
        "grey",
        "What stands where nothing is known, for the engine (VACE).",
        {"grey": "nothing", "picture": "what is expected there, blurred"},
        group="generate",
    )
    reference: str = choice(
        "auto",
        "Whether the picture of the place is given to the engine as a reference besides (VACE).",
        {"auto": "where less than half of the shot is known", "always": "", "never": ""},
        group="generate",
    )
    merge: str = choice(
        "blend",
        "How the windows of a long shot are joined in each step (VACE).",
        {"blend": "averaged where they overlap", "keep-first": "the earlier one is taken there"},
        group="generate",
    )
    shift: Optional[float] = number(
        None,
        "How long the steps stay in strong noise (the flow's shift; VACE): more makes larger forms anew, 1 is even. "
        "Left out: what the model or its LoRA was made for.",
        minimum=0.1,
        maximum=30.0,
        begin=5.0,
        group="generate",
    )
    memory: str = choice(
        "auto",
        "Where a large model's parts lie while it works (VACE).",
        {
            "auto": "the first of the following that fits the free memory",
            "gpu": "all on the GPU",
            "offload": "one part on the GPU at a time",
            "fp8": "weights stored in 8 bits",
            "stream": "weights streamed to the GPU layer by layer",
        },
        group="model",
        affects_layer=False,
    )
    layer: str = text(
        "generated_bg", "Name of the layer (channel group) that holds the background.", group="files"
    )
    format: Tuple[str, ...] = several(
        ("exr",),
        "What to write. exr always; png and mov besides it are display files of the comp.",
        {"exr": "", "png": "", "mov": ""},
        group="files",
        affects_layer=False,
    )
    device: str = text(
        "auto",
        "Where the network runs: auto (a GPU if there is one), cpu, cuda, cuda:1, mps; with ONNX Runtime also "
        "tensorrt, directml, openvino, coreml.",
        group="model",
        affects_layer=False,
    )
    backend: str = choice(
        "auto",
        "What runs the network of a U-Net.",
        {
            "auto": "PyTorch where it is installed, else ONNX Runtime",
            "torch": "PyTorch",
            "onnx": "ONNX Runtime, on the networks that 'actanywhere export' wrote; the starter comes exported",
        },
        group="model",
        affects_layer=False,
    )
    precision: str = choice(
        "auto",
        "Arithmetic of the network.",
        {
            "auto": "fp16 on CUDA, bf16 where the processor has it in hardware, else fp32",
            "fp32": "",
            "bf16": "",
            "fp16": "",
        },
        group="model",
    )

    def __post_init__(self) -> None:
        if isinstance(self.format, list):
            object.__setattr__(self, "format", tuple(self.format))
        check_record(self, "settings.")
        _check_layer_name(self.layer)

    def given(self, said: Mapping[str, Any]) -> Settings:
        """These settings with others given anew; a value may be text. The one check of what a person sets.

        Raises ``JobError`` on what cannot be, and on what has no effect without another setting.
        """
        fields = {f.name: f for f in setting_fields()}
        unknown = sorted(set(said) - set(fields))
        if unknown:
            raise JobError(
                "Unknown settings: %s." % ", ".join(unknown), "Known are: %s." % ", ".join(sorted(fields))
            )
        made = dataclasses.replace(self, **{name: fields[name].read(value) for name, value in said.items()})
        for name in said:
            other, value = fields[name].only_with or (name, None)
            if fields[name].only_with and getattr(made, other) != value:
                raise JobError(
                    "%s has no effect unless %s is '%s'." % (name, other, value),
                    "Set %s to '%s' besides, or leave %s out." % (other, value, name),
                )
        return made


def setting_fields() -> Tuple[SettingField, ...]:
    """The fields of ``Settings`` in the order in which an interface shows them."""
    return fields_of(Settings)


def moot_settings(value: Mapping[str, Any]) -> Tuple[str, ...]:
    """The settings that have no effect beside the others' values, of those that ``value`` has."""
    return tuple(
        f.name
        for f in setting_fields()
        if f.only_with is not None and f.only_with[0] in value and value[f.only_with[0]] != f.only_with[1]
    )


_RESERVED_LAYERS = ("rgb", "rgba", "alpha", "depth", "forward", "backward", "mask", "rotopaint_mask")


def _check_layer_name(name: str) -> None:
    plain = name.replace("_", "a")
    if not (plain.isalnum() and plain.isascii() and plain[0].isalpha()) or name.lower() in _RESERVED_LAYERS:
        raise JobError(
            "'%s' cannot be a layer's name: hosts split or reserve it." % name,
            "Use letters, digits and underscores, beginning with a letter, for example generated_bg.",
        )
