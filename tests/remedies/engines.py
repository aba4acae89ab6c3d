"""Engines: parts of a model that do not fit, layouts that are not whole, what a machine lacks."""

from __future__ import annotations

import atexit
import importlib.util
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from actanywhere import cli
from actanywhere.engines.device import choose_device
from actanywhere.engines.disk import DiskArray, RunState
from actanywhere.engines.find import find_engine
from actanywhere.engines.unet import export
from actanywhere.engines.unet.model import assemble as assembling
from actanywhere.engines.unet.model.adapter_parts import write_text
from actanywhere.engines.unet.model.checkpoint import load_model, save_model
from actanywhere.engines.unet.model.configuration import ModelConfiguration, read_configuration
from actanywhere.engines.unet.networks import choose_backend, open_networks
from actanywhere.engines.vace import VaceEngine
from actanywhere.engines.vace.layout import read_layout
from actanywhere.engines.vace.memory import GIB, Plan, choose_plan
from actanywhere.engines.vace.options import read_options
from actanywhere.engines.vace.parts import Parts
from actanywhere.engines.vace.predict import Predictor
from actanywhere.models.folder import BUNDLED
from actanywhere.models.manifest import write_manifest
from tests.engines.unet import public, test_adapter, test_lora, tiny
from tests.engines.vace import tiny_vace
from tests.engines.vace.test_memory import published
from tests.remedies.row import At, Row, again, printed, run

STARTER = BUNDLED / "starter"
WEIGHTS = "diffusion_pytorch_model.safetensors"


def _made(make: Callable[[Path], object]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="actanywhere-remedies-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make(folder)
    return folder


@cache
def downloads() -> Path:
    """The public parts, tiny; not to be changed."""

    def make(folder: Path) -> None:
        test_adapter.text_folders(public.stable_diffusion(folder / "sd"))
        public.motion(folder / "motion")
        public.clip(folder / "clip", "projected", num_hidden_layers=2)
        test_adapter.adapter_file(folder / "ip-adapter-plus_sd15.safetensors")
        test_lora.lora(folder / "lora.safetensors")

    return _made(make)


@cache
def model() -> Path:
    """A tiny finished model; not to be changed."""
    return _made(lambda folder: save_model(tiny.model(), folder / "tiny")) / "tiny"


@cache
def vace() -> Path:
    return tiny_vace.save(tiny_vace.pipeline(), _made(lambda folder: None) / "tiny-vace")


def copied(at: At, source: Path, name: str) -> Path:
    shutil.rmtree(at / name, ignore_errors=True)
    return Path(shutil.copytree(source, at / name))


def plan(at: At, adapter: dict[str, Any] | None = None, **parts: Any) -> Any:
    given = {
        "unet": downloads() / "sd",
        "motion": downloads() / "motion",
        "clip": downloads() / "clip",
        **parts,
    }
    wanted = None
    if adapter is not None:
        file = adapter.pop("file", downloads() / "ip-adapter-plus_sd15.safetensors")
        wanted = assembling.Adapter(file, **adapter)
    return assembling.plan_assembly(**given, size=test_adapter.size(), adapter=wanted)


def part(at: At, name: str, change: Callable[[dict[str, Any]], object]) -> Path:
    """A part whose weights were changed."""
    folder = copied(at, downloads() / name, "part")
    weights = load_file(folder / WEIGHTS)
    change(weights)
    save_file(weights, folder / WEIGHTS)
    return folder


def assembled(at: At, name: str = "made", **parts: Any) -> None:
    assembling.assemble(plan(at, **parts), at.folder / name, lambda *_: None)


def words(at: At, *more: object) -> None:
    """``assemble --dry-run`` of the public parts."""
    at.machine.setattr(assembling, "full", lambda **changes: test_adapter.size())
    files = ["--unet", downloads() / "sd", "--motion", downloads() / "motion", "--clip", downloads() / "clip"]
    run("assemble", *files, "--output", at.folder / "made", *more, "--dry-run")


def layout(at: At, change: Callable[[Path], object] = lambda folder: None) -> Any:
    folder = copied(at, vace(), "vace")
    change(folder)
    return read_layout(folder)


def said(file: Path, **values: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def own(at: At, name: str = "smear") -> Any:
    from tests.engines.test_own_engine import block

    at.write("engines/smear.py", block("python"))
    at.write("own/model.json", json.dumps({**json.loads(block("json")), "engine": name}))
    return find_engine(at / "own")


def full_disk(at: At) -> None:
    at.write("scratch", "a file")


def lacking(at: At, *names: str) -> None:
    found = importlib.util.find_spec
    at.machine.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name in names else found(name, *more)
    )


def checked(layout: Any, **settings: Any) -> None:
    engine = VaceEngine(vace())
    engine.layout = layout
    engine.check(settings, 9, (64, 64))


def text_of(at: At, with_text: bool) -> Any:
    folder = copied(at, vace(), "vace")
    if not with_text:
        shutil.rmtree(folder / "text_encoder")
    cpu = torch.device("cpu")
    parts = Parts(read_layout(folder), Plan("cpu", 0, 0), cpu, torch.float32, [], print)
    return parts.text()


def gives_way(others: list[Plan]) -> None:
    class Working:
        plan = Plan("stream", 0, 0)

        def use(self, plan: Plan) -> None:
            self.plan = plan

    predictor = object.__new__(Predictor)
    predictor.parts, predictor.others, predictor.say = Working(), others, lambda line: None  # type: ignore[assignment]
    predictor.give_way(torch.OutOfMemoryError("CUDA out of memory"))


def exported(at: At, folder: Path, *more: object) -> None:
    run("export", "--model", folder, *more, "--quiet")


def ablation(at: At) -> Path:
    if not (at / "ablation").exists():
        save_model(tiny.model(1, **tiny.ABLATIONS["no condition"]), at.folder / "ablation")
    return at.folder / "ablation"


def copying(at: At) -> None:
    if not (at / "own").exists():
        copied(at, model(), "own")


def damaged(at: At) -> Any:
    folder = copied(at, model(), "own")
    next((folder / "vae").glob("*.safetensors")).write_bytes(b"\0" * 64)
    write_manifest(folder)
    return load_model(folder, torch.device("cpu"), torch.float32)


CPU = torch.device("cpu")
CONFIGURATION = json.loads((STARTER / "model.json").read_text())
MEMORY = [Plan("whole", 40 * GIB, 0), Plan("stream", 2 * GIB, 20 * GIB)]

ROWS = [
    Row(
        "Use --device auto, or see 'actanywhere doctor'.",
        lambda at: choose_device("xpu:9"),
        lambda at: choose_device("auto"),
    ),
    again(
        "Free some space and give the same command again: finished steps are kept.",
        lambda at: [
            DiskArray(at.folder / "scratch/a", (2, 4)).write(0, torch.zeros(4).numpy()),
            RunState(at.folder / "scratch", "k").keep(a=1),
        ],
        lambda at: (at / "scratch").unlink(),
        full_disk,
    ),
    Row(
        "Use a model of {}, or one with a model.json.",
        lambda at: find_engine(at.write("m/model_index.json", '{"_class_name": "FluxPipeline"}').parent),
        lambda at: [find_engine(vace()), find_engine(STARTER)],
    ),
    again(
        "Known are {}; name the folder of your own engines in ACTANYWHERE_ENGINES.",
        own,
        lambda at: at.machine.setenv("ACTANYWHERE_ENGINES", str(at / "engines")),
        lambda at: None,
    ),
    Row(
        "Known are {}; name the folder of your own engines in ACTANYWHERE_ENGINES.",
        lambda at: own(at, "other"),
        lambda at: [find_engine(STARTER), find_engine(vace())],
    ),
    # -- exporting
    Row(
        "Render it with PyTorch.",
        lambda at: exported(at, ablation(at)),
        lambda at: load_model(ablation(at), CPU, torch.float32),
    ),
    again(
        "pip install 'actanywhere[export]'",
        lambda at: export._library(),
        lambda at: at.machine.undo(),
        lambda at: at.lack("onnx"),
    ),
    Row(
        "Give a new folder.",
        lambda at: export._copied(model(), at.folder),
        lambda at: export._copied(model(), at.folder / "new"),
    ),
    Row(
        "Give a new folder.",
        lambda at: [at.write("made/a", ""), assembled(at)],
        lambda at: assembled(at, "new"),
    ),
    Row(
        "Give another folder.",
        lambda at: export._copied(model(), at.write("file", "") / "a"),
        lambda at: export._copied(model(), at.folder / "other"),
    ),
    Row(
        "Give --output.",
        lambda at: [
            copying(at),
            at.machine.setattr(export, "write_manifest", _refuse),
            at.machine.setattr(export, "_graphs", lambda model: {}),
            exported(at, at / "own"),
        ],
        lambda at: [
            at.machine.undo(),
            at.machine.setattr(export, "_graphs", lambda model: {}),
            exported(at, model(), "--output", at.folder / "copy"),
        ],
    ),
    Row(
        "Export them where PyTorch is installed: actanywhere export --model {}",
        lambda at: [copying(at), choose_backend({"backend": "onnx"}, at / "own")],
        lambda at: [run(*_printed(at)), choose_backend({"backend": "onnx"}, at / "own")],
    ),
    Row(
        "Export them where PyTorch is installed: actanywhere export --model {}; or install it here: "
        "pip install 'actanywhere[torch]'",
        lambda at: [copying(at), lacking(at, "torch"), choose_backend({"backend": "auto"}, at / "own")],
        lambda at: [at.machine.undo(), choose_backend({"backend": "auto"}, at / "own")],
    ),
    Row(
        "pip install 'actanywhere[torch]', or use --backend onnx.",
        lambda at: [lacking(at, "torch"), choose_backend({"backend": "torch"}, STARTER)],
        lambda at: [
            choose_backend({"backend": "onnx"}, STARTER),
            at.machine.undo(),
            choose_backend({"backend": "torch"}, STARTER),
        ],
    ),
    Row(
        "Use auto, {}.",
        lambda at: open_networks(STARTER, read_configuration(STARTER), {"backend": "onnx", "device": "mps"}),
        lambda at: [
            open_networks(STARTER, read_configuration(STARTER), {"backend": "onnx", "device": one})
            for one in ("auto", "cpu")
        ],
    ),
    # -- what a model says of itself
    Row(
        "Give one of each for every resolution.",
        lambda at: tiny.configuration(channels=(32,)),
        lambda at: tiny.configuration(),
    ),
    Row(
        "Measure them on the training clips: the trainer does.",
        lambda at: replace(read_configuration(STARTER), known_std=(1.0,)),
        lambda at: read_configuration(STARTER),  # as the trainer measured them
    ),
    Row(
        "Choose prediction 'v_prediction' or 'guided', or zero_terminal_snr false.",
        lambda at: _predicts("epsilon", True),
        lambda at: [_predicts("v_prediction", True), _predicts("guided", True), _predicts("epsilon", False)],
    ),
    Row(
        "Use a model of this version, or train it again.",
        lambda at: ModelConfiguration.from_dict({**CONFIGURATION, "widths": 3}),
        lambda at: ModelConfiguration.from_dict(CONFIGURATION),
    ),
    Row(
        "Get the model again, or train it again.",
        lambda at: read_configuration(at.folder),
        lambda at: read_configuration(STARTER),
    ),
    Row(
        "Compare the folder with its {}, or get the model again.",
        damaged,
        lambda at: load_model(copied(at, model(), "own"), CPU, torch.float32),
    ),
    # -- assembling one
    Row(
        "Give that too.",
        lambda at: words(at, "--text", downloads() / "sd"),
        lambda at: words(
            at, "--text", downloads() / "sd", "--ip-adapter", downloads() / "ip-adapter-plus_sd15.safetensors"
        ),
    ),
    Row("Give the folder of that part.", lambda at: plan(at, clip=at / "no"), lambda at: plan(at)),
    Row(
        "Name the autoencoder's folder with --vae.",
        lambda at: [shutil.copytree(downloads() / "sd/unet", at / "alone/unet"), plan(at, unet=at / "alone")],
        lambda at: plan(at, unet=at / "alone", vae=downloads() / "sd/vae"),
    ),
    Row(
        "Get that file again.",
        lambda at: [_torn(at), plan(at, motion=at / "part")],
        lambda at: [copied(at, downloads() / "motion", "part"), plan(at, motion=at / "part")],
    ),
    Row(
        "Get its {}.safetensors.",
        lambda at: [_pickled(at), plan(at, motion=at / "part")],
        lambda at: [copied(at, downloads() / "motion", "part"), plan(at, motion=at / "part")],
    ),
    Row(
        "Get that folder again.",
        lambda at: plan(at, motion=part(at, "motion", lambda w: w.pop(sorted(w)[7]))),
        lambda at: plan(at),
    ),
    Row(
        "It is of another network: check the folder.",
        lambda at: plan(at, motion=part(at, "motion", lambda w: w.update({sorted(w)[7]: torch.zeros(3)}))),
        lambda at: plan(at),
    ),
    Row(
        "Get guoyww/animatediff-motion-adapter-v1-5-2, in safetensors ('actanywhere models pull animatediff-v2').",
        lambda at: plan(at, motion=part(at, "motion", lambda w: [w.clear(), w.update(other=torch.zeros(1))])),
        lambda at: plan(at),
    ),
    Row(
        "Get stable-diffusion-v1-5/stable-diffusion-inpainting ('actanywhere models pull sd15-inpainting').",
        lambda at: [
            public.stable_diffusion(at.folder / "xl", cross_attention_dim=64),
            plan(at, unet=at / "xl"),
        ],
        lambda at: plan(at),
    ),
    Row(
        "Get openai/clip-vit-large-patch14.",
        lambda at: [public.clip(at.folder / "h14", hidden_size=32), plan(at, clip=at / "h14")],
        lambda at: plan(at),
    ),
    Row(
        "Take the vae of Stable Diffusion 1.5, or stabilityai/sd-vae-ft-mse.",
        lambda at: [public.vae(at.folder / "xl", scaling_factor=0.13025), plan(at, vae=at / "xl")],
        lambda at: plan(at, vae=downloads() / "sd/vae"),
    ),
    Row("Check the folder.", lambda at: plan(at, motion=downloads() / "sd/unet"), lambda at: plan(at)),
    Row(
        "Give the folder as the hub has it, in the layout of diffusers.",
        lambda at: [at.write("v2/mm.ckpt", ""), plan(at, motion=at / "v2")],
        lambda at: plan(at),
    ),
    Row(
        "Get ip-adapter-plus_sd15.safetensors of h94/IP-Adapter ('actanywhere models pull ip-adapter-plus-sd15').",
        lambda at: plan(at, {"file": at / "no.safetensors"}),
        lambda at: plan(at, {}),
    ),
    Row(
        "Get AnimateLCM_sd15_t2v_lora.safetensors of wangfuyun/AnimateLCM ('actanywhere models pull animatelcm').",
        lambda at: plan(at, {"lora": at / "no.safetensors"}),
        lambda at: plan(at, {"lora": downloads() / "lora.safetensors"}),
    ),
    Row(
        "Name the folder of Stable Diffusion 1.5 that has them with --text.",
        lambda at: [
            shutil.copytree(downloads() / "sd/unet", at / "a/unet"),
            shutil.copytree(downloads() / "sd/vae", at / "a/vae"),
            plan(at, {}, unet=at / "a"),
        ],
        lambda at: plan(at, {"text": downloads() / "sd"}, unet=at / "a"),
    ),
    Row(
        "Get that folder again.",
        lambda at: [
            copied(at, downloads() / "sd", "sd"),
            (at / "sd/text_encoder/model.safetensors").write_bytes(b"\0" * 9),
            write_text(at / "sd", at.folder, 32),
        ],
        lambda at: [
            copied(at, downloads() / "sd", "sd"),
            (at / "m/a").parent,
            write_text(at / "sd", (at / "m/a").parent, 32),
        ],
    ),
    again(
        "Free some space, or give another folder.",
        lambda at: assembled(at),
        lambda at: at.machine.undo(),
        lambda at: _no_room(at),
    ),
    # -- VACE
    Row(
        "Use the '-diffusers' folder of a VACE model.",
        lambda at: layout(at, lambda f: said(f / "model_index.json", _class_name="WanPipeline")),
        layout,
    ),
    Row(
        'Add "boundary_ratio": 0.875 (Wan2.2-VACE-Fun-A14B), or get the model again.',
        lambda at: layout(at, _two),
        lambda at: layout(at, lambda f: [_two(f), said(f / "model_index.json", boundary_ratio=0.875)]),
    ),
    Row(
        "Leave one of them there.",
        lambda at: layout(
            at,
            lambda f: [
                shutil.copy(f / "transformer" / WEIGHTS, f / "transformer" / one)
                for one in ("a.safetensors", "b.safetensors")
            ],
        ),
        layout,
    ),
    Row(
        "Use the safetensors of the same model (its '-diffusers' repository has them).",
        lambda at: layout(at, lambda f: (f / "vae" / WEIGHTS).rename(f / "vae/Wan2.1_VAE.pth")),
        layout,
    ),
    Row(
        "Copy config.json of the model's transformer beside it.",
        lambda at: layout(at, lambda f: _single(f, False)),
        lambda at: layout(at, lambda f: _single(f, True)),
    ),
    Row(
        "Copy text_encoder and tokenizer of the same model there.",
        lambda at: text_of(at, False),
        lambda at: text_of(at, True),
    ),
    Row(
        "Choose one of {}.",
        lambda at: read_options({"quality": "best"}, read_layout(vace()), 64),
        lambda at: read_options({"quality": "final"}, read_layout(vace()), 64),
    ),
    Row(
        "Choose auto or one of {}.",
        lambda at: choose_plan("half", MEMORY, 90 * GIB, 90 * GIB),
        lambda at: [choose_plan(one, MEMORY, 90 * GIB, 90 * GIB) for one in ("auto", "whole", "stream")],
    ),
    Row(
        "Work at a smaller --size, or with a smaller model.",
        lambda at: choose_plan("auto", MEMORY, GIB, 90 * GIB),
        lambda at: choose_plan("auto", [Plan("stream", GIB // 9, GIB)], GIB, 90 * GIB),
    ),
    Row(
        "Free main memory, or take a smaller or a quantised (GGUF) model.",
        lambda at: choose_plan("auto", MEMORY, 9 * GIB, GIB),
        lambda at: choose_plan("auto", MEMORY, 9 * GIB, 30 * GIB),
    ),
    Row(
        "Work at a smaller --size, or close what else uses the GPU; finished steps are kept.",
        lambda at: gives_way([]),
        lambda at: gives_way([Plan("stream", 0, 0)]),
    ),
    Row(
        "Run it on a machine with a GPU, use 'starter', or force it with --device cpu.",
        lambda at: checked(published("1.3B")),
        lambda at: [checked(published("1.3B"), device="cpu"), find_engine(STARTER)],
    ),
    again(
        "pip install 'actanywhere[vace]'",
        lambda at: checked(read_layout(vace())),
        lambda at: at.machine.undo(),
        lambda at: lacking(at, "ftfy"),
    ),
    again(
        "pip install 'actanywhere[torch]'",
        lambda at: words(at),
        lambda at: at.machine.undo(),
        lambda at: _no_torch(at),
    ),
]


def _refuse(folder: Path) -> str:
    raise PermissionError(13, "Permission denied", str(folder))


def _printed(at: At) -> list[str]:
    from actanywhere.contract.errors import ModelError

    try:
        choose_backend({"backend": "onnx"}, at / "own")
    except ModelError as error:
        return printed(error.remedy)
    raise AssertionError


def _predicts(prediction: str, zero: bool) -> ModelConfiguration:
    return replace(read_configuration(STARTER), prediction=prediction, zero_terminal_snr=zero)  # type: ignore[arg-type]


def _torn(at: At) -> None:
    file = copied(at, downloads() / "motion", "part") / WEIGHTS
    file.write_bytes(file.read_bytes()[:300])


def _pickled(at: At) -> None:
    folder = copied(at, downloads() / "motion", "part")
    (folder / WEIGHTS).rename(folder / "diffusion_pytorch_model.bin")


def _two(folder: Path) -> None:
    shutil.copytree(folder / "transformer", folder / "transformer_2")
    said(
        folder / "model_index.json",
        transformer_2=["diffusers", "WanVACETransformer3DModel"],
        boundary_ratio=None,
    )


def _single(folder: Path, config: bool) -> None:
    tiny_vace.as_single_file(folder)
    if not config:
        (folder / "transformer/config.json").unlink()


def _no_torch(at: At) -> None:
    def main(args: Any, screen: Any) -> int:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    at.machine.setitem(cli._COMMANDS, "assemble", main)


def _no_room(at: At) -> None:
    rooms = shutil.disk_usage
    at.machine.setattr(shutil, "disk_usage", lambda path: rooms(path)._replace(free=9))
