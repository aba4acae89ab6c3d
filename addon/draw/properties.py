"""The properties that the .blend stores: sources, settings, and the list of takes."""

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..contract.shot import COLOUR_SPACES, CONDITION_KINDS
from ..hostkit.controls import control
from ..settings import setting_properties
from ..show.takes import refresh_takes
from ..versions import path_property

__all__ = ["CLASSES", "register", "unregister"]

PLATES = (
    ("CLIP", "Movie Clip", "A movie clip, with its start frame and offset", "TRACKER", 0),
    ("FILES", "Files", "An image sequence or a movie on disk", "FILE_MOVIE", 1),
    ("STRIP", "Strip", "A strip of the sequencer, with its trims and offsets", "SEQUENCE", 2),
    ("SCENE", "Scene Render", "The render of a scene", "SCENE_DATA", 3),
)
MATTES = (
    ("MASK", "Mask", "A mask: roto splines, animated, tracked and feathered", "MOD_MASK", 0),
    ("ALPHA", "Plate's Alpha", "The alpha of the plate itself", "IMAGE_ALPHA", 1),
    ("NODE", "Compositor Node", "An output of a node, such as a keying node's matte", "NODE_COMPOSITING", 2),
    ("CRYPTOMATTE", "Cryptomatte", "Objects of a scene, by name", "OBJECT_DATA", 3),
    ("OBJECT_INDEX", "Object Index", "Objects of a scene that have a pass index", "OBJECT_DATA", 4),
    ("MATERIAL_INDEX", "Material Index", "Materials of a scene that have a pass index", "MATERIAL", 5),
    ("CLIP", "Movie Clip", "A movie clip, with its start frame and offset", "TRACKER", 6),
    ("FILES", "Files", "An image sequence or a movie on disk", "FILE_MOVIE", 7),
    ("CHANNEL", "Plate's Channel", "A channel of the plate's own multilayer EXR files", "RENDERLAYERS", 8),
)
CONDITIONS = (
    ("IMAGE", "Image", "A picture of the place", "IMAGE_DATA", 0),
    ("CLIP", "Clip's Frame", "The current frame of a movie clip", "TRACKER", 1),
    ("CAMERA", "Camera View", "What a camera of a scene sees at the current frame", "CAMERA_DATA", 2),
)
RANGES = (
    ("PLATE", "Plate", "Every frame of the plate"),
    ("SCENE", "Scene", "The scene's frame range, or its preview range"),
    ("CUSTOM", "Custom", "From one scene frame to another"),
)
TRACKS = (
    ("AUTO", "Automatic", "The solved camera if there is one, else the 2-D stabilisation"),
    ("SOLVE", "Solved Camera", "The clip's solved camera"),
    ("STABILISE", "2-D Stabilisation", "The tracks that the clip's 2-D stabilisation uses"),
    ("CAMERA", "Scene Camera", "The scene's camera: where it travels, the place stands in 3-D"),
)
PLACES = (
    ("COMPOSITOR", "Compositor", "Under the plate through the matte", "NODE_COMPOSITING", 1),
    ("STRIP", "Sequencer", "A strip on a channel below the plate", "SEQUENCE", 2),
    ("CLIP", "Movie Clip", "A clip for the Movie Clip Editor", "TRACKER", 4),
    ("CAMERA", "Camera Background", "The background image of the scene's camera", "CAMERA_DATA", 8),
    ("PLANE", "Plane", "A plane that fills the camera's view, behind the actor", "MESH_PLANE", 16),
)


class ACTANYWHERE_PG_settings(bpy.types.PropertyGroup):
    """How a shot is rendered: the engine's settings."""

    __annotations__ = setting_properties()


class ACTANYWHERE_PG_take(bpy.types.PropertyGroup):
    """A take as it was on disk when the list was last read."""

    number: IntProperty(name="Take")
    folder: path_property(name="Folder", subtype="DIR_PATH")
    seed: IntProperty(name="Seed")
    finished: BoolProperty(name="Finished")
    summary: StringProperty(name="Summary")
    notes: StringProperty(name="Notes")


def _items(choices: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return [(choice, choice, "") for choice in choices]


def _start(what: str) -> IntProperty:
    return IntProperty(name="Start", default=1, description=f"Scene frame at which the first {what} stands")


def _use_start(what: str) -> BoolProperty:
    return BoolProperty(
        name="Set Start",
        description=f"Say at which scene frame the first picture of the {what} stands. Off: its numbers hold",
    )


def _pointed(name: str) -> StringProperty:
    return StringProperty(
        name=control(name).title, description=control(name).tip_with("Frames are the scene's")
    )


def _has_camera(_group: object, item: bpy.types.Object) -> bool:
    return item.type == "CAMERA"


def _read_takes(group: Any, _context: Any) -> None:
    """Another shot: its own takes are listed."""
    refresh_takes(group.id_data)


class ACTANYWHERE_PG_scene(bpy.types.PropertyGroup):
    """The shot of a scene."""

    shot_name: StringProperty(
        name=control("shot_name").title,
        description=control("shot_name").tip_with("Empty: the plate's name"),
        update=_read_takes,
    )

    plate_source: EnumProperty(
        name="Plate", items=PLATES, description="The photographed frames", update=_read_takes
    )
    plate_clip: PointerProperty(name="Plate Clip", type=bpy.types.MovieClip, update=_read_takes)
    plate_path: path_property(
        name="Plate Files", subtype="FILE_PATH", description="Any one of the files", update=_read_takes
    )
    use_plate_start: _use_start("plate")
    plate_start: _start("picture")
    plate_colour: EnumProperty(name="Colour Space", items=_items(COLOUR_SPACES))
    plate_strip: StringProperty(name="Strip", description="Empty: the active strip", update=_read_takes)
    plate_scene: PointerProperty(
        name="Plate Scene", type=bpy.types.Scene, description="Empty: this scene", update=_read_takes
    )

    matte_source: EnumProperty(name="Matte", items=MATTES, description="Where the actor is")
    matte_mask: PointerProperty(name="Mask", type=bpy.types.Mask)
    matte_node: StringProperty(name="Node", description="A node of this scene's compositor")
    matte_socket: StringProperty(name="Output", description="Empty: 'Matte', or the node's first output")
    matte_names: StringProperty(name="Objects", description="Names of objects, with commas between them")
    matte_index: IntProperty(name="Index", default=1, min=0, max=32767)
    matte_scene: PointerProperty(
        name="Matte Scene", type=bpy.types.Scene, description="Empty: the plate's scene"
    )
    matte_clip: PointerProperty(name="Matte Clip", type=bpy.types.MovieClip)
    matte_path: path_property(name="Matte Files", subtype="FILE_PATH", description="Any one of the files")
    use_matte_start: _use_start("matte")
    matte_start: _start("picture")
    matte_channel: StringProperty(
        name="Channel", description="Full name of the channel, such as roto.actor.A"
    )

    matte_box: _pointed("matte_box")
    matte_point: _pointed("matte_point")
    matte_point_off: _pointed("matte_point_off")

    condition_source: EnumProperty(name="Condition", items=CONDITIONS, description="The place wanted")
    condition_image: PointerProperty(name="Picture", type=bpy.types.Image)
    condition_path: StringProperty(options={"HIDDEN"})
    condition_clip: PointerProperty(name="Clip", type=bpy.types.MovieClip)
    condition_scene: PointerProperty(
        name="Condition Scene", type=bpy.types.Scene, description="Empty: this scene"
    )
    condition_camera: PointerProperty(
        name="Camera", type=bpy.types.Object, poll=_has_camera, description="Empty: the scene's camera"
    )
    condition_kind: EnumProperty(
        name=control("condition_kind").title,
        items=[(kind, kind, says) for kind, says in CONDITION_KINDS.items()],
        description=control("condition_kind").bare_tip,
    )
    condition_matte: path_property(
        name=control("condition_matte").title,
        subtype="FILE_PATH",
        description=control("condition_matte").bare_tip,
    )
    condition_mask: PointerProperty(
        name="Mask of the Picture",
        type=bpy.types.Mask,
        description="A mask of who else is in the picture of the place, drawn over that picture. It is taken at the "
        "current frame, and comes before the file",
    )
    condition_scribble: PointerProperty(
        name=control("scribble").title,
        type=bpy.types.Image,
        description=control("scribble").bare_tip,
    )
    scribble_path: StringProperty(options={"HIDDEN"})
    condition_extended: PointerProperty(
        name=control("extended").title,
        type=bpy.types.Image,
        description=control("extended").bare_tip,
    )
    extended_path: StringProperty(options={"HIDDEN"})

    alive_mask: PointerProperty(
        name="Alive Mask",
        type=bpy.types.Mask,
        description="A mask of what is alive (water, leaves, light). It comes before the file, and has no effect at "
        "life 0",
    )

    range_source: EnumProperty(name="Frames", items=RANGES)
    first: IntProperty(name=control("first").title, default=1, description=control("first").bare_tip)
    last: IntProperty(name=control("last").title, default=250, description=control("last").bare_tip)
    track_source: EnumProperty(name="Track", items=TRACKS)
    track_clip: PointerProperty(
        name="Tracked Clip", type=bpy.types.MovieClip, description="Empty: the plate's clip"
    )
    settings: PointerProperty(type=ACTANYWHERE_PG_settings)

    bring_back: EnumProperty(
        name="Bring Back To", items=PLACES, options={"ENUM_FLAG"}, default={"COMPOSITOR"}
    )
    takes_root: path_property(
        name=control("takes_folder").title,
        subtype="DIR_PATH",
        description=control("takes_folder").tip_with(
            "Empty: beside the .blend, or the extension's own while it is not saved"
        ),
        update=_read_takes,
    )
    wedge_count: IntProperty(
        name=control("wedge_count").title,
        default=4,
        min=2,
        max=16,
        description=control("wedge_count").bare_tip,
    )
    takes: CollectionProperty(type=ACTANYWHERE_PG_take)
    takes_index: IntProperty(name="Take")
    current_take: IntProperty(name="Current Take", description="The take that is in the scene; 0: none")
    message: StringProperty(name="Message")
    remedy: StringProperty(name="Remedy")


CLASSES = (ACTANYWHERE_PG_settings, ACTANYWHERE_PG_take, ACTANYWHERE_PG_scene)


def register() -> None:
    """Add the classes, and the group to every scene."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.actanywhere = PointerProperty(type=ACTANYWHERE_PG_scene)


def unregister() -> None:
    """Take all of it away again."""
    del bpy.types.Scene.actanywhere
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
