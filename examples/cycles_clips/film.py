"""Films one plan in Blender: three EXR pictures a frame, and the truth of the camera.

    python -m cycles_clips.film PLAN.json FOLDER

It runs on a Python that has bpy, in a process of its own: image libraries and Blender's own never meet.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from . import cameras, paint, sets
from .figures import Figure, any_figure
from .plan import ClipPlan, read_plan

__all__ = ["film"]

_MATTE_SAMPLES = 32
_PICTURE_SAMPLES = 12


def film(plan: ClipPlan, folder: Path) -> None:
    """FOLDER/scene.NNNN.exr and empty.NNNN.exr (scene-linear; before a panorama the scene holds the actor and its
    shadow alone, the shadow in its alpha), matte.NNNN.exr (its alpha), and camera.json.
    """
    rng = np.random.default_rng(plan.seed)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = _prepare(plan)
    figure = any_figure(rng, plan.figure)
    path, heading = _way(rng, figure, plan.frames)
    shots = cameras.shoot(rng, path, figure.tall, figure.long, plan.move)
    stage = sets.build_set(rng, plan.set, shots[plan.frames // 2].position)
    scene.camera = _camera(shots[0].focal)

    def shoot_all(kind: str) -> None:
        for frame, shot in enumerate(shots):
            scene.camera.matrix_world = Matrix(shot.to_world().tolist())
            figure.pose(path[frame], heading, figure.speed * frame)
            scene.render.filepath = str(folder / f"{kind}.{frame:04d}.exr")
            bpy.ops.render.render(write_still=True)

    caught = stage.caught is not None
    scene.render.film_transparent = stage.floor.is_shadow_catcher = caught
    shoot_all("scene")
    _clear(scene, stage, figure)
    shoot_all("empty")
    _only_matte(scene, figure)
    shoot_all("matte")
    planes = {"floor": cameras.FLOOR, "back": stage.back}
    truth = {
        "main": cameras.main_plane(shots[plan.frames // 2], stage.back),
        "transforms": {
            name: cameras.homographies(shots, plane).reshape(-1, 9).tolist() for name, plane in planes.items()
        },
        "caught": caught,
    }
    (folder / "camera.json").write_text(json.dumps(truth))


def _prepare(plan: ClipPlan) -> Any:
    scene = bpy.context.scene
    render, cycles = scene.render, scene.cycles
    render.engine, cycles.device = "CYCLES", "CPU"
    render.resolution_x = render.resolution_y = plan.side
    render.threads_mode, render.threads, render.use_persistent_data = "FIXED", 1, True
    render.image_settings.file_format, render.image_settings.color_mode = "OPEN_EXR", "RGBA"
    render.image_settings.color_depth = "16"
    cycles.samples, cycles.seed, cycles.use_adaptive_sampling = plan.samples, plan.seed, False
    cycles.use_denoising, cycles.denoiser, cycles.denoising_prefilter = True, "OPENIMAGEDENOISE", "FAST"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 3, 2, 2
    cycles.sample_clamp_indirect = 4.0
    cycles.caustics_reflective = cycles.caustics_refractive = False
    return scene


def _way(rng: np.random.Generator, figure: Figure, frames: int) -> tuple[cameras.Array, float]:
    """Straight through the origin at half time, mostly across the view: (T, 3) points, and the heading."""
    heading = float(rng.uniform(-0.5, 0.5) + rng.choice((0.0, np.pi)))
    forwards = np.array([np.cos(heading), np.sin(heading), 0.0])
    return (np.arange(frames) - (frames - 1) / 2)[:, None] * figure.speed * forwards, heading


def _camera(focal: float) -> Any:
    lens = bpy.data.cameras.new("camera")
    lens.sensor_fit, lens.sensor_height, lens.lens, lens.clip_end = "VERTICAL", 24.0, 24.0 * focal, 5000.0
    made = bpy.data.objects.new("camera", lens)
    bpy.context.scene.collection.objects.link(made)
    return made


def _clear(scene: Any, stage: sets.Set, figure: Figure) -> None:
    """The actor leaves; a panorama's floor shows its picture, which is not lit and needs no denoising."""
    for thing in figure.objects:
        thing.hide_render = True
    if stage.caught is not None:
        scene.render.film_transparent = stage.floor.is_shadow_catcher = False
        stage.floor.data.materials[0] = stage.caught
        scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 1.0
        scene.cycles.use_denoising, scene.cycles.samples = False, _PICTURE_SAMPLES


def _only_matte(scene: Any, figure: Figure) -> None:
    """The actor in white, and all else cut out of the picture, also where it stands before the actor."""
    for thing in scene.objects:
        thing.is_holdout = thing not in figure.objects
    for thing in figure.objects:
        thing.hide_render = False
    scene.view_layers[0].material_override = paint.glow("white", (1, 1, 1), 1.0)
    scene.render.film_transparent = True
    scene.cycles.use_denoising, scene.cycles.samples, scene.cycles.max_bounces = False, _MATTE_SAMPLES, 0


if __name__ == "__main__":
    film(read_plan(Path(sys.argv[1])), Path(sys.argv[2]))
    sys.stdout.flush()
    os._exit(0)  # Blender's own shutdown crashes at times; the pictures are written
