"""A cut of six shots there and back: times are worked out by hand, and read again by OpenTimelineIO itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .batch import actanywhere, bundle, read_rows, write_list

otio = pytest.importorskip("opentimelineio")
RATE = 24


def time(frame: float) -> object:
    return otio.opentime.RationalTime(frame, RATE)


def span(first: float, count: float) -> object:
    return otio.opentime.TimeRange(time(first), time(count))


def clip(folder: Path, number: int, name: str, used: tuple[float, float], begins: int = 1001) -> object:
    """A clip of a sequence of 8 frames from 1001, whose first frame has the time ``begins``."""
    reference = otio.schema.ImageSequenceReference(
        target_url_base=(folder / f"plates {number}").as_uri() + "/",
        name_prefix="plate.",
        name_suffix=".png",
        start_frame=1001,
        frame_step=1,
        rate=RATE,
        frame_zero_padding=4,
        available_range=span(begins, 8),
    )
    return otio.schema.Clip(name=name, media_reference=reference, source_range=span(*used))


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cut")
    write_list(folder, 7, frames=8)
    track = otio.schema.Track(kind="Video")
    track.append(clip(folder, 0, "run_0", (1003, 3)))
    track.append(
        clip(folder, 1, "another name", (86400 + 2, 2), begins=86400)
    )  # by its media, at a time of day
    double = clip(folder, 2, "run_2", (1001, 3))
    double.effects.append(otio.schema.LinearTimeWarp(time_scalar=2.0))
    track.append(double)
    frozen = clip(folder, 3, "run_3", (1004, 10))
    frozen.effects.append(otio.schema.FreezeFrame())
    track.append(frozen)
    back = clip(folder, 4, "run_4", (1006, 4))
    back.effects.append(otio.schema.LinearTimeWarp(time_scalar=-1.0))
    track.append(back)
    track.append(otio.schema.Gap(source_range=span(0, 5)))
    track.append(clip(folder, 5, "run_5", (1001, 2)))
    track.append(clip(folder, 5, "run_5", (1005, 2)))  # the same shot twice in the cut
    track.append(otio.schema.Clip(name="title", source_range=span(0, 12)))
    timeline = otio.schema.Timeline("reel 1")
    timeline.tracks.append(track)
    otio.adapters.write_to_file(timeline, str(folder / "cut.otio"))
    return folder


#: By hand: what is shown, and one frame of handles where the plate has it.
FRAMES = {
    "run_0": "1002-1006",
    "run_1": "1002-1005",
    "run_2": "1001-1007",  # three frames at double speed take six
    "run_3": "1003-1005",
    "run_4": "1002-1008",  # backwards: from 1006 down to 1003, or within 1006-1009, as the program reads it
    "run_5": "1001-1007",
}


def test_the_cut_says_which_frames_are_rendered(cut: Path) -> None:
    words = ("batch", cut / "shots.csv", "--edit", cut / "cut.otio", "--handles", 1, "--openjd", cut / "x")
    done = actanywhere(*words, "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert {shot["name"]: shot["frames"] for shot in said[-1]["shots"]} == FRAMES
    told = "\n".join(one["text"] for one in said if one["event"] == "note")
    assert "run_2: retimed to 200 % in the edit" in told and "run_3: frozen in the edit" in told
    assert "run_4: retimed to -100 %" in told
    assert "title: no shot of the list has its name or its media" in told
    assert "run_6: the edit does not use it" in told
    assert "run_2: 1000-1007 with handles; the plate has 1001-1008" in told


def test_the_edit_comes_back_with_the_layers_as_its_media(cut: Path) -> None:
    made = bundle(cut / "shots.csv", cut / "bundle", "--edit", cut / "cut.otio", "--handles", 1)
    before = otio.adapters.read_from_file(str(cut / "cut.otio"))
    after = otio.adapters.read_from_file(str(made / "cut_layers.otio"))
    assert len(after.find_clips()) == len(before.find_clips()) == 8
    for old, new in zip(before.find_clips(), after.find_clips(), strict=True):
        assert new.source_range == old.source_range and len(new.effects) == len(old.effects)
    first, second = after.find_clips()[:2]
    assert first.media_reference.target_url_for_image_number(0).endswith(
        "/out/run_0/run_0_generated_bg.1002.exr"
    )
    # The first frame that each clip shows is the same picture as before: 1003, and the third of the plate.
    shown = [one.media_reference.frame_for_time(one.source_range.start_time) for one in (first, second)]
    assert shown == [1003, 1003]
    assert set(first.media_references()) == {"DEFAULT_MEDIA", "generated_bg"}
    assert after.find_clips()[-1].name == "title" and set(after.find_clips()[-1].media_references()) == {
        "DEFAULT_MEDIA"
    }


def test_an_edit_that_is_none_is_refused(cut: Path) -> None:
    (cut / "broken.otio").write_text("{")
    done = actanywhere("batch", cut / "shots.csv", "--edit", cut / "broken.otio", "--dry-run")
    assert done.returncode == 2 and "broken.otio cannot be read as an edit" in done.stderr
    assert len(read_rows(cut / "shots.csv")) == 7


# -- as other programs write it ------------------------------------------------------------------------------

SHOWN = {f"run_{n}": (1002 + n % 3, 3) for n in range(6)}
"""The first frame and how many, of six shots; one frame of handles goes on both ends."""
WITH_HANDLES = {name: f"{first - 1}-{first + count}" for name, (first, count) in SHOWN.items()}


def adapter(name: str) -> None:
    if name not in otio.adapters.available_adapter_names():
        pytest.skip(f"OpenTimelineIO has no adapter {name} here")


def frames_of_cut(folder: Path, path: Path, *flags: object) -> tuple[dict[str, str], str]:
    words = ("batch", folder / "shots.csv", "--edit", path, "--handles", 1, "--openjd", folder / "x", *flags)
    done = actanywhere(*words, "--dry-run", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    told = "\n".join(one["text"] for one in said if one["event"] == "note")
    return {shot["name"]: shot["frames"] for shot in said[-1]["shots"]}, told


@pytest.mark.parametrize("rate", [24, 25])
def test_an_edl_gives_the_frames_whose_times_it_says(cut: Path, tmp_path: Path, rate: int) -> None:
    adapter("cmx_3600")

    def code(frame: int) -> str:
        return f"00:{frame // rate // 60:02d}:{frame // rate % 60:02d}:{frame % rate:02d}"

    lines = ["TITLE: reel", "FCM: NON-DROP FRAME", ""]
    for n, (name, (first, count)) in enumerate(SHOWN.items()):
        times = " ".join(map(code, (first, first + count, 3 * n, 3 * n + 3)))
        lines += [f"{n + 1:03d}  AX       V     C        {times}", f"* FROM CLIP NAME: {name}"]
    (tmp_path / "cut.edl").write_text("\n".join(lines) + "\n")
    flags = () if rate == 24 else ("--edit-rate", rate)
    frames, told = frames_of_cut(cut, tmp_path / "cut.edl", *flags)
    assert frames == WITH_HANDLES
    assert ("an EDL does not say its rate; 24 frames a second are taken" in told) == (rate == 24)


RATE_XML = "<rate><timebase>24</timebase><ntsc>FALSE</ntsc></rate>"
REMAP = """<filter><effect><name>Time Remap</name><effectid>timeremap</effectid><effectcategory>motion</effectcategory>
<effecttype>motion</effecttype><mediatype>video</mediatype><parameter><parameterid>speed</parameterid><name>speed</name>
<value>200</value></parameter></effect></filter>"""


def fcp_xml(folder: Path, remapped: str = "") -> str:
    """As an editing program writes it: by media, counted from the file's first frame."""
    clips = ""
    for n, (name, (first, count)) in enumerate(SHOWN.items()):
        file = f"<pathurl>file://localhost{folder}/plates%20{n}/plate.1001.png</pathurl>{RATE_XML}<duration>8</duration>"
        clips += (
            f"<clipitem id='c{n}'><name>clip {n}</name><duration>8</duration>{RATE_XML}<start>{3 * n}</start>"
        )
        clips += f"<end>{3 * n + 3}</end><in>{first - 1001}</in><out>{first - 1001 + count}</out>"
        clips += f"<file id='f{n}'><name>plate</name>{file}<media><video/></media></file>"
        clips += (REMAP if name == remapped else "") + "</clipitem>"
    sequence = (
        f"<sequence id='s'><name>reel</name><duration>18</duration>{RATE_XML}<media><video><track>{clips}"
    )
    sequence += "</track></video></media></sequence>"
    return f"<?xml version='1.0'?><!DOCTYPE xmeml><xmeml version='5'>{sequence}</xmeml>"


def test_an_fcp_xml_gives_the_frames_that_its_media_show(cut: Path, tmp_path: Path) -> None:
    adapter("fcp_xml")
    (tmp_path / "cut.xml").write_text(fcp_xml(cut))
    assert frames_of_cut(cut, tmp_path / "cut.xml")[0] == WITH_HANDLES
    (tmp_path / "remapped.xml").write_text(fcp_xml(cut, "run_2"))
    frames, told = frames_of_cut(cut, tmp_path / "remapped.xml")
    assert frames == {**WITH_HANDLES, "run_2": "1001-1008"}
    assert "run_2: retimed by 'Time Remap' in the edit, which is not read. The whole plate" in told


def test_an_aaf_gives_the_frames_that_its_media_show(cut: Path, tmp_path: Path) -> None:
    adapter("AAF")
    timeline, track = otio.schema.Timeline("reel"), otio.schema.Track(kind="Video")
    timeline.tracks.append(track)
    for name, (first, count) in SHOWN.items():
        media = otio.schema.ExternalReference(
            target_url=f"file:///elsewhere/{name}.mov", available_range=span(1001, 8)
        )
        track.append(otio.schema.Clip(name=name, media_reference=media, source_range=span(first, count)))
    otio.adapters.write_to_file(timeline, str(tmp_path / "cut.aaf"), use_empty_mob_ids=True)
    assert frames_of_cut(cut, tmp_path / "cut.aaf")[0] == WITH_HANDLES


def test_a_file_of_several_sequences_is_refused_by_their_names(cut: Path, tmp_path: Path) -> None:
    both = otio.schema.SerializableCollection(
        children=[otio.schema.Timeline("reel 1"), otio.schema.Timeline("reel 2")]
    )
    otio.adapters.write_to_file(both, str(tmp_path / "both.otio"))
    done = actanywhere("batch", cut / "shots.csv", "--edit", tmp_path / "both.otio", "--dry-run")
    assert done.returncode == 2 and "holds 2 sequences: reel 1, reel 2" in done.stderr
