"""What the Nuke node shows and starts: takes, knobs, the engine, in the Python of a real Nuke: 3.7, 3.9, 3.10, 3.11.

    python3.7 show.py FOLDER

FOLDER is the plug-in as an artist unzips it.
Standard library alone, valid Python 3.7.
``test_host_half.py`` runs it in every Python that is there.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
import time
import unittest
from typing import Any, Dict

sys.path[:0] = [sys.argv[1], os.path.dirname(os.path.abspath(__file__))]

from actanywhere_nuke.contract import takes  # noqa: E402
from actanywhere_nuke.contract.errors import Cancelled, JobError, WorkerError  # noqa: E402
from actanywhere_nuke.contract.job import Job  # noqa: E402
from actanywhere_nuke.contract.settings import Settings, setting_fields  # noqa: E402
from actanywhere_nuke.draw import panel  # noqa: E402
from actanywhere_nuke.hostkit import status, widgets  # noqa: E402
from actanywhere_nuke.hostkit.session import Session  # noqa: E402
from actanywhere_nuke.hostkit.turns import Listener, Turns  # noqa: E402
from actanywhere_nuke.operators import installation  # noqa: E402
from actanywhere_nuke.read.plan import plan, with_output  # noqa: E402
from asked import ask  # noqa: E402


class States(unittest.TestCase):
    def test_none_then_missing_then_fresh_then_stale(self) -> None:
        with tempfile.TemporaryDirectory() as root:
            job = plan(ask()).job
            self.assertEqual(status.state_of(None, job).kind, "none")
            job = with_output(job, takes.new_take(root, job.shot.name))
            takes.write_job(job)
            self.assertEqual(self.kind(root, job), "missing")
            for frame in job.shot.frames or ():
                open(os.path.join(job.output, "%s.%d.exr" % (takes.layer_stem(job), frame)), "w").close()
            self.assertEqual(self.kind(root, job), "fresh")
            other = dataclasses.replace(job, settings=Settings(seed=1))
            self.assertEqual(self.kind(root, other), "stale")
            self.assertIn("seed", status.state_of(takes.list_takes(root, job.shot.name)[0], other).text)

    def kind(self, root: str, job: Job) -> str:
        return str(status.state_of(takes.list_takes(root, job.shot.name)[0], job).kind)


class Panel(unittest.TestCase):
    def values(self) -> Dict[str, Any]:
        return {knob.name: knob.value or (knob.items or [""])[0] for knob in panel.panel()}

    def read(self, **changes: Any) -> Settings:
        found = dict(self.values(), **changes)
        codes = {knob.name: knob.code for knob in panel.panel()}
        kinds = {3: int, 6: lambda text: str(text).lower() == "true", 7: float}  # what Nuke's knobs hold
        return widgets.settings_of(lambda name: kinds.get(codes[name], str)(found[name]))

    def test_every_setting_is_a_knob_and_an_untouched_panel_is_the_default_job(self) -> None:
        names = {knob.name for knob in panel.panel()}
        for field in setting_fields():
            self.assertIn("format_png" if field.name == "format" else field.name, names)
        self.assertEqual(self.read(), Settings())

    def test_a_takes_settings_can_be_put_back_into_the_knobs(self) -> None:
        for one in (
            Settings(),
            Settings(seed=7, steps=9, guidance=2.5, format=("exr", "mov"), camera="still"),
        ):
            values = dict(self.read_values(), **widgets.values_of(one))
            self.assertEqual(widgets.settings_of(values.__getitem__), one)

    def read_values(self) -> Dict[str, Any]:
        """An artist's knobs with everything switched on, so that what is left out must be switched off."""
        return {name: True if name.startswith(("use_", "format_")) else 3 for name in self.values()}

    def test_a_setting_that_may_be_left_out_counts_when_its_box_is_ticked(self) -> None:
        self.assertIsNone(self.read(steps="12").steps)
        self.assertEqual(self.read(steps="12", use_steps=True).steps, 12)

    def test_a_setting_that_is_switched_on_begins_where_every_host_begins_it(self) -> None:
        names = [field.name for field in setting_fields() if field.default is None]
        found = self.read(**{"use_" + name: True for name in names})
        begin = {field.name: field.begin for field in setting_fields() if field.name in names}
        self.assertEqual({name: getattr(found, name) for name in names}, begin)
        self.assertEqual(begin["shading"], 0.75)

    def test_what_has_no_effect_is_greyed_out(self) -> None:
        values = dict.fromkeys(self.values(), False)  # type: Dict[str, Any]
        self.assertFalse(any(panel.enabled(values.__getitem__).values()))
        values.update(range="custom", use_steps=True)
        on = [name for name, yes in panel.enabled(values.__getitem__).items() if yes]
        self.assertEqual(on, ["first", "last", "steps"])
        values.update(range="all", use_steps=False, shadow="given")
        on = [name for name, yes in panel.enabled(values.__getitem__).items() if yes]
        self.assertEqual(on, ["shadow_side", "shadow_away", "shadow_density", "shadow_softness"])

    def test_the_help_fits_a_panel(self) -> None:
        self.assertLessEqual(max(map(len, panel.HELP.splitlines())), 78)

    def test_a_value_out_of_its_limits_is_refused_by_name(self) -> None:
        with self.assertRaises(JobError) as caught:
            self.read(guidance="99", use_guidance=True)
        self.assertIn("guidance", str(caught.exception))


class Engines(unittest.TestCase):
    def test_an_engine_that_is_not_there_is_named(self) -> None:
        with self.assertRaises(WorkerError) as caught:
            installation.engine("/gone/bin/python", "/gone/store.json").command("worker")
        self.assertIn("/gone/bin/python", str(caught.exception))
        self.assertTrue(caught.exception.remedy)

    def test_a_job_that_is_stopped_in_the_queue_hears_that_it_was_cancelled(self) -> None:
        heard = []

        class Ear(Listener):
            def wants_stop(self) -> bool:
                return True

            def ended(self, session: Session) -> None:
                heard.append(session.error)

        one = Turns()
        one.submit(Session([plan(ask()).job]), ["/gone/python"], Ear())
        one.close()
        self.assertEqual([type(error) for error in heard], [Cancelled])

    def test_an_engine_that_cannot_start_fails_the_job_and_not_nuke(self) -> None:
        heard = []

        class Ear(Listener):
            def ended(self, session: Session) -> None:
                heard.append(session.error)

        one = Turns()
        number = one.submit(Session([plan(ask()).job]), ["/gone/python"], Ear())
        while one.is_running(number):
            time.sleep(0.01)
        one.close()
        self.assertIsInstance(heard[0], WorkerError)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
