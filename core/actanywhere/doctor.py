"""``actanywhere doctor``: what this machine lacks, a line each, with the remedy.

Nothing here may raise: a library that cannot be imported is a finding.
"""

from __future__ import annotations

import importlib
import importlib.metadata as metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import __version__
from .contract.errors import ActAnywhereError
from .models.memory import free_card_memory, free_memory

_OPENCV = "opencv-contrib-python-headless"

#: Distribution, module, what it is for. Without any of these ONNX Runtime renders what was exported.
_TORCH = (
    ("torch", "torch", "the network"),
    ("diffusers", "diffusers", "the network's parts"),
    ("transformers", "transformers", "the network's parts"),
)

#: The same of what is needed to render in any case.
_NEEDED = (
    ("safetensors", "safetensors", "model files"),
    ("numpy", "numpy", "pixels"),
    ("OpenImageIO", "OpenImageIO", "stills and layers"),
    ("av", "av", "movies"),
    ("opencolorio", "PyOpenColorIO", "colour"),
    (_OPENCV, "cv2", "mattes, tracking and filling"),
    ("tqdm", "tqdm", "the progress bar"),
    ("filelock", "filelock", "one render in a folder"),
    ("psutil", "psutil", "how much memory is free"),
)

#: The same of what only training needs.
_FOR_TRAINING = (("accelerate", "accelerate", "the run"), ("peft", "peft", "adapters"))

_RIVALS = (
    ("onnxruntime", "onnxruntime-gpu", "CUDA is lost without a word"),
    ("opencv-python", _OPENCV, "one overwrites the other's files"),
    ("opencv-python-headless", _OPENCV, "one overwrites the other's files"),
    ("opencv-contrib-python", _OPENCV, "one overwrites the other's files"),
)

_PACKAGE = Path(__file__).resolve().parent
_GIB = 1024.0**3


@dataclass(frozen=True)
class Check:
    """One finding. ``status`` is ok, warn (it renders, with less) or FAIL (it does not)."""

    name: str
    status: str
    found: str
    remedy: str = ""

    def to_dict(self) -> dict[str, str]:
        """JSON-ready data."""
        return asdict(self)


def examine() -> Iterator[Check]:
    """Every check in turn, the quick ones first. A check that breaks is itself a finding."""
    for part in (
        _system,
        _libraries,
        _training,
        _rivals,
        _gpu,
        _providers,
        _solver,
        _colour,
        _models,
        _networks,
        _memory,
        _disk,
    ):
        try:
            yield from part()
        except Exception as error:  # a finding, whatever it is
            yield Check(
                part.__name__.strip("_"), "warn", f"cannot be checked: {error!r}", "Report this line."
            )


def _system() -> Iterator[Check]:
    good = sys.version_info >= (3, 11)
    yield Check("actanywhere", "ok", f"{__version__} in {_PACKAGE}")
    yield Check(
        "python",
        "ok" if good else "FAIL",
        f"{platform.python_version()}, {platform.platform(terse=True)}",
        "" if good else "Use Python 3.11 or newer.",
    )


def _libraries() -> Iterator[Check]:
    needed = [*_TORCH, *_NEEDED]
    if not any(_version(distribution) for distribution, _, _ in _TORCH) and _has_onnx_runtime():
        needed = list(_NEEDED)
        text = "not installed: ONNX Runtime renders the starter and what was exported"
        needs = "To train, for larger engines, SAM 2.1, ViTMatte and EoMT: pip install 'actanywhere[torch]'"
        yield Check("torch", "warn", text, needs)
    for distribution, module, purpose in needed:
        try:
            importlib.import_module(module)
        except Exception as error:  # a broken binary raises OSError and worse
            text = str(error).splitlines()[0] if str(error) else type(error).__name__
            remedy = f"pip install --force-reinstall {distribution}"
            yield Check(distribution, "FAIL", f"{text} ({purpose})", remedy)
        else:
            yield Check(distribution, "ok", "{} ({})".format(_version(distribution) or "present", purpose))


def _training() -> Iterator[Check]:
    for distribution, module, purpose in _FOR_TRAINING:
        found = importlib.util.find_spec(module) is not None
        yield Check(
            distribution,
            "ok" if found else "warn",
            "{} (training: {})".format(
                (_version(distribution) or "present") if found else "missing", purpose
            ),
            "" if found else "Only to train: pip install 'actanywhere[train]'",
        )


def _rivals() -> Iterator[Check]:
    for one, other, harm in _RIVALS:
        if _version(one) and _version(other):
            remedy = f"pip uninstall {one} {other}, then install the one you need."
            yield Check(one, "warn", f"{one} and {other} are both installed: {harm}", remedy)


def _has_onnx_runtime() -> bool:
    return importlib.util.find_spec("onnxruntime") is not None


def _gpu() -> Iterator[Check]:
    if not _version("torch"):
        free = free_card_memory()
        told = (
            "its free memory is unknown" if free is None else f"{free / _GIB:.1f} GiB of the first are free"
        )
        yield Check("gpu", "ok", f"as the providers below say, without PyTorch; {told}")
        return
    import torch

    threads = torch.get_num_threads()
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            card = torch.cuda.get_device_properties(index)
            free, total = torch.cuda.mem_get_info(index)
            text = f"{card.name}, {free / _GIB:.1f} of {total / _GIB:.1f} GiB free, driver {_driver()}"
            low = free < 4 * _GIB
            remedy = "Close other applications on this GPU." if low else ""
            yield Check(f"gpu {index}", "warn" if low else "ok", text, remedy)
    elif torch.backends.mps.is_available():
        yield Check("gpu", "ok", "Apple (mps)")
    elif _driver() != "unknown":
        text = f"an NVIDIA driver ({_driver()}) is here, but this torch ({torch.__version__}) cannot use it"
        yield Check("gpu", "warn", text, "Install torch for CUDA: see pytorch.org, 'get started'.")
    else:
        yield Check("gpu", "ok", f"none: renders on the processor, {threads} threads")


def _driver() -> str:
    """The NVIDIA driver's version, or ``unknown``."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return "unknown"
    command = [tool, "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return (answer.stdout.split("\n")[0].strip()) or "unknown"


def _providers() -> Iterator[Check]:
    if not (_version("onnxruntime") or _version("onnxruntime-gpu")):
        yield Check("onnxruntime", "ok", "not installed (it is optional)")
        return
    trial: Any = importlib.import_module(__package__ + ".onnx_runner.trial")
    runtime: Any = importlib.import_module("onnxruntime")
    lost = (
        bool(_version("onnxruntime-gpu")) and "CUDAExecutionProvider" not in runtime.get_available_providers()
    )
    remedy = "pip uninstall onnxruntime onnxruntime-gpu, then pip install onnxruntime-gpu." if lost else ""
    yield Check("onnxruntime", "warn" if lost else "ok", runtime.__version__, remedy)
    for tried in trial.try_providers():
        if tried.why:
            remedy = (
                "Look whether its driver and libraries are there; until then the next provider does the work."
            )
            yield Check("provider", "warn", f"{tried.provider}: {tried.why}", remedy)
        else:
            yield Check(
                "provider", "ok", f"{tried.provider}: a tiny network runs in {tried.milliseconds:.1f} ms"
            )


def _solver() -> Iterator[Check]:
    """What solves a plate's camera in three dimensions."""
    without = "not installed (it is optional: --camera 3d needs pip install 'actanywhere[solve]')"
    yield Check("pycolmap", "ok", _version("pycolmap") or without)


def _networks() -> Iterator[Check]:
    """The registry's networks and engines that are here."""
    models: Any = importlib.import_module(__package__ + ".models")
    here = models.models_here()
    for name in here:
        try:
            found = models.find_model(name)
        except ActAnywhereError as error:
            yield Check("network", "warn", error.message, error.remedy)
        else:
            said = (
                "every checksum agrees"
                if found.record
                else "copied by hand: 'actanywhere models verify' records it"
            )
            yield Check(
                "network",
                "ok",
                f"{name} ({found.entry.role or found.entry.engine}) in {found.folder}, {said}",
            )
    if not any(models.find_entry(name).role for name in here):
        text = "none is here: who, where and how far are guesses"
        yield Check("networks", "warn", text, "actanywhere models pull vision")


def _colour() -> Iterator[Check]:
    ocio: Any = importlib.import_module("PyOpenColorIO")
    name = "ocio://studio-config-v4.0.0_aces-v2.0_ocio-v2.5"
    try:
        spaces = len(list(ocio.Config.CreateFromFile(name).getColorSpaceNames()))
    except Exception as error:  # OCIO has its own exception; any kind means the same here
        yield Check("colour", "FAIL", f"{name}: {error}", "pip install 'opencolorio>=2.5'")
    else:
        yield Check("colour", "ok", f"ACES 2.0 studio config, {spaces} spaces")


def _models() -> Iterator[Check]:
    from .engines.find import find_engine
    from .models import manifest

    folders = [_PACKAGE / "models" / "starter"]
    for root in filter(None, os.environ.get("ACTANYWHERE_MODELS", "").split(os.pathsep)):
        if not Path(root).is_dir():
            remedy = "Correct the variable ACTANYWHERE_MODELS."
            yield Check("models", "warn", f"{root} (of ACTANYWHERE_MODELS) is not a folder", remedy)
            continue
        folders += sorted(p for p in Path(root).iterdir() if (p / manifest.MANIFEST).exists())
    for folder in folders:
        try:
            untrained = find_engine(folder).facts.untrained
        except ActAnywhereError as error:
            # Without the starter, neither the demo nor a default works.
            own = folder.parent.parent == _PACKAGE
            remedy = "Install ActAnywhere again." if own else error.remedy
            yield Check("model", "FAIL" if own else "warn", error.message, remedy)
        else:
            size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
            text, remedy = f"{folder} ({size:.0f} MB, every digest agrees)", ""
            if untrained:
                text += "; not trained yet: {}".format(", ".join(untrained))
                remedy = f"Train it before it renders: actanywhere train --from {folder} ..."
            yield Check("model", "warn" if untrained else "ok", text, remedy)


def _memory() -> Iterator[Check]:
    import psutil

    total, free = psutil.virtual_memory().total / _GIB, free_memory() / _GIB
    low = total < 4
    remedy = "The starter needs about 3 GiB: close other applications." if low else ""
    text = f"{free:.1f} of {total:.1f} GiB free, {os.cpu_count()} processors"
    yield Check("memory", "warn" if low else "ok", text, remedy)


def _disk() -> Iterator[Check]:
    for name, folder in (("temporary", tempfile.gettempdir()), ("this folder", os.getcwd())):
        try:
            with tempfile.TemporaryFile(dir=folder) as stream:
                stream.write(b"actanywhere")
                stream.flush()
        except OSError as error:
            status = "FAIL" if name == "temporary" else "warn"
            yield Check(
                name, status, f"{folder} cannot be written: {error}", "Give it free space and rights."
            )
            continue
        free = shutil.disk_usage(folder).free / _GIB
        remedy = "A 2K frame takes about 20 MB: free some space." if free < 2 else ""
        yield Check(name, "warn" if free < 2 else "ok", f"{folder}, {free:.1f} GiB free", remedy)


def _version(distribution: str) -> str:
    find: Callable[[str], str] = metadata.version
    try:
        return find(distribution)
    except metadata.PackageNotFoundError:
        return ""
