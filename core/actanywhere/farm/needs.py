"""The hardware that a job requires of a farm's host."""

from __future__ import annotations

from dataclasses import dataclass

from ..contract.job import Job
from ..models.folder import model_folder
from ..models.registry import all_entries

_GIB = 2**30
_STARTER_MEMORY = 2.0  # GiB; its renders peak below one


@dataclass(frozen=True)
class Needs:
    """What a host must have. ``memory`` and ``gpu_memory`` in GiB; 0: no GPU is needed."""

    memory: float
    gpu_memory: float


def needs_of(job: Job) -> Needs:
    """By the registry, or by the weights' size for a model that is not in it."""
    name, on_gpu = job.settings.model, job.settings.device != "cpu"
    if name == "starter":
        return Needs(_STARTER_MEMORY, 0.0)
    for entry in all_entries():
        if entry.name == name:
            return Needs(max(entry.memory, _STARTER_MEMORY), entry.gpu_memory if on_gpu else 0.0)
    weights = sum(path.stat().st_size for path in model_folder(name).rglob("*") if path.is_file()) / _GIB
    large = on_gpu and weights > 0.5
    return Needs(_STARTER_MEMORY + 1.5 * weights, weights + 2.0 if large else 0.0)
