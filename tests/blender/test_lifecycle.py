"""The zip installs as an artist installs it, leaves nothing behind, and a file goes on where it was left."""

from __future__ import annotations

import ast
import subprocess
import zipfile
from pathlib import Path

import pytest

from actanywhere.contract.settings import setting_fields
from tests.blender.conftest import Blender, Facts


@pytest.fixture(scope="module")
def facts(blender: Blender, double: Path) -> Facts:
    return blender.play("lifecycle", timeout=300, engine=str(double))


def test_the_platforms_own_validation_passes(blender: Blender, extension: Path) -> None:
    (scripts,) = blender.python.parents[1].glob("lib/python3*/site-packages/bpy/*/scripts")
    tool = scripts / "addons_core/bl_pkg/cli/blender_ext.py"
    tags = scripts / "modules/_bpy_internal/extensions/tags.py"
    done = subprocess.run(
        [blender.python, tool, "validate", extension, f"--valid-tags={tags}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Success" in done.stdout


def test_the_zip_has_no_rubbish_and_brings_no_library(extension: Path) -> None:
    names = zipfile.ZipFile(extension).namelist()
    assert "blender_manifest.toml" in names and "__init__.py" in names
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".whl", ".so"))]
    for name in names:
        if name.endswith(".py") and not name.startswith("engine/"):
            tree = ast.parse(zipfile.ZipFile(extension).read(name))
            for node in ast.walk(tree):
                modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and not node.level:
                    modules = [node.module or ""]
                heavy = {"torch", "diffusers", "transformers", "cv2", "pip", "OpenImageIO"}
                assert not heavy & {module.split(".")[0] for module in modules}, name


def test_enabled_it_is_there_and_disabled_nothing_is_left(facts: Facts) -> None:
    said = facts["enable_and_disable"]
    assert said["enabled"]["hung"] == ["Scene"]
    assert {"generate", "cancel", "resume", "wedge"} <= set(said["enabled"]["operators"])
    assert any(name.startswith("ACTANYWHERE_PT_") for name in said["enabled"]["classes"])
    for off in (said["off"], said["off_again"]):
        assert off["classes"] == [] and off["operators"] == [] and off["hung"] == []
    assert said["off"] == said["off_again"]
    assert said["again"]["classes"] == said["enabled"]["classes"]
    for kind in ("handlers", "drawn", "keys"):
        assert said["again"][kind] == said["enabled"][kind], kind
    here = sum(said["enabled"]["handlers"].values()) - sum(said["off"]["handlers"].values())
    assert 0 <= here <= 3


def test_a_file_that_was_saved_half_way_goes_on_when_it_is_opened(facts: Facts) -> None:
    said = facts["save_reload_continue"]
    assert "Stopped" in said["stopped"]
    assert said["chosen"] == ["plate.1001.png", "FILES", "place.png", 3]
    assert said["states"] == [[1, 3, False]]
    assert 2 <= len(said["before"]) < 6
    assert said["resumed"] == ["FINISHED"] and len(said["after"]) == 6
    path, seed, source = said["image"]
    assert Path(path).is_file() and seed == 3 and source == "SEQUENCE"
    assert {"layer", "plate", "matte", "over"} <= set(said["nodes"])


def test_opening_a_file_offers_to_go_on_with_what_it_was_closed_on(facts: Facts) -> None:
    said = facts["closed_without_saving"]
    message, remedy, finished = said["offered"]
    assert message == "Take 1 was not finished." and "Continue" in remedy and finished == [False]
    assert said["resumed"] == ["FINISHED"] and len(said["after"]) == 6


def test_the_artists_render_settings_are_as_they_were(facts: Facts) -> None:
    said = facts["render_is_not_shut_out"]
    assert said["said"] == ["FINISHED"]
    assert said["before"] == said["after"]


def test_blenders_properties_are_the_engines_settings(facts: Facts) -> None:
    said = facts["properties"]
    optional = {field.name for field in setting_fields() if field.optional}
    names = {field.name for field in setting_fields()} - {"format"}
    assert set(said) == names | {"use_" + name for name in optional} | {"format_png", "format_mov"}
    assert not said["format_png"]["default"]
    for field in [each for each in setting_fields() if each.name != "format"]:
        found = said[field.name]
        assert found["help"] == field.about, field.name
        if field.choices:
            assert list(found["choices"]) == list(field.choices), field.name
        if field.minimum is not None:
            assert found["limits"] == pytest.approx([field.minimum, field.maximum]), field.name
        if field.default is None:
            assert said["use_" + field.name]["default"] is False
            assert found["default"] == pytest.approx(field.begin), field.name
        elif isinstance(field.default, float):
            assert found["default"] == pytest.approx(field.default)
        else:
            assert found["default"] == field.default, field.name


def test_a_choice_keeps_the_number_that_scenes_store_for_it(facts: Facts) -> None:
    assert facts["properties"]["shadow"]["choices"] == {"auto": 0, "pulled": 1, "given": 3, "none": 4}


def test_a_setting_that_is_switched_on_begins_where_every_host_begins_it(facts: Facts) -> None:
    begin = {field.name: field.begin for field in setting_fields() if field.default is None}
    assert facts["ticked"] == begin and begin["shading"] == 0.75


def test_a_setting_without_effect_cannot_be_edited(facts: Facts) -> None:
    said = facts["settings_panel"]
    given = [field.name for field in setting_fields() if field.only_with]
    still = ["alive_mask"]  # life is 0
    assert said["closed"] == {"auto": [*given, *still], "given": still, "none": [*given, *still]}
    assert len(given) == 4 and set(given) < set(said["shown"])
