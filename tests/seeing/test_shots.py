"""A shot with somebody else in its condition, from the command line: found, told, filled, painted on, taken back."""

from __future__ import annotations

import json
import os
from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from actanywhere import cli
from actanywhere.contract.shot import Condition
from actanywhere.contract.takes import find_result
from actanywhere.footage import from_display, read_condition
from actanywhere.render.place import _by_artist
from actanywhere.seeing.protocol import Hint
from tests.blender import stage
from tests.onnx_runner.networks import close_networks
from tests.seeing.networks import red_mask
from tests.seeing.scenes import SIZE, body, street, with_body

MASK = body((60, 62))


def write(path: Path, picture: np.ndarray) -> None:
    code = np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), code[..., ::-1] if code.ndim == 3 else code)


@pytest.fixture
def shot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The flags of a locked shot of 4 frames, whose condition has somebody in red in it; no network is here."""
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(tmp_path / "library"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "library").mkdir()
    for frame in range(1001, 1005):
        actor = body((100 + 3 * (frame - 1001), 70), (10, 24))
        plate = street(9) + (np.float32((0.1, 0.2, 0.7)) - street(9)) * actor[..., None]
        write(tmp_path / f"plate/plate.{frame}.png", plate)
        write(tmp_path / f"matte/matte.{frame}.png", actor)
    write(tmp_path / "place.png", with_body(street(), MASK))
    return [
        *("render", "--plate", str(tmp_path / "plate/plate.####.png")),
        *("--matte", str(tmp_path / "matte/matte.####.png"), "--condition", str(tmp_path / "place.png")),
        *("--camera", "still", "--shadow", "none", "--device", "cpu"),
    ]


def pull(tmp_path: Path) -> None:
    """A network of one interface with ISNet, that finds what is red."""
    close_networks()
    red_mask(tmp_path / "red.onnx", 128, logits=False)
    assert cli.main(["models", "import", str(tmp_path / "red.onnx"), "--as", "isnet-general-use"]) == 0


def red(picture: np.ndarray) -> np.ndarray:
    return np.asarray(picture[..., 0] - np.maximum(picture[..., 1], picture[..., 2]))


def read(path: Path) -> np.ndarray:
    code = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert code is not None
    return np.asarray(code[..., 2::-1], np.float32) / np.iinfo(code.dtype).max


def test_with_a_network_they_are_gone_and_the_result_says_who_found_them(
    shot: list[str], tmp_path: Path
) -> None:
    pull(tmp_path)
    out = tmp_path / "out"
    assert cli.main([*shot, "--condition-kind", "composite", "--output", str(out)]) == 0
    result = find_result(str(out))
    assert result is not None
    other, place = result.decided("second actor"), result.decided("place")
    assert other.value.startswith("found by isnet-general-use (sure") and "% of the picture" in other.value
    assert place.reason == "filled by shift map"
    filled = read(Path(place.value))
    assert filled.shape[:2] == SIZE and red(filled).max() < 0.2
    kept = [path.name for path in (out / ".actanywhere" / "seen").iterdir()]
    assert len(kept) == 2 + 4, (
        "one answer of the network, one of the fill, and one for the matte of each frame"
    )
    assert json.loads((out / ".actanywhere" / "networks.json").read_text()) == {
        "schema": 1,
        "subjects": "isnet-general-use",
    }


def test_without_one_they_stay_and_that_is_told_with_what_mends_it(
    shot: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert cli.main([*shot, "--condition-kind", "composite", "--output", str(out)]) == 0
    result = find_result(str(out))
    assert result is not None
    assert "whoever is in it stays" in result.decided("second actor").value
    assert any("actanywhere models pull vision" in warning for warning in result.warnings)
    assert "actanywhere models pull vision" in "".join(capsys.readouterr())


def test_a_box_takes_them_out_without_any_network(shot: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert cli.main([*shot, "--condition-box", "44,30,32,64", "--output", str(out)]) == 0
    result = find_result(str(out))
    assert result is not None
    assert "where you pointed" in result.decided("second actor").value
    assert red(read(Path(result.decided("place").value))).max() < 0.25


def test_the_place_may_be_painted_on_and_is_then_taken(shot: list[str], tmp_path: Path) -> None:
    out, again = tmp_path / "out", tmp_path / "again"
    assert cli.main([*shot, "--condition-box", "44,30,32,64", "--output", str(out)]) == 0
    result = find_result(str(out))
    assert result is not None
    painted = read(Path(result.decided("place").value))
    painted[5:35, 130:160] = (0.1, 0.9, 0.1)
    write(tmp_path / "mine.png", painted)
    flags = [*shot, "--condition-box", "44,30,32,64", "--extended", str(tmp_path / "mine.png")]
    assert cli.main([*flags, "--output", str(again), "--format", "exr", "png"]) == 0
    comp = read(next(again.glob("*.1001.png")))
    assert (comp[10:30, 135:155, 1] - comp[10:30, 135:155, 0]).min() > 0.4
    found = find_result(str(again))
    assert found is not None and found.decided("place").reason == "filled by you"
    assert not any("mine.png" in one for one in found.warnings)
    # The same as a float EXR is a scene's light, and darker on the display than the picture that was painted on.
    stage.write(tmp_path / "mine.exr", from_display(painted, "srgb"), ("R", "G", "B"))
    flags = [*shot, "--condition-box", "44,30,32,64", "--extended", str(tmp_path / "mine.exr")]
    assert cli.main([*flags, "--output", str(tmp_path / "third")]) == 0
    found = find_result(str(tmp_path / "third"))
    assert found is not None
    told = "".join(one for one in found.warnings if "mine.exr" in one)
    assert "The colour space is taken as linear-rec709" in told and "it differs from that by" in told


def test_a_dry_run_tells_of_every_file_that_is_written(
    shot: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = [*shot, "--condition-box", "44,30,32,64", "--format", "exr", "png"]
    flags += ["--output", str(tmp_path / "out")]
    assert cli.main([*flags, "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])["preflight"]["writes"]
    patterns = [Path(one.split(" (")[0]).name.replace("#", "?") for one in told]
    assert cli.main(flags) == 0
    lies = [path.name for path in (tmp_path / "out").glob("[!.]*") if path.is_file()]
    assert any(name.endswith("_place.png") for name in lies)
    assert all(any(fnmatch(name, one) for one in patterns) for name in lies), (lies, patterns)
    assert all(any(fnmatch(name, one) for name in lies) for one in patterns), (lies, patterns)


def test_what_is_said_of_an_exrs_colours_says_nothing_of_the_png_that_was_painted_from_it(
    tmp_path: Path,
) -> None:
    grey = np.full((40, 60, 3), 0.5, np.float32)
    stage.write(tmp_path / "place.exr", grey, ("R", "G", "B"))
    write(tmp_path / "painted.png", grey)
    asked = Condition(str(tmp_path / "place.exr"), colour="acescg", extended=str(tmp_path / "painted.png"))
    shot = SimpleNamespace(condition=asked)
    condition = SimpleNamespace(pixels=read_condition(asked).pixels)
    inputs: Any = SimpleNamespace(job=SimpleNamespace(shot=shot), condition=condition)
    place, _ = _by_artist(inputs, np.zeros((40, 60), np.float32))
    assert np.allclose(place.picture, 0.5, atol=0.01), "a display's half, as it was painted"


def test_a_sheet_shows_it_before_anything_is_rendered(
    shot: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pull(tmp_path)
    sheet, out = tmp_path / "sheet.png", tmp_path / "out"
    flags = [*shot, "--condition-kind", "composite", "--output", str(out), "--sheet", str(sheet)]
    assert cli.main(flags) == 2
    assert "--dry-run" in "".join(capsys.readouterr())
    assert cli.main([*flags, "--dry-run"]) == 0
    drawn = read(sheet)
    assert drawn.shape[1] > 1000 and not out.exists()
    assert (red(drawn) > 0.4).mean() > 0.001, "they are marked in red"


@pytest.mark.parametrize("flag", [["--condition-box", "500,500,20,20"], ["--condition-point", "1,2,3"]])
def test_pointing_at_nothing_is_refused_before_anything_is_computed(
    shot: list[str], tmp_path: Path, flag: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*shot, *flag, "--output", str(tmp_path / "out")]) == 2
    assert "pixels of the condition picture" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(
    "ACTANYWHERE_TEST_ISNET" not in os.environ, reason="ACTANYWHERE_TEST_ISNET names no ISNet file"
)
def test_a_real_network_finds_the_dog_of_a_real_picture(tmp_path: Path) -> None:
    from actanywhere.onnx_runner import open_network
    from actanywhere.seeing.subjects import NetworkSubjects

    path = Path(__file__).resolve().parents[3] / "shared/shots/man_dog/condition.png"
    if not path.is_file():
        pytest.skip("../shared/shots is not here")
    reader = NetworkSubjects(open_network(os.environ["ACTANYWHERE_TEST_ISNET"]), "isnet", "centred")
    master, dog = reader.find(read(path))
    assert master.mask[100:180, 220:250].mean() > 0.6 and dog.mask[190:215, 130:170].mean() > 0.6
    assert master.score > 0.4 and dog.score > 0.6


@pytest.mark.skipif(
    "ACTANYWHERE_TEST_ISNET" not in os.environ, reason="ACTANYWHERE_TEST_ISNET names no ISNet file"
)
def test_a_box_parts_the_dog_from_the_bench_that_a_real_network_sees_as_one_with_it() -> None:
    from actanywhere.onnx_runner import open_network
    from actanywhere.seeing.subjects import NetworkSubjects

    path = Path(__file__).resolve().parents[3] / "shared/shots/kite_walk/condition.png"
    if not path.is_file():
        pytest.skip("../shared/shots is not here")
    marks = Path(__file__).parents[1] / "data/marks/kite_walk.json"
    outlines = json.loads(marks.read_text(encoding="utf-8"))["conditions"]["condition.png"]["subject"]
    picture = read(path)
    dog = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(dog, [np.int32(one).reshape(-1, 2) for one in outlines], 1)
    reader = NetworkSubjects(open_network(os.environ["ACTANYWHERE_TEST_ISNET"]), "isnet", "centred")
    (found,) = reader.find(picture, Hint(boxes=((590, 220, 290, 730),)))
    assert ((found.mask > 0.5) & (dog > 0)).sum() > 0.9 * ((found.mask > 0.5) | (dog > 0)).sum()
