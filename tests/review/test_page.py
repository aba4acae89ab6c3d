"""A sequence's review page, clicked through in a real browser, and the batch that its notes make."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.contract.errors import JobError
from actanywhere.contract.job import DecisionRecord, Job, Result
from actanywhere.contract.shot import FrameRange
from actanywhere.footage import linearise, open_plate
from actanywhere.review.notes import read_redos
from actanywhere.review.page import PageShot, shots_below, write_page
from actanywhere.shotlist import job_from_flat
from tests.layers import write_layer_frame
from tests.review.browser import Browser, chromium

FRAMES = FrameRange(1001, 1003)
RED, BLUE, GREEN = (0.8, 0.2, 0.2), (0.2, 0.3, 0.9), (0.2, 0.8, 0.3)


def rendered(root: Path, output: str, name: str, colour: tuple[float, float, float], seed: int = 0) -> Job:
    """A folder as a render leaves it: a red plate, a comp and a layer of one colour."""
    job = job_from_flat(
        {
            "plate": "plate/run.####.png",
            "matte": "plate/m.####.png",
            "condition": "place.png",
            "plate_colour": "srgb",
        }
        | {"output": output, "name": name, "seed": seed},
        root,
    )
    (root / "plate").mkdir(exist_ok=True)
    for frame in FRAMES:
        cv2.imwrite(
            str(root / "plate" / f"run.{frame}.png"),
            np.full((36, 64, 3), np.multiply(RED[::-1], 255), np.uint8),
        )
        cv2.imwrite(str(root / "plate" / f"m.{frame}.png"), np.tile(np.uint8([0, 255]), (36, 32)))
    cv2.imwrite(str(root / "place.png"), np.full((36, 64, 3), 90, np.uint8))
    out = Path(job.output)
    out.mkdir(parents=True)
    picture = linearise(np.full((36, 64, 3), colour, np.float32), "srgb")
    opaque = np.ones((36, 64), np.float32)
    with open_plate(job.shot.plate) as plate:
        for frame in FRAMES:
            write_layer_frame(
                str(out / f"{name}_generated_bg.{frame}.exr"),
                picture,
                opaque,
                picture,
                opaque,
                plate.info,
                {},
            )
    decisions = [DecisionRecord("camera", "still", "a locked camera was asked for", "camera")]
    layer = str(out / f"{name}_generated_bg.####.exr")
    result = Result(
        job, layer, FRAMES, decisions, "0" * 64, {}, {}, {}, ["The matte looks </script> inverted."]
    )
    (out / "result.json").write_text(json.dumps(result.to_dict()))
    return job


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shots: one with two takes, one that a farm refused."""
    root = tmp_path_factory.mktemp("show")
    job = rendered(root, "out/run_010", "run_010", BLUE)
    rendered(root, "out/run_010_redo2", "run_010", GREEN, seed=1)
    (first,) = shots_below(root / "out")
    missing = PageShot(
        "run_020", [], job_from_flat({**flat_of(job), "name": "run_020"}), "bad", "frame 1002 is missing"
    )
    return write_page([first, missing], root / "review.html", "night 1")


def flat_of(job: Job) -> dict[str, str]:
    return {
        "plate": job.shot.plate.path,
        "condition": job.shot.condition.path,
        "output": job.output + "_other",
    }


@pytest.fixture
def browser(page: Path) -> Iterator[Browser]:
    with Browser() as opened:
        opened.open(page)
        yield opened


def shown(browser: Browser, which: str) -> np.ndarray:
    """The mean colour, RGB, of the picture that the first row shows (``A`` left, ``B`` right)."""
    source = browser.run(f"rows[0].img{which}.getAttribute('src')")
    data = np.frombuffer(base64.b64decode(source.partition(",")[2]), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].mean((0, 1)) / 255


def wait_for(browser: Browser, script: str) -> None:
    until = time.monotonic() + 10
    while not browser.run(script):
        assert time.monotonic() < until, script
        time.sleep(0.02)


def test_a_row_shows_plate_and_takes_and_what_was_decided(browser: Browser) -> None:
    wait_for(browser, "rows[0].imgB.naturalWidth > 0")
    assert np.allclose(shown(browser, "A"), RED, atol=0.03)
    assert np.allclose(shown(browser, "B"), GREEN, atol=0.03)  # the newest take
    browser.key("t")  # on to the plate, then to the first take
    browser.key("t")
    assert browser.run("rows[0].b") == "comp 1"
    assert np.allclose(shown(browser, "B"), BLUE, atol=0.03)
    browser.click("[data-side=a]:nth-of-type(3)")  # wipe between the two takes
    assert browser.run("rows[0].a") == "comp 2" and np.allclose(shown(browser, "A"), GREEN, atol=0.03)
    text = browser.run("document.getElementById('rows').textContent")
    for said in (
        "a locked camera was asked for",
        "The matte looks </script> inverted.",
        "frame 1002 is missing",
    ):
        assert said in text


def test_frames_are_stepped_and_the_wipe_follows_the_mouse(browser: Browser) -> None:
    wait_for(browser, "rows[0].imgB.naturalWidth > 0")
    browser.key("ArrowRight")
    assert browser.run("rows[0].number.textContent") == "frame 1002"
    browser.key("ArrowLeft")
    browser.key("ArrowLeft")
    assert browser.run("rows[0].number.textContent") == "frame 1003"
    box = browser.run("(b => [b.x, b.y, b.width])(rows[0].view.getBoundingClientRect())")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0] + box[2] / 4, y=box[1] + 20)
    assert browser.run("rows[0].wipe") == pytest.approx(25, abs=1)
    assert browser.run("getComputedStyle(rows[0].imgB).clipPath").startswith("inset(0px 0px 0px 2")


def test_verdicts_and_notes_make_the_next_batch(browser: Browser, page: Path, tmp_path: Path) -> None:
    browser.click("[data-name=run_010] .redo")
    browser.click("[data-name=run_010] textarea")
    browser.type("the shadow is too dark, ärgerlich")
    browser.key("Escape")
    browser.click("[data-name=run_010] input[type=text]")
    browser.type("shadow_density=0.3, shadow=given")
    browser.key("Escape")
    browser.key("ArrowDown")
    browser.key("g")
    assert browser.run("document.getElementById('count').textContent").endswith("1 go, 1 redo")
    browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.click("#export")
    until = time.monotonic() + 10
    while not (tmp_path / "notes.json").is_file():
        assert time.monotonic() < until, "nothing was saved"
        time.sleep(0.05)
    ((entry,), told) = read_redos(tmp_path / "notes.json", {})
    assert entry.job is not None
    assert (entry.job.settings.shadow, entry.job.settings.shadow_density) == ("given", 0.3)
    assert entry.job.output == str(page.parent / "out" / "run_010_redo3")  # beside both takes
    assert "ärgerlich" in told[0]


def test_a_page_of_400_shots_opens_in_two_seconds(page: Path, tmp_path: Path) -> None:
    chromium()
    (shot,) = shots_below(page.parent / "out")
    one = write_page([shot], tmp_path / "one.html", "one")
    noise = np.random.default_rng(1).integers(0, 255, (144, 256, 3), np.uint8)
    _, data = cv2.imencode(".jpg", cv2.GaussianBlur(noise, (0, 0), 2), [cv2.IMWRITE_JPEG_QUALITY, 75])
    picture = base64.b64encode(data.tobytes()).decode()
    assert (
        len(picture) > 5000
    )  # of the size that a page of 400 shots with two takes each has, and as heavy as a real one
    text = one.read_text()
    about = json.loads(text.split('id="about">')[1].split("</script>")[0])
    about["rows"] = [{**about["rows"][0], "name": f"run_{n}", "folder": f"/out/run_{n}"} for n in range(400)]
    pictures = json.dumps({kind: [picture] * 2 for kind in ("plate", "comp 1", "comp 2")})
    blocks = "".join(f'<script type="application/json" id="p{n}">{pictures}</script>\n' for n in range(400))
    head, _, rest = text.partition('<script type="application/json" id="about">')
    tail = rest[rest.index("<script>\n") :]
    many, listed = tmp_path / "many.html", json.dumps(about).replace("<", "\\u003c")
    many.write_text(f'{head}<script type="application/json" id="about">{listed}</script>{blocks}{tail}')
    with Browser() as browser:
        seconds = browser.open(many)
        wait_for(browser, "rows.length === 400 && rows[0].imgB.naturalWidth > 0")
        assert browser.run("rows.filter(r => r.pictures).length") < 20  # those in view alone are read
    print(f"{many.stat().st_size / 1e6:.1f} MB opened in {seconds:.2f} s")
    assert many.stat().st_size < 24e6 and seconds < 2.0 * 3  # on a busy machine


def note(job: Job, **more: object) -> dict[str, object]:
    return {
        "name": job.shot.name,
        "folder": job.output,
        "verdict": "redo",
        "note": "",
        "change": {},
        "job": job.to_dict(),
    } | more


def test_a_redo_without_a_change_is_another_seed_and_what_is_good_stays(tmp_path: Path) -> None:
    done = rendered(tmp_path, "out/a/take_002", "a", BLUE, seed=4)
    good = rendered(tmp_path, "out/b", "b", BLUE)
    path = tmp_path / "notes.json"
    path.write_text(json.dumps({"schema": 1, "notes": [note(done), note(good, verdict="go")]}))
    ((entry,), _) = read_redos(path, {})
    assert entry.job is not None and entry.job.settings.seed == 5
    assert entry.job.output == str(tmp_path / "out" / "a" / "take_003")


def test_a_shot_that_never_was_rendered_goes_into_its_own_folder(tmp_path: Path) -> None:
    job = job_from_flat({"plate": "p.####.png", "condition": "c.png", "output": "out"}, tmp_path)
    path = tmp_path / "notes.json"
    path.write_text(json.dumps({"schema": 1, "notes": [note(job)]}))
    ((entry,), _) = read_redos(path, {})
    assert entry.job == job


def test_a_setting_that_there_is_not_is_told_of_its_shot(tmp_path: Path) -> None:
    job = job_from_flat({"name": "x", "plate": "p.####.png", "condition": "c.png", "output": "out"}, tmp_path)
    path = tmp_path / "notes.json"
    path.write_text(json.dumps({"schema": 1, "notes": [note(job, change={"sead": "3"})]}))
    ((entry,), _) = read_redos(path, {})
    assert entry.job is None and "sead" in str(entry.error)
    path.write_text('{"schema": 1, "notes": 3}')
    with pytest.raises(JobError, match="holds no notes"):
        read_redos(path, {})


def test_the_tenth_redo_comes_after_the_second(tmp_path: Path) -> None:
    for name in ("a_redo10", "a_redo2", "a", "b/take_001"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "result.json").write_text("{}")
    shots = {shot.name: [take.name for take in shot.takes] for shot in shots_below(tmp_path)}
    assert shots == {"a": ["a", "a_redo2", "a_redo10"], "b": ["take_001"]}
