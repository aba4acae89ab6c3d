"""The installed providers of ONNX Runtime, in the order in which they are tried."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
from functools import cache
from typing import Any

from ..contract.errors import ModelError
from ..user_folders import cache_folder

#: What an artist calls a provider, and ONNX Runtime's name of it. TensorRT comes after CUDA, for it takes minutes to
#: build its engine: name it to have it.
PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "directml": "DmlExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "cpu": "CPUExecutionProvider",
}


_INSTALL = "pip install 'actanywhere[cpu]', or 'actanywhere[gpu]' on a machine with an NVIDIA card."


def check_runtime() -> None:
    """Raises ``ModelError`` where ONNX Runtime is not installed, and says how to install it. It is not loaded."""
    if importlib.util.find_spec("onnxruntime") is None:
        raise ModelError("ONNX Runtime is not installed.", _INSTALL)


@cache
def load_runtime() -> Any:
    """The module ``onnxruntime``, silent and without telemetry. Raises ``ModelError`` that says how to install it."""
    check_runtime()
    # Before it is loaded: it writes an identifier into the user's cache then.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        runtime = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise ModelError(f"ONNX Runtime cannot be loaded: {error}.", _INSTALL) from error
    # What goes wrong is raised; its log would go between a worker's lines.
    runtime.set_default_logger_severity(4)
    runtime.disable_telemetry_events()
    if PROVIDERS["cuda"] in runtime.get_available_providers():
        with contextlib.redirect_stdout(io.StringIO()):  # it prints what it does not find
            runtime.preload_dlls()
    return runtime


def providers_here(asked: str = "auto") -> tuple[str, ...]:
    """The providers to try, best first: all that this ONNX Runtime was built with, or those ``asked`` for.

    ``asked`` is ``auto`` or names divided by commas; for ``auto`` the variable ACTANYWHERE_ONNX_PROVIDERS is asked
    first. The processor comes last in any case. Raises ``ModelError`` for one that there is not.
    """
    built_in = load_runtime().get_available_providers()
    here = tuple(name for name, long in PROVIDERS.items() if long in built_in)
    if asked == "auto":
        asked = os.environ.get("ACTANYWHERE_ONNX_PROVIDERS", "auto").strip().lower() or "auto"
    if asked == "auto":
        return here
    names = [name.strip() for name in asked.split(",")]
    for name in names:
        if name not in here:
            known = name in PROVIDERS
            raise ModelError(
                f"The provider '{name}' is not part of this ONNX Runtime."
                if known
                else f"There is no '{name}'.",
                f"Here there are: {', '.join(here)}." if known else f"Choose among {', '.join(PROVIDERS)}.",
            )
    return tuple(dict.fromkeys([*names, "cpu"]))


def options_of(name: str, precision: str) -> dict[str, str]:
    """What a provider is told: memory by need, and caches where building takes minutes."""
    if name == "cuda":
        return {"arena_extend_strategy": "kSameAsRequested", "cudnn_conv_algo_search": "HEURISTIC"}
    if name == "tensorrt":
        folder = cache_folder() / "tensorrt"
        folder.mkdir(parents=True, exist_ok=True)
        half = "1" if precision == "float16" else "0"
        return {"trt_engine_cache_enable": "1", "trt_engine_cache_path": str(folder), "trt_fp16_enable": half}
    return {"ModelFormat": "MLProgram"} if name == "coreml" else {}
