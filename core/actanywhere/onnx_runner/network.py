"""A network on ONNX Runtime: arrays in by name, arrays out by name, on the first provider that works."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import ModelError
from .facts import NetworkFacts, network_digest, read_facts
from .providers import PROVIDERS, load_runtime, options_of, providers_here

Array = NDArray[Any]

_NO_MEMORY = ("out of memory", "failed to allocate", "bad allocation", "bad_alloc", "outofmemory")
#: Sessions that stay open; the one that was used longest ago goes first.
_SESSIONS = 6
#: Providers that could not be loaded in this process, and why; they are not tried again.
_broken: dict[str, str] = {}
_open: OrderedDict[tuple[str, tuple[str, ...], int, bool], Network] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class Kept:
    """A tensor that stays where the network runs, to be given to it (or another) again."""

    value: Any

    def numpy(self) -> Array:
        """Its numbers, copied to the host."""
        return np.array(self.value.numpy())


def open_network(
    path: str | Path, *, provider: str = "auto", threads: int | None = None, keep_memory: bool = False
) -> Network:
    """The network in an ONNX file, ready to run. A file of the same content is opened once for a process.

    ``provider`` is ``auto`` or names of ``PROVIDERS``; one that fails gives way to the next, which ``notices`` tells.
    ``threads`` are the processor's (by default those that OMP_NUM_THREADS, or else the system, grants).
    ``keep_memory`` holds what one run needed for the next, for a network that runs many times.
    Raises ``ModelError``.
    """
    facts = read_facts(path)
    _refuse_what_cannot_run(facts)
    names = providers_here(provider)
    count = threads or _granted_threads()
    digest = network_digest(path)
    key = (digest, names, count, keep_memory)
    with _lock:
        if key not in _open:
            _open[key] = Network(facts, digest, names, count, keep_memory)
        _open.move_to_end(key)
        while len(_open) > _SESSIONS:
            _open.popitem(last=False)
        return _open[key]


class Network:
    """A session and what is known of it. ``open_network`` makes one.

    ``provider`` is the one that it runs on, ``notices`` what an artist should be told of how it came to that.
    """

    def __init__(
        self, facts: NetworkFacts, digest: str, providers: tuple[str, ...], threads: int, keep_memory: bool
    ) -> None:
        self.facts = facts
        self.digest = digest
        self.notices: list[str] = []
        self._threads = threads
        self._keep_memory = keep_memory
        self._left = list(providers)
        self._turn = threading.RLock()
        self.provider = ""
        self._session: Any = None
        self._start()

    def run(
        self, inputs: Mapping[str, Array | Kept], outputs: Sequence[str] | None = None
    ) -> dict[str, Array]:
        """The ``outputs`` (all, by default) by name. Half floats come back as float32.

        Floats and integers are brought to the width that the file takes; one kind is never made the other.
        Raises ``ModelError`` for inputs that do not fit, too little memory, or an answer that is not a number.
        """
        names = [slot.name for slot in self.facts.outputs] if outputs is None else list(outputs)
        with self._turn:
            while True:
                found = {name: _wide(value.numpy()) for name, value in self._run(inputs, names).items()}
                bad = [
                    name for name, array in found.items() if array.dtype.kind == "f" and np.isnan(array).any()
                ]
                if not bad:
                    return found
                self._give_way(f"its output '{bad[0]}' is not a number (NaN) in places")

    def keep(self, name: str, array: Array) -> Kept:
        """An input brought to where the network runs, once for many runs."""
        make = load_runtime().OrtValue.ortvalue_from_numpy
        return Kept(make(_fitted(self.facts, name, array), _device(self.provider)))

    def _run(self, inputs: Mapping[str, Array | Kept], outputs: Sequence[str]) -> dict[str, Any]:
        """The outputs as ONNX Runtime holds them; a provider that cannot run it gives way to the next."""
        feeds = _feeds(self.facts, inputs)
        for name in outputs:
            self.facts.output(name)
        while True:
            try:
                return self._run_here(feeds, outputs)
            except Exception as error:  # each provider raises kinds of its own; ours to say what failed
                self._give_way(_first_line(error))

    def _run_here(self, feeds: Mapping[str, Array | Kept], outputs: Sequence[str]) -> dict[str, Any]:
        binding = self._session.io_binding()
        for name, value in feeds.items():
            if isinstance(value, Kept):
                binding.bind_ortvalue_input(name, value.value)
            else:
                binding.bind_cpu_input(name, value)
        for name in outputs:
            binding.bind_output(name, "cpu")
        options = load_runtime().RunOptions()
        if not self._keep_memory:
            places = "cpu:0;gpu:0" if _device(self.provider) == "cuda" else "cpu:0"
            options.add_run_config_entry("memory.enable_memory_arena_shrinkage", places)
        self._session.run_with_iobinding(binding, options)
        return dict(zip(outputs, binding.get_outputs(), strict=True))

    def _give_way(self, why: str) -> None:
        """Go on with the next provider, and say so. Raises ``ModelError`` where there is none left."""
        if not self._left:
            raise _failed(self.facts, self.provider, why)
        gone, self._session = self.provider, None
        self._start(f"{gone} could not run it ({why})")

    def _start(self, before: str = "") -> None:
        """A session on the first provider that takes the network."""
        while True:
            self.provider = self._left.pop(0)
            why = _broken.get(self.provider) or self._try_provider()
            if not why:
                break
            if not self._left:
                raise _failed(self.facts, self.provider, why, before)
            before = f"{before}; " * bool(before) + f"{self.provider} could not load it ({why})"
        if before:
            self.notices.append(f"{self.facts.path.name} runs on {self.provider}: {before}.")

    def _try_provider(self) -> str:
        """Why the provider cannot take the network, or nothing once the session is there."""
        runtime, name = load_runtime(), PROVIDERS[self.provider]
        options = runtime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 4
        # The host wants its processor.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # A network for 1024 x 1024 takes half as much again with it, and is no faster; DirectML has none.
        options.enable_mem_pattern = self._keep_memory and self.provider != "directml"
        asked: list[Any] = [(name, options_of(self.provider, self.facts.precision))]
        if self.provider != "cpu":
            asked.append(PROVIDERS["cpu"])  # for operators that it lacks
        try:
            session = runtime.InferenceSession(
                str(self.facts.path), sess_options=options, providers=asked, enable_fallback=0
            )
        except Exception as error:  # each provider raises kinds of its own
            return _first_line(error)
        if (
            name not in session.get_providers()
        ):  # its library is not there: ONNX Runtime goes on without a word
            return _broken.setdefault(self.provider, "its libraries are not there")
        self._session = session
        return ""


def _refuse_what_cannot_run(facts: NetworkFacts) -> None:
    """Refuse operators and types that no provider has."""
    if facts.custom:
        raise ModelError(
            f"{facts.path} asks for operators of {', '.join(facts.custom)}, which ONNX Runtime does not have.",
            "Get an export of this network without custom operators.",
        )
    for slot in (*facts.inputs, *facts.outputs):
        if slot.dtype in ("?", "str", "bfloat16") or "float8" in slot.dtype or "int4" in slot.dtype:
            raise ModelError(
                f"{facts.path} takes or gives '{slot.name}' as {slot.dtype}, which is no array of numbers here.",
                "Get the network in float16 or float32.",
            )


def _feeds(facts: NetworkFacts, inputs: Mapping[str, Array | Kept]) -> dict[str, Array | Kept]:
    """The inputs as the file takes them."""
    missing = [slot.name for slot in facts.inputs if slot.name not in inputs]
    if missing:
        raise ModelError(
            f"{facts.path} needs '{missing[0]}' besides {', '.join(inputs) or 'nothing'}.",
            "This is another network than the one that is asked for: get the right file.",
        )
    return {name: v if isinstance(v, Kept) else _fitted(facts, name, v) for name, v in inputs.items()}


def _fitted(facts: NetworkFacts, name: str, array: Array) -> Array:
    slot = facts.input(name)
    kind = np.dtype(slot.dtype)
    same = array.dtype.kind == kind.kind or (array.dtype.kind in "iu" and kind.kind in "iu")
    if not slot.accepts(array.shape) or not same:
        given = f"{array.dtype} {'×'.join(map(str, array.shape))}"
        raise ModelError(
            f"{facts.path} takes {slot}, and was given {given}.",
            "This is another network than the one that is asked for: get the right file.",
        )
    return np.ascontiguousarray(array, dtype=kind)


def _wide(array: Array) -> Array:
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _device(provider: str) -> str:
    return "cuda" if provider in ("cuda", "tensorrt") else "cpu"


def _failed(facts: NetworkFacts, provider: str, why: str, before: str = "") -> ModelError:
    """What to tell when the last provider failed too, and what was told of those ``before``."""
    if any(words in why.lower() for words in _NO_MEMORY):
        return ModelError(
            f"There is too little memory for {facts.path} on {provider} ({facts.weights / 1e6:.0f} MB of weights "
            "and what a run needs).",
            "Close other applications, or give a smaller picture.",
        )
    return ModelError(
        f"{facts.path} (opset {facts.opset}) cannot be run on {provider}: {why}{before and f'; {before}'}.",
        "Try a newer ONNX Runtime (pip install -U onnxruntime), or get the file again.",
    )


def _first_line(error: Exception) -> str:
    """ONNX Runtime's own words, without its codes and source files."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    text = text.split("] : ", 1)[-1].split(" : ", 2)[-1] if text.startswith("[ONNXRuntimeError]") else text
    return (text if len(text) <= 300 else text[:297] + "...").rstrip(". ")


def _granted_threads() -> int:
    """The processor's threads that this process may use."""
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return max(1, (os.cpu_count() or 2) // 2)
