"""The node classes that may stand in our Group, and their knobs: what every Nuke from 13.2 to 16 has.

The gate refuses what is not listed here, and the stand-in makes nodes from it, with these defaults. Valid Python 3.7.
"""

from __future__ import annotations

from typing import Dict, Set

__all__ = ["CALLBACKS", "COMMON", "DEFAULTS", "GROUPS", "KNOBS", "SWITCHES"]

GROUPS = ("Group", "Gizmo")

#: Knobs of every node.
COMMON: Set[str] = set(
    "name label inputs xpos ypos selected tile_color gl_color note_font note_font_size note_font_color "
    "hide_input cached disable dope_sheet postage_stamp postage_stamp_frame useLifetime lifetimeStart "
    "lifetimeEnd icon indicators help bookmark".split()
)

#: Those of them that are on or off.
SWITCHES: Set[str] = set(
    "selected hide_input cached disable dope_sheet postage_stamp useLifetime bookmark".split()
)

#: Knobs that hold Python.
CALLBACKS: Set[str] = set(
    "knobChanged onCreate onDestroy updateUI autolabel beforeRender beforeFrameRender afterFrameRender "
    "afterRender renderProgress".split()
)

#: class -> knob -> default, as text.
DEFAULTS: Dict[str, Dict[str, str]] = {
    "Input": {"number": "0"},
    "Output": {},
    "Dot": {},
    "NoOp": {},
    "Group": {"lock_connections": "false"},
    "Gizmo": {"lock_connections": "false"},
    "Root": {
        "first_frame": "1",
        "last_frame": "100",
        "frame": "1",
        "fps": "24",
        "proxy": "false",
        "proxy_type": "scale",
        "proxy_scale": "0.5",
        "format": "",
        "proxy_format": "",
        "views": "main",
        "colorManagement": "Nuke",
        "OCIO_config": "nuke-default",
        "workingSpaceLUT": "linear",
        "int8Lut": "sRGB",
        "int16Lut": "sRGB",
        "logLut": "Cineon",
        "floatLut": "linear",
        "customOCIOConfigPath": "",
        "lock_range": "false",
        "project_directory": "",
    },
    "Read": {
        "file": "",
        "proxy": "",
        "file_type": "",
        "first": "1",
        "last": "1",
        "origfirst": "1",
        "origlast": "1",
        "origset": "false",
        "before": "hold",
        "after": "hold",
        "frame": "",
        "frame_mode": "expression",
        "on_error": "error",
        "reload": "",
        "raw": "false",
        "colorspace": "default",
        "premultiplied": "false",
        "auto_alpha": "false",
        "format": "",
        "localizationPolicy": "fromAutoLocalizePath",
        "cacheLocal": "auto",
        "version": "0",
        "checkHashOnRead": "true",
    },
    "Write": {
        "channels": "rgb",
        "file": "",
        "proxy": "",
        "file_type": "",
        "datatype": "16 bit half",
        "compression": "Zip (1 scanline)",
        "raw": "false",
        "colorspace": "default",
        "premultiplied": "false",
        "first": "1",
        "last": "1",
        "use_limit": "false",
        "views": "main",
        "create_directories": "false",
        "autocrop": "false",
        "metadata": "default metadata",
        "interleave": "channels, layers and views",
        "standard_layer_name_format": "false",
        "write_full_layer_names": "false",
        "render_order": "1",
        "reading": "false",
        "checkHashOnRead": "true",
        "frame": "",
        "frame_mode": "expression",
        "transformType": "colorspace",
        "ocioColorspace": "",
        "Render": "",
        "limitChannelsToFormat": "false",
        "truncateChannelNames": "false",
        "version": "0",
    },
    "Copy": dict(
        [("from%d" % i, "none") for i in range(4)] + [("to%d" % i, "none") for i in range(4)],
        channels="none",
        bbox="union",
        mix="1",
        maskChannelInput="none",
        maskChannelMask="none",
        from0="rgba.alpha",
        to0="rgba.alpha",
    ),
    "Switch": {"which": "0"},
    "Dissolve": {"which": "0"},
    "Remove": {
        "operation": "remove",
        "channels": "all",
        "channels2": "none",
        "channels3": "none",
        "channels4": "none",
    },
    "AddChannels": {"channels": "none", "channels2": "none", "color": "0", "format_size": "true"},
    "Shuffle": {
        "in": "rgba",
        "in2": "none",
        "out": "rgba",
        "out2": "none",
        "red": "red",
        "green": "green",
        "blue": "blue",
        "alpha": "alpha",
    },
    "FrameHold": {"first_frame": "0", "firstFrame": "0", "increment": "0"},
    "FrameRange": {"first_frame": "1", "last_frame": "100"},
    "TimeOffset": {"time_offset": "0", "reverse_input": "false"},
    "Merge2": {
        "operation": "over",
        "bbox": "union",
        "mix": "1",
        "Achannels": "rgba",
        "Bchannels": "rgba",
        "output": "rgba",
        "also_merge": "none",
        "maskChannelInput": "none",
    },
    "Constant": {"channels": "rgb", "color": "0", "format": ""},
    "Crop": {"box": "0 0 0 0", "reformat": "false", "crop": "true"},
    "Reformat": {
        "type": "to format",
        "format": "",
        "resize": "width",
        "filter": "cubic",
        "black_outside": "false",
        "pbb": "false",
        "box_width": "200",
        "box_height": "200",
        "box_fixed": "false",
        "scale": "1",
        "center": "true",
    },
    "StickyNote": {},
    "BackdropNode": {"bdwidth": "100", "bdheight": "100", "z_order": "0", "appearance": "Fill"},
    "Viewer": {},
    "Camera2": {
        "world_matrix": "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1",
        "rot_order": "ZXY",
        "translate": "0 0 0",
        "rotate": "0 0 0",
        "focal": "50.0",
        "haperture": "24.576",
        "vaperture": "18.672",
        "win_translate": "0 0",
        "win_scale": "1 1",
        "winroll": "0.0",
        "projection_mode": "perspective",
    },
    "Tracker4": {"tracks": "", "reference_frame": "1", "transform": "none"},
    "CornerPin2D": dict(
        [("enable%d" % i, "true") for i in range(1, 5)]
        + [("to%d" % i, "0 0") for i in range(1, 5)]
        + [("from%d" % i, "0 0") for i in range(1, 5)],
        transform_matrix="1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1",
        invert="false",
        filter="cubic",
    ),
    "Transform": {
        "translate": "0 0",
        "rotate": "0",
        "scale": "1",
        "skewX": "0",
        "skewY": "0",
        "center": "0 0",
        "invert_matrix": "false",
        "filter": "cubic",
        "black_outside": "true",
    },
}

KNOBS: Dict[str, Set[str]] = {cls: set(knobs) for cls, knobs in DEFAULTS.items()}
