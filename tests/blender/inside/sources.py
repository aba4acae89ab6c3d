"""Every plate, matte and condition that an artist can choose; the tests read the jobs that came of them."""

from __future__ import annotations

import contextlib
import importlib
import math
from typing import Any

import bpy
import desk

Given = dict[str, Any]


def files(given: Given, name: str = "matte") -> dict[str, Any]:
    return {"matte_source": "FILES", "matte_path": given["footage"][name]}


def scene_colour_names(given: Given) -> Any:
    """What the extension says to the engine of every colour space that this Blender offers."""
    colour_of = importlib.import_module("bl_ext.user_default.actanywhere.read.footage").colour_of
    clip = desk.clip(given["footage"]["plate"])
    said = {}
    for item in clip.colorspace_settings.bl_rna.properties["name"].enum_items:
        name = item.identifier
        clip.colorspace_settings.name = name
        said[name] = colour_of(clip)
    return said


# -- plates ----------------------------------------------------------------------------------------------------


def scene_plate_clip(given: Given) -> Any:
    clip = desk.clip(given["footage"]["plate"])
    return desk.generate(given, "plate_clip", plate_source="CLIP", plate_clip=clip, **files(given))


def scene_plate_clip_later(given: Given) -> Any:
    """The clip begins at scene frame 20; the artist asks for scene frames 22 to 24."""
    clip = desk.clip(given["footage"]["plate"], start=20)
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "range_source": "CUSTOM", "first": 22, "last": 24}
    return desk.generate(given, "plate_clip_later", **wanted, **files(given))


def scene_plate_movie_clip(given: Given) -> Any:
    clip = desk.clip(given["footage"]["movie"])
    matte = {**files(given), "use_matte_start": True, "matte_start": 1}
    return desk.generate(given, "plate_movie_clip", plate_source="CLIP", plate_clip=clip, **matte)


def scene_plate_files(given: Given) -> Any:
    desk.size(bpy.context.scene)
    wanted = {"plate_source": "FILES", "plate_path": given["footage"]["plate"]}
    return desk.generate(given, "plate_files", **wanted, **files(given))


def scene_plate_files_scene_range(given: Given) -> Any:
    """Files 1001.. begin at scene frame 1, and the scene's own range is frames 2 to 4."""
    scene = bpy.context.scene
    desk.size(scene)
    scene.frame_start, scene.frame_end = 2, 4
    start = {"use_plate_start": True, "plate_start": 1, "range_source": "SCENE"}
    wanted = {"plate_source": "FILES", "plate_path": given["footage"]["plate"], **start}
    return desk.generate(given, "plate_files_scene_range", **wanted, **files(given))


def scene_plate_strip(given: Given) -> Any:
    """Six files from scene frame 10 on, one cut off at either end."""
    scene = bpy.context.scene
    desk.size(scene)
    strip = desk.image_strip(scene, given["footage"]["plate"], 6, 1, 10)
    strip.frame_offset_start, strip.frame_offset_end = 1, 1
    wanted = {"plate_source": "STRIP", "plate_strip": strip.name}
    said = desk.generate(given, "plate_strip", **wanted, **files(given))
    return {**said, "shown": [strip.frame_final_start, strip.frame_final_end]}


def scene_plate_strip_movie(given: Given) -> Any:
    scene = bpy.context.scene
    desk.size(scene)
    scene.render.fps = 25  # the movie's own: another rate is retimed
    strip = desk.strips(scene).new_movie("movie", given["footage"]["movie"], 1, 10)
    strip.frame_offset_start = 2
    matte = {**files(given), "use_matte_start": True, "matte_start": 10}
    return desk.generate(given, "plate_strip_movie", plate_source="STRIP", plate_strip=strip.name, **matte)


def scene_plate_strip_flipped(given: Given) -> Any:
    """A strip that the sequencer mirrors: what it shows is the plate, and not what lies on disk."""
    scene = bpy.context.scene
    desk.size(scene)
    strip = desk.image_strip(scene, given["footage"]["plate"], 6, 1, 1)
    strip.use_flip_x = True
    desk.region(scene)
    wanted = {"plate_source": "STRIP", "plate_strip": strip.name}
    matte = {**files(given), "use_matte_start": True, "matte_start": 1}
    return desk.generate(given, "plate_strip_flipped", **wanted, **matte)


def scene_plate_scene(given: Given) -> Any:
    desk.world(bpy.context.scene)
    matte = {**files(given), "use_matte_start": True, "matte_start": 1}
    return desk.generate(given, "plate_scene", plate_source="SCENE", **matte)


def scene_plate_active_clip(given: Given) -> Any:
    """Nobody has chosen a plate: it is the scene's active clip."""
    bpy.context.scene.active_clip = desk.clip(given["footage"]["plate"])
    return desk.generate(given, "plate_active_clip", plate_source="CLIP", plate_clip=None, **files(given))


def scene_plate_strip_of_the_sequencers_scene(given: Given) -> Any:
    """Since Blender 5.0 the Sequencer may show another scene than the one that is worked in."""
    scene = bpy.context.scene
    if hasattr(bpy.types.WorkSpace, "sequencer_scene"):
        scene = bpy.data.scenes.new("edit")
        bpy.context.workspace.sequencer_scene = scene
    try:
        desk.size(scene)
        desk.image_strip(scene, given["footage"]["plate"], 6, 1, 10)
        wanted = {"plate_source": "STRIP", "plate_strip": "plate", "bring_back": {"STRIP"}}
        said = desk.generate(given, "plate_strip_of_the_sequencers_scene", **wanted, **files(given))
        return {**said, "strips": sorted(strip.name for strip in desk.strips(scene))}
    finally:
        if scene != bpy.context.scene:
            bpy.context.workspace.sequencer_scene = None


# -- mattes ----------------------------------------------------------------------------------------------------


def scene_matte_mask_animated(given: Given) -> Any:
    clip = desk.clip(given["footage"]["plate"])
    mask = desk.animated_mask(clip)
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "matte_source": "MASK", "matte_mask": mask}
    return desk.generate(given, "matte_mask_animated", **wanted)


def scene_matte_mask_tracked(given: Given) -> Any:
    clip = desk.clip(given["footage"]["plate"])
    mask = desk.tracked_mask(clip)
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "matte_source": "MASK", "matte_mask": mask}
    return desk.generate(given, "matte_mask_tracked", **wanted)


def scene_matte_mask_feathered(given: Given) -> Any:
    clip = desk.clip(given["footage"]["plate"])
    mask = desk.mask("feathered")
    for point in mask.layers[0].splines[0].points:
        point.weight = 1.0
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "matte_source": "MASK", "matte_mask": mask}
    return desk.generate(given, "matte_mask_feathered", range_source="CUSTOM", first=1, last=2, **wanted)


def scene_matte_alpha(given: Given) -> Any:
    clip = desk.clip(given["footage"]["cut"])
    return desk.generate(given, "matte_alpha", plate_source="CLIP", plate_clip=clip, matte_source="ALPHA")


def scene_matte_clip(given: Given) -> Any:
    """Plate and matte clips that begin at different scene frames: they meet where the scene shows both."""
    clip = desk.clip(given["footage"]["plate"])
    matte = bpy.data.movieclips.load(given["footage"]["matte"])
    matte.frame_start = 3
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "matte_source": "CLIP", "matte_clip": matte}
    return desk.generate(given, "matte_clip", range_source="CUSTOM", first=3, last=5, **wanted)


def scene_matte_channel(given: Given) -> Any:
    clip = desk.clip(given["footage"]["layers"])
    wanted = {"matte_source": "CHANNEL", "matte_channel": "roto.actor.A"}
    return desk.generate(given, "matte_channel", plate_source="CLIP", plate_clip=clip, **wanted)


def scene_matte_files_channel(given: Given) -> Any:
    """A channel of multilayer EXRs that are not the plate."""
    clip = desk.clip(given["footage"]["plate"])
    matte = {**files(given, "layers"), "matte_channel": "roto.actor.A"}
    return desk.generate(given, "matte_files_channel", plate_source="CLIP", plate_clip=clip, **matte)


def scene_matte_node(given: Given) -> Any:
    """A green screen through a Keying node of the scene's compositor."""
    scene = bpy.context.scene
    clip = desk.clip(given["footage"]["green"])
    tree = desk.tree(scene)
    source = tree.nodes.new("CompositorNodeMovieClip")
    source.clip = clip
    desk.region(scene)
    key = tree.nodes.new("CompositorNodeKeying")
    key.name = "Actor key"
    key.inputs["Key Color"].default_value = (0.0037, 0.448, 0.01, 1)  # the screen, linear
    tree.links.new(source.outputs["Image"], key.inputs["Image"])
    wanted = {"matte_source": "NODE", "matte_node": "Actor key", "matte_socket": "Matte"}
    return desk.generate(given, "matte_node", plate_source="CLIP", plate_clip=clip, **wanted)


def rendered(given: Given, name: str, **wanted: Any) -> Any:
    desk.world(bpy.context.scene)
    wanted = {"range_source": "CUSTOM", "first": 1, "last": 2, "plate_source": "SCENE", **wanted}
    return desk.generate(given, name, **wanted)


def scene_matte_cryptomatte(given: Given) -> Any:
    return rendered(given, "matte_cryptomatte", matte_source="CRYPTOMATTE", matte_names="actor")


def scene_matte_object_index(given: Given) -> Any:
    return rendered(given, "matte_object_index", matte_source="OBJECT_INDEX", matte_index=3)


def scene_matte_material_index(given: Given) -> Any:
    return rendered(given, "matte_material_index", matte_source="MATERIAL_INDEX", matte_index=5)


def scene_alive_mask(given: Given) -> Any:
    """A mask over the clip says what lives; the matte is another one: both are drawn."""
    clip = desk.clip(given["footage"]["plate"])
    settings = bpy.context.scene.actanywhere.settings
    settings.life, settings.prompt = 0.4, "a wet street at dusk"
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "alive_mask": desk.animated_mask(clip)}
    drawn = {"matte_source": "MASK", "matte_mask": desk.mask("still")}
    return desk.generate(given, "alive_mask", **wanted, **drawn)


# -- conditions ------------------------------------------------------------------------------------------------


def third_frame_of(given: Given, footage: str, name: str) -> Any:
    clip = desk.clip(given["footage"]["plate"])
    other = bpy.data.movieclips.load(given["footage"][footage])
    bpy.context.scene.frame_set(3)
    wanted = {"condition_source": "CLIP", "condition_clip": other}
    return desk.generate(given, name, plate_source="CLIP", plate_clip=clip, **wanted, **files(given))


def scene_condition_clip(given: Given) -> Any:
    """The frame of another clip that the scene stands at: file 1003."""
    return third_frame_of(given, "green", "condition_clip")


def scene_condition_movie(given: Given) -> Any:
    """The frame of a movie that the scene stands at: the third."""
    return third_frame_of(given, "movie", "condition_movie")


def scene_condition_mask(given: Given) -> Any:
    """A keyed mask over the picture of the place says who else is in it: at the frame that the scene stands at."""
    clip = desk.clip(given["footage"]["plate"])
    wanted = {"condition_mask": desk.animated_mask(clip), "condition_kind": "composite"}
    bpy.context.scene.frame_set(3)
    said = desk.generate(
        given, "condition_mask", plate_source="CLIP", plate_clip=clip, **wanted, **files(given)
    )
    return {**said, "notes": bpy.context.scene.actanywhere.takes[-1].notes}


def scene_condition_movie_mask(given: Given) -> Any:
    """The same over a frame of a movie, which is drawn, too; and a mask in which nothing is drawn yet."""
    mask = desk.animated_mask(desk.clip(given["footage"]["plate"]))
    panel = bpy.context.scene.actanywhere
    panel.condition_mask = bpy.data.masks.new("nothing yet")
    with contextlib.suppress(RuntimeError):
        third_frame_of(given, "movie", "condition_movie_mask")
    refused, panel.condition_mask = panel.message, mask
    return {**third_frame_of(given, "movie", "condition_movie_mask"), "refused": refused}


def scene_condition_painted(given: Given) -> Any:
    """A picture that was painted in Blender and is saved nowhere."""
    clip = desk.clip(given["footage"]["plate"])
    place = bpy.data.images.load(given["footage"]["place"])
    painted = bpy.data.images.new("painted", *place.size)
    painted.pixels = place.pixels[:]
    bpy.data.images.remove(place)
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "condition_image": painted}
    said = desk.generate(given, "condition_painted", **wanted, **files(given))
    return {**said, "scenes": len(bpy.data.scenes)}


def scene_condition_packed(given: Given) -> Any:
    """A picture that is in the .blend alone; somebody is said to be in it."""
    clip = desk.clip(given["footage"]["plate"])
    place = bpy.data.images.load(given["footage"]["place"])
    place.pack()
    place.filepath = "//gone.png"
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "condition_image": place}
    said = desk.generate(given, "condition_packed", condition_kind="composite", **wanted, **files(given))
    return {**said, "notes": bpy.context.scene.actanywhere.takes[-1].notes}


def scene_condition_camera(given: Given) -> Any:
    """What the scene's camera sees."""
    clip = desk.clip(given["footage"]["plate"])
    desk.world(bpy.context.scene)
    desk.region(bpy.context.scene)
    bpy.context.scene.view_settings.view_transform = "Standard"
    wanted = {"condition_source": "CAMERA"}
    return desk.generate(
        given, "condition_camera", plate_source="CLIP", plate_clip=clip, **wanted, **files(given)
    )


# -- the camera ------------------------------------------------------------------------------------------------


def scene_camera_stabilised(given: Given) -> Any:
    """A 2-D stabilisation whose one track moves 2 pixels left and 1 up a frame."""
    clip = desk.clip(given["footage"]["plate"])
    track = clip.tracking.tracks.new(name="on the background", frame=1)
    for number in range(6):
        track.markers.insert_frame(number + 1, co=((60 - 2 * number) / 96, (20 + number) / 64))
    clip.tracking.tracks.active = track
    track.select = True
    with desk.clip_editor(clip):
        bpy.ops.clip.stabilize_2d_add()
    clip.tracking.stabilization.use_2d_stabilization = True
    bpy.context.scene.actanywhere.settings.camera = "tracked"
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "track_source": "STABILISE"}
    return desk.generate(given, "camera_stabilised", **wanted, **files(given))


def turned(x: float, y: float, yaw: float) -> tuple[float, float]:
    """Where a far point is seen, in pixels (y up), by a camera of focal length 100 that has turned by ``yaw``."""
    across, ahead = x * math.cos(yaw) + math.sin(yaw), math.cos(yaw) - x * math.sin(yaw)
    return 48 + 100 * across / ahead, 32 + 100 * y / ahead


def scene_camera_solved(given: Given) -> Any:
    """A camera on a tripod that pans, solved by Blender from twelve tracks."""
    clip = desk.clip(given["footage"]["plate"])
    tracking = clip.tracking
    tracking.camera.focal_length_pixels = 100
    tracking.settings.use_tripod_solver = True
    grid = [(x / 10, y / 10) for x in (-3, -1, 1, 3) for y in (-2, 0, 2)]
    seen: dict[int, list[tuple[float, float]]] = {number: [] for number in range(1, 7)}
    for number, (x, y) in enumerate(grid):
        track = tracking.tracks.new(name=f"far {number}", frame=1)
        for frame, found in seen.items():
            u, v = turned(x, y, 0.02 * (frame - 1))
            track.markers.insert_frame(frame, co=(u / 96, v / 64))
            found.append((u, 64 - v))
    with desk.clip_editor(clip):
        bpy.ops.clip.solve_camera()
    bpy.context.scene.actanywhere.settings.camera = "tracked"
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "track_source": "SOLVE"}
    said = desk.generate(given, "camera_solved", **wanted, **files(given))
    valid = tracking.objects[0].reconstruction.is_valid
    return {**said, "seen": {str(1000 + frame): found for frame, found in seen.items()}, "valid": valid}


def scene_camera_of_the_scene(given: Given) -> Any:
    """The scene's camera 1.6 metres over the floor, level and looking along y, goes 0.1 to the right a frame."""
    clip = desk.clip(given["footage"]["plate"])
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene = bpy.context.scene
    scene.collection.objects.link(camera)
    scene.camera = camera
    camera.data.lens, camera.data.sensor_width, camera.scale = 54, 36, (2, 2, 2)
    camera.rotation_euler = (math.pi / 2, 0, 0)
    for number in range(6):
        camera.location = (0.1 * number, 0, 1.6)
        camera.keyframe_insert("location", frame=1 + number)
    scene.actanywhere.settings.camera = "tracked"
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "track_source": "CAMERA"}
    return desk.generate(given, "camera_of_the_scene", **wanted, **files(given))
