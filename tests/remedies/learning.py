"""Training and evaluation."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from actanywhere.cli import evaluate as evaluating
from actanywhere.contract.settings import Settings
from actanywhere.engines.unet.model.checkpoint import load_model
from actanywhere.evaluation import bench, parts, videos
from actanywhere.evaluation.cases import find_cases
from actanywhere.evaluation.encoders import load_clip, load_features
from actanywhere.evaluation.marks import read_marks
from actanywhere.training import cli, flags
from actanywhere.training.begin import NewStarter, begin
from actanywhere.training.card import describe_folder
from actanywhere.training.datasets.footage import StudioLibrary, find_clips, make_proxy
from actanywhere.training.datasets.pictures import PictureLibrary, read_still, read_takes
from actanywhere.training.datasets.rendered import RenderedClips
from actanywhere.training.sources import Sources
from actanywhere.training.state import replaced
from actanywhere.training.trainer import Run, TrainerSettings, train
from tests.footage.pictures import ramp, write_movie, write_still
from tests.models.tiny import lay_out
from tests.remedies.engines import copied, model
from tests.remedies.row import At, Row, again, full_disk, run
from tests.training import tiny as training
from tests.training.test_footage import _frames as frames_of_a_clip
from tests.training.test_footage import _write as write_clip
from tests.training.test_rendered import CLIPS

CPU = torch.device("cpu")


def starter(at: At, ablation: str | None = None) -> NewStarter:
    return NewStarter(Sources((), (), ()), 32, 0, ablation=ablation)


def studio(at: At, name: str = "show", mattes: bool = True) -> Path:
    plate, matte = frames_of_a_clip(1)
    write_clip(plate, at / name / "plates/crane.%04d.png")
    if mattes:
        write_clip(matte, at / name / "mattes/crane.%04d.png")
    return at / name


def gathered(at: At, *folders: Path, pictures: Sequence[Path] = ()) -> Any:
    parser = argparse.ArgumentParser()
    flags.add_arguments(parser)
    words = ["--output", str(at / "run"), *(w for one in folders for w in ("--footage", str(one)))]
    words += [w for one in pictures for w in ("--pictures", str(one))]
    return cli._gather(parser.parse_args(words))


def proxies(at: At) -> list[Path]:
    return [make_proxy(one, at / "run/proxies", print) for one in find_clips(studio(at))]


def broken_proxy(at: At) -> None:
    (folder,) = proxies(at)
    for file in folder.iterdir():
        if file.suffix != ".json":
            file.write_bytes(b"no picture")


def clip(at: At, frames: int = 4) -> Any:
    return _drawn(proxies(at), frames)


def _drawn(folders: list[Path], frames: int = 4) -> Any:
    return StudioLibrary(folders).clip(np.random.default_rng(1), frames, 32, 32)


def photographs(at: At, count: int = 8) -> Path:
    for number in range(count):
        write_still(at / f"photos/{number}.png", ramp(40, 60), "uint8")
    (at / "photos").mkdir(exist_ok=True)
    return at / "photos"


def rendered(at: At) -> Path:
    one = next(path.parent for path in sorted(CLIPS.glob("*/clip.json")))
    return copied(at, one, f"clips/{one.name}").parent


def trained(at: At, folder: str = "run", **settings: Any) -> None:
    training.run(load_model(model(), CPU, torch.float32), at.folder / folder, 1, **settings)


def stopped(at: At) -> None:
    """Ctrl-C while it trains."""
    import signal

    def supply(numbers: range) -> Any:
        for batch in training.supply(numbers):
            signal.raise_signal(signal.SIGINT)
            yield batch

    made = load_model(model(), CPU, torch.float32)
    settings = TrainerSettings(learning_rate=1e-3, warmup=1, precision="fp32")
    train(made, Run(at.folder / "run", supply, 99), settings)


def evaluate(at: At, *words: object, shots: bool = False) -> None:
    given = ["--shots", cases(at)] if shots else []
    run("evaluate", *given, *words, "--output", at.folder / "out", "--camera", "plate", "--dry-run")


def cases(at: At, name: str = "condition.png") -> Path:
    if not (at / "cases").exists():
        made = at.shot()
        shutil.copytree(made.folder, at.folder / "cases/run")
        (at / "cases/run/place.png").unlink()
    write_still(at / "cases/run" / name, ramp(60, 90), "uint8")
    return at / "cases"


def clip_folder(at: At) -> Path:
    from transformers import CLIPConfig, CLIPModel

    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = {**sizes, "vocab_size": 50, "max_position_embeddings": 8, "bos_token_id": 0, "eos_token_id": 1}
    vision = {**sizes, "image_size": 32, "patch_size": 16}
    CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)).save_pretrained(
        at / "clip"
    )
    at.write(
        "clip/preprocessor_config.json",
        '{"image_processor_type": "CLIPImageProcessor", "size": 32, "crop_size": 32}',
    )
    return at / "clip"


def script(at: At, kind: str = "features") -> Path:
    """A TorchScript network of features a clip, of none, or one that fails."""
    import warnings

    class Features(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.mean([2, 3, 4])

    class Whole(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.mean()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script({"features": Features, "whole": Whole}[kind]()).save(str(at / "i3d.torchscript"))
    return at / "i3d.torchscript"


def features(at: At, path: Path) -> Any:
    return load_features(path, CPU)(np.zeros((2, 4, 8, 8, 3), np.uint8))


def marks(at: At, **said: Any) -> Any:
    told = {"schema": 1, "conditions": {}, **said}
    at.write("marks/shot.json", json.dumps(told))
    return read_marks(at / "marks", at.job())


def real(at: At, count: int = 1, length: int = 32) -> Path:
    for number in range(count):
        write_movie(at / f"real/{number}.mov", [ramp(32, 48)] * length)
    (at / "real").mkdir(exist_ok=True)
    return at / "real"


def of_this(at: At, still: bool) -> Any:
    """What a case is measured by: the frames of it that differ."""
    at.machine.setattr(bench, "_moving", lambda rgb: [0] if still else [0, 1])
    (case,) = find_cases(cases(at), {"camera": "plate", "shadow": "none"}, 2).found
    return bench.read_bench(case)


ROWS = [
    Row(
        "Leave out --from.",
        lambda at: begin(
            at / "run",
            str(model()),
            0,
            starter(at, "no condition" if "no condition" in flags.ABLATIONS else next(iter(flags.ABLATIONS))),
        ),
        lambda at: begin(at / "run", str(model()), 0, starter(at)),
    ),
    Row(
        "Name it with --from, at every start of the run.",
        lambda at: begin(at / "run", "", 4, starter(at)),
        lambda at: begin(at / "run", str(model()), 4, starter(at)),
    ),
    Row(
        "Give another --output folder.",
        lambda at: [
            begin(at / "run", str(model()), 0, starter(at)),
            begin(at / "run", "", 0, starter(at, next(iter(flags.ABLATIONS)))),
        ],
        lambda at: begin(at.folder / "other", str(model()), 0, starter(at)),
    ),
    Row(
        "Assemble one without --ip-adapter.",
        lambda at: begin(at / "run", str(_with_adapter(at)), 0, starter(at)),
        lambda at: begin(at / "run", str(model()), 0, starter(at)),
    ),
    Row(
        "Save it as UTF-8 text.",
        lambda at: describe_folder(at.write("p/CREDITS.txt", "Plätze".encode("latin-1")).parent, ""),
        lambda at: describe_folder(at.write("p/CREDITS.txt", "Plätze").parent, ""),
    ),
    Row(
        "Rename one of the folders.",
        lambda at: gathered(at, studio(at, "a/show"), studio(at, "b/show")),
        lambda at: gathered(at, studio(at, "a/show"), studio(at, "b/show2")),
    ),
    Row(
        "Check --pictures.",
        lambda at: gathered(at, pictures=[at / "no"]),
        lambda at: gathered(at, pictures=[photographs(at)]),
    ),
    Row(
        "Put plates and mattes of the same name into FOLDER/plates and FOLDER/mattes (1 = actor).",
        lambda at: find_clips(at.folder),
        lambda at: find_clips(studio(at)),
    ),
    Row(
        "{} Clips without mattes can be given with --pictures: actors are then put before them.",
        lambda at: find_clips(studio(at, mattes=False)),
        lambda at: [gathered(at, pictures=[at / "show/plates"]), find_clips(studio(at))],
    ),
    Row(
        "Give each a folder of its own.",
        lambda at: (
            [write_clip(frames_of_a_clip(1)[0], at / f"show/plates/dock/{one}.%04d.png") for one in "ab"]
            and find_clips(at / "show")
        ),
        lambda at: _apart(at),
    ),
    Row(
        "Delete that folder; the same command makes it again.",
        lambda at: [broken_proxy(at), _drawn(list((at / "run/proxies").iterdir()))],
        lambda at: [shutil.rmtree(at / "run/proxies"), _drawn(proxies(at))],
    ),
    Row("Give longer clips, or fewer --frames.", lambda at: clip(at, 60), lambda at: clip(at, 4)),
    Row(
        "Name a folder that holds PNG, JPEG or EXR pictures, or MP4 or MOV movies.",
        lambda at: PictureLibrary([photographs(at, 0)]),
        lambda at: PictureLibrary([photographs(at)]),
    ),
    Row(
        "Save the picture again, or take it away.",
        lambda at: read_still(at.write("p.png", "no picture")),
        lambda at: read_still(write_still(at / "p.png", ramp(), "uint8")),
    ),
    Row(
        "Save it again as MP4 or MOV.",
        lambda at: read_takes(at.write("m.mov", "no movie"), "train"),
        lambda at: read_takes(write_movie(at / "m.mov", [ramp()] * 8), "train"),
    ),
    Row(
        "Give a movie with a picture track.",
        lambda at: [
            at.machine.setattr("actanywhere.training.datasets.pictures._movie", _no_pictures),
            read_takes(at / "m.mov", "train"),
        ],
        lambda at: [at.machine.undo(), read_takes(write_movie(at / "m.mov", [ramp()] * 8), "train")],
    ),
    Row(
        "Name the folder that examples/make_cycles_clips.py wrote, or run it first.",
        lambda at: RenderedClips(at.folder),
        lambda at: RenderedClips(CLIPS),
    ),
    Row(
        "Remove the clip's folder and run examples/make_cycles_clips.py again.",
        lambda at: _broken_clip(at),
        lambda at: [shutil.rmtree(at / "clips"), _read(RenderedClips(rendered(at)))],
    ),
    again(
        "Delete that folder to begin again from the run's model, or give another --output folder.",
        lambda at: trained(at),
        lambda at: shutil.rmtree(at / "run/state"),
        lambda at: [trained(at), _torn_state(at)],
    ),
    Row(
        "Give another --output folder, or the settings that this run began with.",
        lambda at: [trained(at, lora=4), trained(at, lora=2)],
        lambda at: trained(at, "other", lora=2),
    ),
    Row(
        "Free some space and give the same command again; the last good state is kept.",
        lambda at: _keeps_on_a_full_disk(at),
        lambda at: _keeps(at),
    ),
    Row("The same command goes on from it.", stopped, lambda at: trained(at)),
    Row(
        "The same command goes on from what was saved.",
        lambda at: _interrupted(at, True),
        lambda at: _interrupted(at, False),
    ),
    again(
        "pip install 'actanywhere[train]'",
        lambda at: _interrupted(at, False),
        lambda at: at.machine.undo(),
        lambda at: at.lack("actanywhere.training.cli"),
    ),
    # -- evaluation
    Row(
        "Give --shots FOLDER, --procedural 12, --rendered FOLDER, or several.",
        evaluate,
        lambda at: [
            evaluate(at, shots=True),
            evaluate(at, "--procedural", 12),
            evaluate(at, "--rendered", CLIPS),
        ],
    ),
    Row(
        "Give --frames 2 or more.",
        lambda at: evaluate(at, "--frames", 1, shots=True),
        lambda at: evaluate(at, "--frames", 2, shots=True),
    ),
    Row(
        "Give both --fvd FILE and --real DIR.",
        lambda at: evaluate(at, "--fvd", at / "f", shots=True),
        lambda at: evaluate(at, "--fvd", script(at), "--real", real(at), shots=True),
    ),
    Row(
        "Give --shots besides.",
        lambda at: evaluate(at, "--procedural", 2, "--clip", at / "c"),
        lambda at: evaluate(at, "--procedural", 2, "--clip", at / "c", shots=True),
    ),
    Row(
        "Give --marks DIR besides.",
        lambda at: evaluate(at, "--networks", "both", shots=True),
        lambda at: evaluate(at, "--networks", "both", "--marks", at / "marks", shots=True),
    ),
    Row(
        "Leave one of them out.",
        lambda at: evaluate(at, "--marks", at / "m", "--clip", at / "c", shots=True),
        lambda at: [
            evaluate(at, "--marks", at / "m", shots=True),
            evaluate(at, "--clip", at / "c", shots=True),
        ],
    ),
    Row(
        "Leave that out, or give --shots without --procedural and --rendered.",
        lambda at: evaluate(at, "--procedural", 2, "--shadow", "given", "--shadow-side", 1),
        lambda at: [evaluate(at, "--procedural", 2), evaluate(at, "--shadow", "given", shots=True)],
    ),
    Row(
        "Give folders of pictures and movies.",
        lambda at: evaluating._pictures(argparse.Namespace(pictures=[at / "no"])),
        lambda at: evaluating._pictures(argparse.Namespace(pictures=[photographs(at)])),
    ),
    Row(
        "Give a folder of shots, or a list of them.",
        lambda at: evaluate(at, "--shots", at / "no"),
        lambda at: evaluate(at, shots=True),
    ),
    Row(
        "Give a folder with a folder for each shot: plate, matte and condition.png.",
        lambda at: find_cases((at / "empty/a").parent, {}, 9),
        lambda at: find_cases(cases(at), {}, 9),
    ),
    Row(
        "Leave one in it.",
        lambda at: _two_plates(at),
        lambda at: [shutil.rmtree(at / "cases"), find_cases(cases(at), {}, 9)],
    ),
    Row(
        "Evaluate a longer piece of a moving shot.",
        lambda at: of_this(at, True),
        lambda at: of_this(at, False),
    ),
    Row(
        "Give CLIP's folder as the hub has it (openai/clip-vit-large-patch14).",
        lambda at: load_clip(at.folder, CPU),
        lambda at: load_clip(clip_folder(at), CPU),
    ),
    Row(
        "Get that folder again.",
        lambda at: load_clip(
            lay_out({"config.json": b"{", "preprocessor_config.json": b"{}"}, at / "c"), CPU
        ),
        lambda at: load_clip(clip_folder(at), CPU),
    ),
    Row(
        "Give an I3D saved as TorchScript.",
        lambda at: features(at, at.write("i3d.torchscript", "none")),
        lambda at: features(at, script(at)),
    ),
    Row("Give an I3D.", lambda at: features(at, script(at, "whole")), lambda at: features(at, script(at))),
    Row(
        "Give the file itself.",
        lambda at: features(at, (at / "empty/a").parent),
        lambda at: features(at, script(at)),
    ),
    Row(
        "docs/evaluation.md tells their layout; leave the file out to go without.",
        lambda at: marks(at, schema=9),
        lambda at: [marks(at), (at / "marks/shot.json").unlink(), read_marks(at / "marks", at.job())],
    ),
    Row(
        "Name each file as its shot: NAME.json.",
        lambda at: _held_to(at, "other"),
        lambda at: _held_to(at, "run"),
    ),
    Row(
        "Give a folder of real movies (MP4, MOV).",
        lambda at: videos.find_real_movies(real(at, 0)),
        lambda at: videos.find_real_movies(real(at)),
    ),
    Row(
        "Give a folder of real movies, the more the better.",
        lambda at: videos.read_real_clips(real(at, 1, 17), 16, 24),
        lambda at: videos.read_real_clips(real(at, 2, 17), 16, 24),
    ),
    again(
        "Free some space, or give another folder.",
        lambda at: parts._write_text(at.folder / "out/a.md", "x"),
        lambda at: [(at / "out").unlink(), (at / "out").mkdir()],
        lambda at: at.write("out", "a file"),
    ),
    Row(
        "Renders of shots are kept; {} clips are painted again.",
        lambda at: _truth(lambda: True),
        lambda at: _truth(lambda: False),
    ),
    Row(
        "Give --frames 5 or more.",
        lambda at: run("selftest", "--frames", 4, "--output", at / "self"),
        lambda at: None,
    ),
]


def _interrupted(at: At, ctrl_c: bool) -> None:
    """``train`` for a step; Ctrl-C outside of the steps, or the second one, ends it anywhere."""

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    words = ["--output", at.folder / "run", "--from", model(), "--steps", 1, "--clips", 1, "--frames", 2]
    with pytest.MonkeyPatch.context() as patch:
        if ctrl_c:
            patch.setattr("actanywhere.training.cli.begin", stop)
        run("train", *words, "--side", 32, "--precision", "fp32", "--workers", 0)


def _with_adapter(at: At) -> Path:
    from actanywhere.engines.unet.model.assemble import assemble
    from tests.engines.unet import test_adapter
    from tests.remedies.engines import downloads

    assemble(test_adapter.plan(downloads()), at.folder / "adapted", lambda *_: None)
    return at.folder / "adapted"


def _apart(at: At) -> Any:
    for one in "ab":
        shutil.move(at / "show/plates/dock", at / f"show/plates/{one}") if one == "a" else None
    (at / "show/plates/b").mkdir()
    for file in (at / "show/plates/a").glob("b.*"):
        shutil.move(file, at / "show/plates/b")
    for one in "ab":
        write_clip(frames_of_a_clip(1)[1], at / f"show/mattes/{one}/m.%04d.png")
    return find_clips(at / "show")


def _no_pictures(path: Path) -> Any:
    from contextlib import nullcontext

    class Stream:
        height, width, thread_type = 4, 4, ""

    class Container:
        class streams:
            video = (Stream(),)

        def decode(self, stream: Any) -> list[Any]:
            return []

    return nullcontext(Container())


def _read(clips: RenderedClips) -> Any:
    return clips.read(clips.names[0], 32, 32, 2)


def _broken_clip(at: At) -> Any:
    folder = rendered(at)
    next(folder.rglob("rgb.mp4")).write_bytes(b"no movie")
    return _read(RenderedClips(folder))


def _torn_state(at: At) -> None:
    for file in (at / "run/state").glob("*.safetensors"):
        file.write_bytes(b"\0" * 9)


def _keeps(at: At) -> None:
    with replaced(at.folder / "state") as fresh:
        (fresh / "a").write_text("weights")


def _keeps_on_a_full_disk(at: At) -> None:
    with full_disk():
        _keeps(at)


def _two_plates(at: At) -> Any:
    folder = cases(at)
    for name in "ab":
        write_still(at / f"cases/run/plate/{name}.1001.png", ramp(), "uint8")
        write_still(at / f"cases/run/plate/{name}.1002.png", ramp(), "uint8")
    return find_cases(folder, {}, 9)


def _held_to(at: At, name: str) -> Any:
    import hashlib  # noqa: F401

    found = find_cases(cases(at), {}, 2).found
    at.machine.setattr(parts, "read_marks", lambda folder, job: name == "run" or None)
    at.machine.setattr(parts, "evaluate_marked_shot", lambda *_: ([], None))
    at.machine.setattr(parts, "Table", lambda *_: None)
    at.machine.setattr(parts, "medians", lambda rows: rows)
    at.machine.setattr(parts, "means", lambda rows: rows)
    return parts.evaluate_marks(found, at / "marks", "here", at / "o", None, print, bool, print)  # type: ignore[arg-type]


def _truth(stop: Any) -> Any:
    from actanywhere.engines.find import Engines

    settings = Settings(camera="plate", model=str(model()), precision="fp32", device="cpu", overlap=1)
    return parts.evaluate_truth(1, settings, None, Engines(), lambda *_: None, stop)
