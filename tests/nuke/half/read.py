"""What the Nuke node reads, from frame ranges to the job, in the Python of a real Nuke: 3.7, 3.9, 3.10, 3.11.

    python3.7 read.py FOLDER PICTURE.exr

FOLDER is the plug-in as an artist unzips it; PICTURE an EXR of 64x48 whose data window is (-4,-2) to (67,49).
Standard library alone, valid Python 3.7.
``test_host_half.py`` runs it in every Python that is there.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import tempfile
import unittest
from typing import Any, Callable, Tuple

sys.path[:0] = [sys.argv[1], os.path.dirname(os.path.abspath(__file__))]

from actanywhere_nuke.contract.errors import ActAnywhereError, JobError, LaterVersion  # noqa: E402
from actanywhere_nuke.contract.job import Job  # noqa: E402
from actanywhere_nuke.contract.settings import Settings  # noqa: E402
from actanywhere_nuke.contract.shot import FrameRange  # noqa: E402
from actanywhere_nuke.operators import installation  # noqa: E402
from actanywhere_nuke.read import colour, naming, ranges, track  # noqa: E402
from actanywhere_nuke.read.exr import Box, read_header  # noqa: E402
from actanywhere_nuke.read.inputs import check, finish, is_whole, raster_of  # noqa: E402
from actanywhere_nuke.read.plan import plan  # noqa: E402
from asked import NUKE, ask  # noqa: E402

PICTURE = sys.argv[2]


def moved(matrix: Any, x: float, y: float) -> Tuple[float, float]:
    a, b, w = (row[0] * x + row[1] * y + row[2] for row in matrix)
    return a / w, b / w


class Frames(unittest.TestCase):
    def test_input_global_and_custom_give_their_own_frames_both_ends_rendered(self) -> None:
        for choice, wanted in (("input", "1001-1010"), ("global", "1-100"), ("custom", "1003-1004")):
            found = ranges.choose_range(choice, (1001, 1010), (1, 100), (1003, 1004))
            self.assertEqual(str(found), wanted)

    def test_a_range_that_ends_before_it_begins_is_refused_with_a_remedy(self) -> None:
        with self.assertRaises(JobError) as caught:
            ranges.choose_range("custom", None, (1, 100), (1010, 1001))
        self.assertIn("1010", str(caught.exception))
        self.assertTrue(caught.exception.remedy)

    def test_frames_that_the_plate_has_not_are_told_because_nuke_repeats_a_picture_there(self) -> None:
        self.assertIn("1001-1010", ranges.beyond(FrameRange(999, 1004), (1001, 1010)))
        self.assertEqual(ranges.beyond(FrameRange(1003, 1004), (1001, 1010)), "")
        self.assertTrue(plan(ask(range="global")).warning)
        self.assertFalse(plan(ask()).warning)

    def test_the_condition_is_taken_at_the_first_frame_unless_the_artist_says_another(self) -> None:
        self.assertEqual(ranges.condition_frame(None, FrameRange(1001, 1010)), 1001)
        self.assertEqual(ranges.condition_frame(0, FrameRange(1001, 1010)), 0)


class Names(unittest.TestCase):
    def test_a_new_version_of_the_script_finds_the_takes_of_the_old_one(self) -> None:
        names = {naming.shot_name("", "/show/sh010_comp_%s.nk" % v, "ActAnywhere1") for v in ("v003", "v004")}
        self.assertEqual(names, {"sh010_comp_ActAnywhere1"})

    def test_two_nodes_of_one_script_never_share_their_takes(self) -> None:
        names = {naming.shot_name("", "/show/a.nk", node) for node in ("ActAnywhere1", "ActAnywhere2")}
        self.assertEqual(len(names), 2)

    def test_a_script_that_was_never_saved_needs_an_output_folder(self) -> None:
        with self.assertRaises(JobError):
            naming.output_root("", "")

    def test_backslashes_never_reach_nuke(self) -> None:
        self.assertEqual(naming.slashes("C:\\shows\\sh 010\\bg"), "C:/shows/sh 010/bg")


class Colour(unittest.TestCase):
    def test_the_stream_s_space_is_told_to_the_core(self) -> None:
        ocio = colour.Project("OCIO", "aces_1.2", "ACES - ACEScg")
        self.assertEqual(colour.working_space("auto", NUKE), "linear-rec709")
        self.assertEqual(colour.working_space("auto", ocio), "acescg")
        self.assertEqual(colour.working_space("linear-rec709", ocio), "linear-rec709")

    def test_a_role_is_resolved_in_an_aces_configuration_that_nuke_brings(self) -> None:
        for config in ("aces_1.2", "fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1"):
            self.assertEqual(self.space(config, "scene_linear"), "acescg")

    def test_the_space_that_nuke_shows_behind_a_role_is_the_one(self) -> None:
        self.assertEqual(self.space("aces_1.2", "scene_linear (ACES - ACEScg)"), "acescg")
        self.assertEqual(self.space("aces_1.2", "scene_linear (Linear Rec.709 (sRGB))"), "linear-rec709")
        self.assertEqual(self.space("aces_1.2", "Linear Rec.709 (sRGB)"), "linear-rec709")
        self.assertEqual(self.space("aces_1.2", "default (ACES - ACES2065-1)"), "aces2065-1")
        with self.assertRaises(JobError):  # a space that the core does not work in
            self.space("aces_1.2", "default (ACES - ACEScc)")

    def test_a_role_of_a_studio_s_own_configuration_is_looked_up_in_it_and_never_guessed(self) -> None:
        with tempfile.TemporaryDirectory(suffix=" faces ü") as folder:
            config = os.path.join(folder, "config.ocio")
            for space, wanted in (("ACES - ACEScg", "acescg"), ("'lin_srgb'", "linear-rec709")):
                with open(config, "w", encoding="utf-8") as stream:
                    stream.write("roles:\n  data: raw\n  scene_linear: %s\n" % space)
                self.assertEqual(self.space(config, "scene_linear"), wanted)
            os.remove(config)
            with self.assertRaises(JobError):
                self.space(config, "scene_linear")

    def space(self, config: str, working: str) -> str:
        return str(colour.working_space("auto", colour.Project("OCIO", config, working)))

    def test_a_space_that_is_not_known_is_asked_for_and_not_guessed(self) -> None:
        with self.assertRaises(JobError) as caught:
            colour.working_space("auto", colour.Project("OCIO", "custom", "ARRI LogC"))
        self.assertIn("ARRI LogC", str(caught.exception))


class Track(unittest.TestCase):
    def test_four_corners_are_met_exactly(self) -> None:
        origin = [(0.0, 0.0), (1920.0, 0.0), (1920.0, 1080.0), (0.0, 1080.0)]
        target = [(10.0, -5.0), (1900.0, 20.0), (1950.0, 1100.0), (-30.0, 1060.0)]
        matrix = track.corner_pin(origin, target)
        for one, other in zip(origin, target):
            for found, wanted in zip(moved(matrix, *one), other):
                self.assertAlmostEqual(found, wanted, places=6)

    def test_corners_on_a_line_are_refused(self) -> None:
        with self.assertRaises(JobError):
            track.corner_pin([(0, 0), (1, 0), (2, 0), (3, 0)], [(0, 0), (1, 0), (2, 0), (3, 0)])

    def test_tracked_points_that_wander_give_their_shift(self) -> None:
        points = {1: [(10.0, 10.0), (50.0, 20.0), (30.0, 40.0)]}
        points[2] = [(x + 7.0, y - 3.0) for x, y in points[1]]
        moves = track.moves_of_points(points)
        for x, y in ((0.0, 0.0), (64.0, 48.0)):
            self.assertAlmostEqual(moved(moves[2], x, y)[0], x + 7.0)
            self.assertAlmostEqual(moved(moves[2], x, y)[1], y - 3.0)

    def test_nuke_counts_upwards_and_the_core_downwards_from_the_overscan_s_corner(self) -> None:
        up = {1001: ((1.0, 0.0, 5.0), (0.0, 1.0, 2.0), (0.0, 0.0, 1.0))}  # 5 to the right, 2 up
        data = json.loads(track.track_json(up, Box(-4, -2, 67, 49), Box(0, 0, 63, 47), 1.0))
        self.assertEqual((data["width"], data["height"]), (72, 52))
        values = data["transforms"]["1001"]
        self.assertEqual([round(v, 9) for v in values], [1, 0, 5, 0, 1, -2, 0, 0, 1])

    def test_a_point_in_nuke_and_the_same_point_in_the_core_stay_the_same_point(self) -> None:
        move = track.transform((12.0, -7.0), 30.0, (1.2, 0.9), (32.0, 24.0))
        values = json.loads(track.track_json({1: move}, Box(-4, -2, 67, 49), Box(0, 0, 63, 47), 1.0))[
            "transforms"
        ]["1"]
        rows = [values[0:3], values[3:6], values[6:9]]
        for x, y in ((0.0, 0.0), (32.0, 24.0), (60.0, 5.0)):
            in_nuke = moved(move, x, y)
            in_core = moved(rows, x + 4.0, 48.0 - y + 2.0)
            self.assertAlmostEqual(in_core[0], in_nuke[0] + 4.0)
            self.assertAlmostEqual(in_core[1], 48.0 - in_nuke[1] + 2.0)


class Plans(unittest.TestCase):
    def test_the_job_names_the_files_that_nuke_renders_and_their_space(self) -> None:
        made = plan(ask())
        shot = made.job.shot
        self.assertEqual(shot.name, "sh010_comp_ActAnywhere1")
        self.assertEqual((shot.plate.colour, str(shot.frames)), ("linear-rec709", "1001-1010"))
        self.assertTrue(shot.plate.path.startswith("/show/actanywhere/inputs/plate_"))
        self.assertEqual(
            [one.write for one in made.renderings], ["write_plate", "write_matte", "write_condition"]
        )
        self.assertEqual(shot.matte.channel, "A")
        self.assertEqual(Job.from_json(made.job.to_json()), made.job)

    def test_another_picture_upstream_gets_another_folder_and_the_rest_is_shared(self) -> None:
        one, other = plan(ask()), plan(ask(matte="node Roto\nfeather 3"))
        same = [a.folder == b.folder for a, b in zip(one.renderings, other.renderings)]
        self.assertEqual(same, [True, False, True])

    def test_another_colour_management_gives_other_pixels_and_other_folders(self) -> None:
        ocio = colour.Project("OCIO", "aces_1.2", "ACES - ACEScg")
        same = [
            a.folder == b.folder for a, b in zip(plan(ask()).renderings, plan(ask(project=ocio)).renderings)
        ]
        self.assertEqual(same, [False, False, False])

    def test_a_cosmetic_setting_of_the_job_renders_no_input_again(self) -> None:
        other = plan(ask(settings=Settings(seed=7)))
        self.assertEqual([a.folder for a in plan(ask()).renderings], [b.folder for b in other.renderings])

    def test_what_is_missing_is_named_with_a_remedy(self) -> None:
        for changes, word in (
            (dict(plate=""), "plate"),
            (dict(matte_channel="none"), "matte channel"),
            (dict(matte_channel="roto.alpha"), "rgba.alpha"),
            (dict(condition=""), "condition"),
            (dict(condition="", condition_file="/gone/place.jpg"), "/gone/place.jpg"),
            (dict(condition="", condition_file="place.jpg"), "whole path"),
            (dict(condition="", condition_file="/shots/place.%04d.exr"), "is a sequence"),
            (dict(condition="", condition_file="/shots/place.####.exr"), "is a sequence"),
            (dict(settings=Settings(camera="tracked")), "track"),
            (dict(range="custom", own_range=(9, 1)), "9"),
        ):
            with self.assertRaises(JobError) as caught:
                plan(ask(**changes))
            self.assertIn(word, str(caught.exception))
            self.assertTrue(caught.exception.remedy)

    def test_what_is_alive_is_rendered_where_life_reads_it_and_else_told(self) -> None:
        given = dict(alive="node Roto", alive_channel="alpha", alive_channels=("rgba.alpha",))
        made = plan(ask(settings=Settings(life=0.4), **given))
        self.assertEqual(made.renderings[-1].write, "write_alive")
        self.assertEqual(made.job.settings.alive, made.renderings[-1].pattern)
        idle = plan(ask(**given))
        self.assertIn("'life' is 0", idle.warning)
        self.assertEqual((len(idle.renderings), idle.job.settings.alive), (3, ""))
        with self.assertRaises(JobError) as caught:
            plan(ask(settings=Settings(life=0.4), **dict(given, alive_channel="roto.alpha")))
        self.assertIn("'alive'", str(caught.exception))

    def test_who_else_is_in_the_picture_is_rendered_at_its_frame(
        self,
    ) -> None:
        given = dict(others="node Roto", others_channel="alpha", others_channels=("rgba.alpha",))
        made = plan(ask(condition_frame=1004, **given))
        drawn = made.renderings[-1]
        self.assertEqual((drawn.write, str(drawn.frames), drawn.channels), ("write_others", "1004", ("A",)))
        self.assertEqual(made.job.shot.condition.matte, drawn.file(1004))
        self.assertEqual(plan(ask()).job.shot.condition.matte, "")
        with self.assertRaises(JobError) as caught:
            plan(ask(**dict(given, others_channel="roto.alpha")))
        self.assertIn("'others channel'", caught.exception.remedy)

    def test_a_setting_that_is_a_file_starts_at_the_script_s_folder(self) -> None:
        made = plan(ask(settings=Settings(clean_plate="clean/c.####.exr")))
        self.assertEqual(made.job.settings.clean_plate, "/show/clean/c.####.exr")

    def test_a_track_that_ends_early_names_the_frame(self) -> None:
        still = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
        moves = dict.fromkeys(range(1001, 1010), still)
        with self.assertRaises(JobError) as caught:
            plan(ask(settings=Settings(camera="tracked"), moves=moves))
        self.assertIn("1010", str(caught.exception))


class Inputs(unittest.TestCase):
    def test_overscan_is_read_from_the_header(self) -> None:
        header = read_header(PICTURE)
        self.assertEqual(header.data, Box(-4, -2, 67, 49))
        self.assertEqual((header.display.width, header.display.height), (64, 48))
        self.assertEqual(raster_of({1: header}), (Box(-4, -2, 67, 49), Box(0, 0, 63, 47), 1.0))

    def check_layout(self, path: str, read: Callable[[], None]) -> None:
        """A file of a later version is told; one from before layouts were numbered is read."""
        with open(path, encoding="utf-8") as stream:
            data = json.load(stream)
        for schema, wanted in ((data["schema"] + 1, LaterVersion), (None, None)):
            with open(path, "w", encoding="utf-8") as stream:
                json.dump({k: v for k, v in dict(data, schema=schema).items() if v is not None}, stream)
            if wanted is None:
                read()
            else:
                with self.assertRaises(wanted):
                    read()

    def test_the_engine_that_a_user_chose_is_kept(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = os.path.join(folder, "actanywhere.json")
            self.assertEqual(installation.chosen_engine(store), "")
            installation.store_engine("/somewhere/python", store)
            read = installation.chosen_engine
            self.check_layout(store, lambda: self.assertEqual(read(store), "/somewhere/python"))

    def test_a_rendered_input_is_whole_only_with_all_its_files(self) -> None:
        with tempfile.TemporaryDirectory(suffix=" ü") as folder:
            one = dataclasses.replace(plan(ask()).plate, folder=folder, frames=FrameRange(1001, 1002))
            with open(PICTURE, "rb") as stream:
                picture = stream.read()
            for frame in one.frames:
                self.assertFalse(is_whole(one))
                with open(one.file(frame), "wb") as stream:
                    stream.write(picture)
            self.assertEqual(sorted(check(one)), [1001, 1002])
            finish(one, {})
            self.assertTrue(is_whole(one))
            self.check_layout(os.path.join(one.folder, "inputs.json"), lambda: self.assertTrue(is_whole(one)))
            os.remove(one.file(1002))
            self.assertFalse(is_whole(one))
            with self.assertRaises(ActAnywhereError) as caught:
                check(one)
            self.assertIn("1002", str(caught.exception))

    def test_a_file_that_is_cut_off_is_named(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "cut.exr")
            with open(PICTURE, "rb") as source, open(path, "wb") as target:
                target.write(source.read(40))
            with self.assertRaises(ActAnywhereError) as caught:
                read_header(path)
            self.assertIn("cut.exr", str(caught.exception))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
