"""A job, as JSON or made by hand: what cannot be one is refused by the name of its field."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from actanywhere.contract.errors import JobError
from actanywhere.contract.job import Job, Result
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import Condition, FrameRange, ImageSequence, Matte, Shot

JOB = Job(
    Shot("run", ImageSequence("p.####.exr"), Matte("m.####.png"), Condition("c.png"), FrameRange(1001, 1010)),
    "out",
)


def with_field(name: str, value: Any) -> dict[str, Any]:
    """The job as JSON has it, but for one field (``shot.condition.kind``)."""
    data = copy.deepcopy(JOB.to_dict())
    *places, last = name.split(".")
    part = data
    for place in places:
        part = part[place]
    part[last] = value
    return data


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("shot.condition.kind", "compsite", "one of: auto, background, composite"),
        ("shot.condition.matte", None, "text"),
        ("shot.plate.colour", 5, "text, and not empty"),
        ("shot.plate.first_frame", "1001", "a whole number from -999999999 to 999999999"),
        ("shot.plate.first_frame", 1001.0, "a whole number from -999999999 to 999999999"),
        ("shot.plate.path", ["p.exr"], "text, and not empty"),
        ("shot.plate.path", "", "text, and not empty"),
        ("shot.condition.path", "", "text, and not empty"),
        ("shot.plate", "p.####.exr", "a JSON object"),
        ("shot.matte.path", 5, "text"),
        ("shot.matte.first_frame", True, "a whole number from -999999999 to 999999999"),
        ("shot.matte", None, "a JSON object"),
        ("shot.frames", 1001, "a range such as 1001-1047"),
        ("shot.name", 10, "text"),
        ("shot.track", None, "text"),
        ("shot", [], "a JSON object"),
        ("output", 5, "text"),
        ("settings", None, "a JSON object"),
        ("settings.model", 5, "text"),
        ("settings.camera", None, "one of: auto, plate, ground, 3d, subject, still, tracked"),
        ("settings.camera", ["still"], "one of: auto, plate, ground, 3d, subject, still, tracked"),
        ("settings.invert_matte", "false", "true or false"),
        ("settings.preview", 1, "true or false"),
        ("settings.format", "exr", "a list, each one of: exr, png, mov"),
        ("settings.format", ["exr", "tif"], "a list, each one of: exr, png, mov"),
        ("settings.format", [["exr"]], "a list, each one of: exr, png, mov"),
        ("settings.steps", 2.5, "a whole number from 1 to 1000"),
        ("settings.steps", 0, "a whole number from 1 to 1000"),
        ("settings.seed", 1.5, "a whole number from 0 to 2147483647"),
        ("settings.seed", None, "a whole number from 0 to 2147483647"),
        ("settings.seed", True, "a whole number from 0 to 2147483647"),
        ("settings.anchor", 1004.5, "a whole number"),
        ("settings.detail", None, "a number from 0.0 to 1.0"),
        ("settings.detail", "1", "a number from 0.0 to 1.0"),
        ("settings.detail", float("nan"), "a number from 0.0 to 1.0"),
        ("settings.erode", 2.5, "a whole number from 0 to 63"),
    ],
)
def test_a_wrong_value_is_told_with_its_field_and_what_is_allowed(
    name: str, value: Any, allowed: str
) -> None:
    with pytest.raises(JobError) as caught:
        Job.from_dict(with_field(name, value))
    given = tuple(value) if name == "settings.format" and isinstance(value, list) else value
    assert caught.value.message == f"{name} is {given!r}; it must be {allowed}."
    assert caught.value.remedy


def test_what_is_made_by_hand_is_checked_as_what_is_read() -> None:
    for make, message in (
        (lambda: Settings(steps=2.5), "settings.steps is 2.5"),  # type: ignore[arg-type]
        (lambda: Condition("c.png", "compsite"), "shot.condition.kind is 'compsite'"),
        (lambda: Matte(5), "shot.matte.path is 5"),  # type: ignore[arg-type]
        (lambda: ImageSequence("p.exr", 1.5), "shot.plate.first_frame is 1.5"),  # type: ignore[arg-type]
        (lambda: Shot("s", "p.exr", Matte(), Condition("c.png")), "shot.plate is 'p.exr'"),  # type: ignore[arg-type]
    ):
        with pytest.raises(JobError, match=message):
            make()


def test_a_whole_number_is_a_number_and_what_may_be_left_out_may_be_null() -> None:
    data = with_field("settings.detail", 1)
    data["settings"].update(steps=None, guidance=3, format=["exr", "png"])
    del data["shot"]["matte"], data["settings"]["seed"]
    job = Job.from_dict(data)
    assert (job.settings.detail, job.settings.guidance, job.settings.steps) == (1, 3, None)
    assert (job.shot.matte, job.settings.seed, job.settings.format) == (Matte(), 0, ("exr", "png"))
    assert Job.from_json(job.to_json()) == job


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("", "job has unknown fields: surprise"),
        ("shot", "shot has unknown fields: surprise"),
        ("shot.plate", "shot.plate has unknown fields: surprise"),
        ("settings", "settings has unknown fields: surprise"),
    ],
)
def test_an_unknown_field_is_told_with_its_place_and_the_known_ones(place: str, message: str) -> None:
    with pytest.raises(JobError, match=message) as caught:
        Job.from_dict(with_field(place + ".surprise" if place else "surprise", 1))
    assert "known are: " in caught.value.remedy


def test_missing_fields_are_told_with_their_place() -> None:
    data = JOB.to_dict()
    del data["shot"]["plate"]["path"]
    with pytest.raises(JobError, match=r"shot\.plate has no path"):
        Job.from_dict(data)
    with pytest.raises(JobError, match="job has no shot and no output"):
        Job.from_dict({})
    with pytest.raises(JobError, match="result has no job"):
        Result.from_dict({})
