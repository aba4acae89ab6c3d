"""Runs a tiny network on every provider, to see whether it works and not only whether it is listed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..contract.errors import ActAnywhereError
from .network import Network, open_network
from .protobuf import message
from .providers import providers_here

_SIDE = 256


@dataclass(frozen=True)
class Trial:
    """How a provider did: ``why`` is empty where it works, ``milliseconds`` what one run took then."""

    provider: str
    why: str
    milliseconds: float = 0.0


def try_providers() -> Iterator[Trial]:
    """Each provider of this ONNX Runtime, tried. Raises ``ModelError`` where there is no ONNX Runtime."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_trial_network(Path(folder) / "trial.onnx")
        for provider in providers_here():
            try:
                yield _try(open_network(path, provider=provider), provider)
            except ActAnywhereError as error:
                yield Trial(provider, error.message)


def _try(network: Network, provider: str) -> Trial:
    picture = np.random.default_rng(0).random((1, 1, _SIDE, _SIDE), np.float32)
    padded = np.pad(picture[0, 0], 1)
    expected = sum(padded[y : y + _SIDE, x : x + _SIDE] for y in range(3) for x in range(3))
    network.run({"picture": picture})
    began = time.perf_counter()
    found = network.run({"picture": picture})["sums"][0, 0]
    took = 1000 * (time.perf_counter() - began)
    if network.provider != provider:
        return Trial(provider, network.notices[-1])
    wrong = float(np.abs(found - expected).max())
    return Trial(provider, "" if wrong < 0.02 else f"its numbers are wrong by {wrong:.2g}", took)


def write_trial_network(path: Path) -> Path:
    """A network that sums the 3x3 neighbourhood of each pixel: one convolution, its weights all 1.

    Field numbers are those of onnx.proto.
    """
    sides = [message({2: name}) for name in ("n", "c", "h", "w")]
    tensor = message({1: 1, 2: message({1: sides})})  # float32, four sides
    slots = {name: message({1: name, 2: message({1: tensor})}) for name in ("picture", "sums")}
    ones = message({1: [1, 1, 3, 3], 2: 1, 8: "ones", 9: np.ones(9, "<f4").tobytes()})
    padding = message({1: "pads", 8: [1, 1, 1, 1], 20: 7})
    node = message({1: ["picture", "ones"], 2: "sums", 4: "Conv", 5: padding})
    graph = message({1: node, 2: "trial", 5: ones, 11: slots["picture"], 12: slots["sums"]})
    path.write_bytes(message({1: 8, 7: graph, 8: message({2: 13})}))
    return path
