"""A VACE model's parts, loaded when needed and placed as the memory plan says (torch, diffusers)."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from ...contract.errors import ModelError
from ...models import get_again
from ..pretrained import load_pretrained, quiet
from .layout import Layout, Weights
from .memory import Plan

_ERRORS = (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError)


class Parts:
    """The parts of one model on one device. ``dtype`` is that of the transformers and of the text's encoder."""

    def __init__(
        self,
        layout: Layout,
        plan: Plan,
        device: torch.device,
        dtype: torch.dtype,
        loras: Sequence[tuple[Path, float]],
        say: Callable[[str], None],
    ) -> None:
        self.layout = layout
        self.plan = plan
        self.device = device
        self.dtype = dtype
        self.loras = tuple(loras)
        self.say = say
        self._experts: dict[str, Any] = {}
        self._vae: Any = None

    def for_shot(self, other: Parts) -> Parts:
        """These parts, if they lie as ``other`` would have them; else ``other``, and these are let go."""
        for name in ("plan.name", "plan.tiled", "device", "dtype", "loras"):
            if attrgetter(name)(self) != attrgetter(name)(other):
                self.let_go()
                return other
        self.plan, self.say = other.plan, other.say
        return self

    def use(self, plan: Plan) -> None:
        """Go on with another plan: what was loaded under the old one is let go."""
        self.plan = plan
        self.let_go()

    def let_go(self) -> None:
        """Free every part."""
        self._experts.clear()
        self._vae = None
        _free()

    def vae(self) -> Any:
        """The autoencoder, in float32 on the device; the transformers make room for it, if they have to."""
        if self.plan.name not in ("gpu", "stream"):
            for expert in self._experts.values():
                expert.to("cpu")
            _free()
        if self._vae is None:
            from diffusers import AutoencoderKLWan

            self._vae = _load(AutoencoderKLWan, self.layout.vae, torch_dtype=torch.float32)
        return self._vae.to(self.device)

    def expert(self, name: str) -> Any:
        """A transformer, ready on the device, the other parts out of its way."""
        if self._vae is not None and self.plan.name != "gpu":
            self._vae.to("cpu")
        if name not in self._experts:
            self._experts[name] = self._place(
                self._adapted(name, self._transformer(self.layout.experts[name]))
            )
        if self.plan.name in ("offload", "fp8"):
            for other, expert in self._experts.items():
                if other != name:
                    expert.to("cpu")
            self._experts[name].to(self.device)
        return self._experts[name]

    def text(self) -> tuple[Any, Any]:
        """The tokenizer and the text's encoder, on the device if it has room for it. Nobody keeps them."""
        from transformers import AutoTokenizer, UMT5EncoderModel

        weights = self.layout.text_encoder
        if weights is None:
            raise ModelError(
                f"The model in {self.layout.folder} has no text_encoder, and this prompt was never encoded here.",
                "Copy text_encoder and tokenizer of the same model there.",
            )
        encoder = _load(UMT5EncoderModel, weights, dtype=self.dtype)
        with _translated(self.layout.folder / "tokenizer"), quiet():
            tokenizer = AutoTokenizer.from_pretrained(self.layout.folder / "tokenizer", local_files_only=True)
        if self.device.type == "cuda" and torch.cuda.mem_get_info(self.device)[0] > 1.2 * weights.bytes:
            encoder = encoder.to(self.device)
        return tokenizer, encoder

    def _transformer(self, weights: Weights) -> Any:
        from diffusers import GGUFQuantizationConfig, WanVACETransformer3DModel

        if weights.kind == "shards":
            return _load(WanVACETransformer3DModel, weights, torch_dtype=self.dtype)
        options: dict[str, Any] = {"torch_dtype": self.dtype}
        if weights.kind == "gguf":
            options["quantization_config"] = GGUFQuantizationConfig(compute_dtype=self.dtype)
        file = weights.files[0]
        with _translated(file), quiet(), _config_folder(weights) as folder:
            model = WanVACETransformer3DModel.from_single_file(
                str(file), config=str(folder), local_files_only=True, **options
            )
            _check_whole(model, file)
        return model.requires_grad_(False).eval()

    def _adapted(self, name: str, transformer: Any) -> Any:
        """The transformer with the LoRA of the quality: baked in, or beside weights that are quantised."""
        if not self.loras:
            return transformer
        from diffusers import WanVACEPipeline

        at = min(list(self.layout.experts).index(name), len(self.loras) - 1)
        file, strength = self.loras[at]
        with _translated(file), quiet():
            state, metadata = WanVACEPipeline.lora_state_dict(
                str(file), return_lora_metadata=True, local_files_only=True
            )
            _check_lora(state, transformer)
            transformer.load_lora_adapter(
                state, network_alphas=None, adapter_name="few_steps", metadata=metadata
            )
            if self.layout.experts[name].kind == "gguf":
                transformer.set_adapters(["few_steps"], weights=[strength])
            else:
                transformer.fuse_lora(lora_scale=strength, adapter_names=["few_steps"])
                transformer.unload_lora()
        self.say(f"{file.name}, strength {strength:g}")
        return transformer

    def _place(self, transformer: Any) -> Any:
        if self.plan.name == "fp8":
            transformer.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=self.dtype)
        if self.plan.name == "stream":
            transformer.enable_group_offload(
                onload_device=self.device,
                offload_device=torch.device("cpu"),
                offload_type="leaf_level",
                use_stream=self.device.type == "cuda",
            )
            return transformer
        return transformer.to(self.device)


def _load(kind: Any, weights: Weights, **options: Any) -> Any:
    """One part from its folder, frozen."""
    folder = weights.files[0].parent
    with _translated(folder):
        return load_pretrained(kind, folder, exact=True, **options).requires_grad_(False).eval()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError):
        raise
    except _ERRORS as error:
        raise ModelError(
            f"{path} cannot be loaded: {str(error).splitlines()[0] if str(error) else type(error).__name__}.",
            get_again(path),
        ) from error


@contextmanager
def _config_folder(weights: Weights) -> Iterator[Path]:
    """A folder whose config.json describes a single file, so that nothing is looked up online."""
    import json
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps(weights.config))
        yield Path(folder)


def _check_whole(model: Any, file: Path) -> None:
    lacking = sorted(name for name, weight in model.named_parameters() if weight.is_meta)
    if lacking:
        raise ValueError(f"{file.name} lacks {len(lacking)} weights, {lacking[0]} first")


def _check_lora(state: dict[str, Any], transformer: Any) -> None:
    """That every weight of a LoRA has its place in this transformer, with its shape."""
    modules = dict(transformer.named_modules())
    for key, weight in state.items():
        name, _, kind = key.removeprefix("transformer.").partition(".lora_")
        module = modules.get(name)
        if module is None or not kind:
            raise ValueError(f"'{key}' has no place in this model")
        side = {"A": "in_features", "B": "out_features"}.get(kind[0])
        if side and weight.ndim == 2 and hasattr(module, side):
            have = weight.shape[1] if kind[0] == "A" else weight.shape[0]
            if have != getattr(module, side):
                raise ValueError(
                    f"'{key}' is for a model of another size: {have}, not {getattr(module, side)}"
                )


def _free() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
