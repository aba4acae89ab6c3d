"""The stand-in for Nuke knows no more than the public stubs do, and has the manners that make real hosts fail."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nuke_standin import ON_PATH, stubs

ROOT = Path(__file__).parents[2]
FROM = str(ON_PATH)

ADD_KNOB = "addUserKnob {20 ours l Ours}\\n addUserKnob {4 camera l Camera M {auto plate still}}\\n"


def in_the_stand_in(code: str) -> dict[str, object]:
    """Run ``code`` in a process whose ``nuke`` is the stand-in; what it puts into ``said`` comes back."""
    before = (
        f"import sys, json, threading; sys.path[:0] = [{str(ROOT)!r}, {FROM!r}]\n"
        "import nuke\nfrom tests.nuke_standin.session import SESSION\n"
        f"SESSION.engine = [{sys.executable!r}]\nsaid = {{}}\n"
    )
    after = "\nsaid['faults'] = SESSION.faults\nprint('SAID ' + json.dumps(said))\n"
    done = subprocess.run([sys.executable, "-c", before + code + after], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.rpartition("SAID ")[2]))


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.syspath_prepend(FROM)
    import nuke  # type: ignore[import-untyped, unused-ignore]

    assert Path(nuke.__file__).parent == ON_PATH
    return nuke


def test_the_stand_in_has_no_public_name_that_the_stubs_lack(standin: object) -> None:
    public = {name for name in vars(standin) if not name.startswith("_")}
    assert len(public) > 60
    assert public - stubs.names() == set()


def test_its_classes_have_no_public_method_that_the_stubs_lack(standin: object) -> None:
    classes = [
        cls for name, cls in vars(standin).items() if inspect.isclass(cls) and not name.startswith("_")
    ]
    assert len(classes) > 20
    for cls in classes:
        own = {name for name in dir(cls) if not name.startswith("_")} - set(dir(Exception))
        assert own - stubs.members(cls.__name__) == set(), cls.__name__


def test_a_name_that_the_stubs_lack_is_an_error_and_no_mock() -> None:
    said = in_the_stand_in(
        "try:\n nuke.makeItNice()\nexcept AttributeError as error:\n said['error'] = str(error)"
    )
    assert "makeItNice" in str(said["error"])


def test_asking_for_the_main_thread_on_the_main_thread_is_a_hang() -> None:
    code = "try:\n nuke.executeInMainThreadWithResult(len, ('a',))\nexcept SystemExit:\n pass"
    assert "hangs" in str(in_the_stand_in(code)["faults"])


def test_an_exception_on_the_main_thread_is_swallowed_and_none_comes_back() -> None:
    said = in_the_stand_in(
        "box = []\n"
        "ask = lambda: box.append(nuke.executeInMainThreadWithResult(lambda: 1 / 0))\n"
        "thread = threading.Thread(target=ask); thread.start()\n"
        "SESSION.spin(lambda: not thread.is_alive())\n"
        "said['got'], said['swallowed'] = box, [str(error) for error in SESSION.swallowed]"
    )
    assert said == {"got": [None], "swallowed": ["division by zero"], "faults": []}


def test_touching_a_node_off_the_main_thread_is_a_fault() -> None:
    said = in_the_stand_in(
        "thread = threading.Thread(target=lambda: nuke.root()['first_frame'].value())\n"
        "thread.start(); thread.join()"
    )
    assert "off the main thread" in str(said["faults"])


def test_a_programs_set_value_calls_knob_changed_as_a_hand_does() -> None:
    said = in_the_stand_in(
        f'nuke.scriptReadText("Group {{\\n name A\\n {ADD_KNOB}}}\\nend_group")\n'
        "node = nuke.toNode('A')\n"
        "node['knobChanged'].setValue('import __main__; __main__.seen.append(nuke.thisKnob().name())')\n"
        "seen = []\nnode['camera'].setValue('still'); node['camera'].setValue('still')\n"
        "said['seen'], said['index'] = seen, node['camera'].getValue()"
    )
    assert said == {"seen": ["camera"], "index": 2.0, "faults": []}


def test_a_knob_changed_that_sets_its_own_knob_without_guard_is_an_endless_loop() -> None:
    said = in_the_stand_in(
        f'nuke.scriptReadText("Group {{\\n name A\\n {ADD_KNOB}}}\\nend_group")\n'
        "node = nuke.toNode('A')\n"
        "again = 'k = nuke.thisKnob(); k.setValue(k.values()[(int(k.getValue()) + 1) % 3])'\n"
        "node['knobChanged'].setValue(again); node['camera'].setValue('still')"
    )
    assert "without end" in str(said["faults"])


def test_a_pulldown_refuses_what_it_does_not_offer() -> None:
    said = in_the_stand_in(
        f'nuke.scriptReadText("Group {{\\n name A\\n {ADD_KNOB}}}\\nend_group")\n'
        "try:\n nuke.toNode('A')['camera'].setValue('drone')\nexcept ValueError as e:\n said['error'] = str(e)"
    )
    assert "drone" in str(said["error"])


WRITE = (
    "source = nuke.nodes.Constant(channels='rgba', color=0.5)\n"
    "write = nuke.nodes.Write(file={file!r}, inputs=[source], {more})\n"
    "nuke.root()['format'].setValue('16 8 0 0 16 8 1 small')\n"
)


def test_a_write_renders_rgb_not_raw_and_in_half_unless_told_otherwise(tmp_path: Path) -> None:
    import OpenImageIO as oiio

    file = str(tmp_path / "x.%04d.exr")
    in_the_stand_in(WRITE.format(file=file, more="") + "nuke.execute(write, 1001, 1002)")
    image = oiio.ImageBuf(str(tmp_path / "x.1002.exr"))
    assert image.spec().channelnames == ("R", "G", "B")
    assert image.spec().format == oiio.HALF
    assert image.getpixel(3, 3)[0] == 0.25  # a colour transform took place


def test_a_write_renders_at_the_proxy_s_size_while_proxy_is_on(tmp_path: Path) -> None:
    import OpenImageIO as oiio

    file = str(tmp_path / "x.####.exr")
    more = "channels='all', raw=True, datatype='32 bit float'"
    code = (
        WRITE.format(file=file, more=more) + "nuke.root()['proxy'].setValue(True)\nnuke.execute(write, 7, 7)"
    )
    in_the_stand_in(code)
    spec = oiio.ImageBuf(str(tmp_path / "x.0007.exr")).spec()
    assert (spec.width, spec.height) == (8, 4)
    assert spec.channelnames == ("R", "G", "B", "A")


def test_a_cancelled_render_raises_and_leaves_the_frames_that_were_done(tmp_path: Path) -> None:
    said = in_the_stand_in(
        WRITE.format(file=str(tmp_path / "x.####.exr"), more="")
        + "SESSION.cancel_renders_after = 2\n"
        + "try:\n nuke.execute(write, 1, 5)\nexcept RuntimeError as error:\n said['error'] = str(error)"
    )
    assert said["error"] == "Cancelled"
    assert len(list(tmp_path.glob("*.exr"))) == 2


def test_a_folder_that_is_not_there_is_not_made_unasked(tmp_path: Path) -> None:
    said = in_the_stand_in(
        WRITE.format(file=str(tmp_path / "new" / "x.####.exr"), more="")
        + "try:\n nuke.execute(write, 1, 1)\nexcept RuntimeError as error:\n said['error'] = str(error)"
    )
    assert "does not exist" in str(said["error"])
