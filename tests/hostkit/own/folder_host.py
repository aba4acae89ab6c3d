"""A host in a page: a folder with a plate, a matte, place.png and settings.json is a scene; its takes lie in it.

    python -m folder_host FOLDER [PYTHON]

``PYTHON`` is one that has ActAnywhere. This is ``folder_host/__main__.py``; ``contract`` and ``hostkit``, copied whole,
lie beside it.
"""

import json
import os
import sys

from .contract.errors import ActAnywhereError
from .contract.job import Job
from .contract.launch import Worker
from .contract.sequences import find_footage
from .contract.shot import Condition, FrameRange, ImageSequence, Matte, Shot
from .contract.takes import new_take, read_take, write_job
from .hostkit.engine import Engine, engine_python
from .hostkit.progress import say
from .hostkit.session import Session
from .hostkit.status import notes_of, state_of
from .hostkit.widgets import settings_of, widgets


def read(folder):
    """The scene as a job, in a take of its own."""
    held = {widget.name: widget.begin for widget in widgets()}  # what a panel would hold
    with open(os.path.join(folder, "settings.json"), encoding="utf-8") as stream:
        held.update(json.load(stream))
    plate, matte = (ImageSequence(os.path.join(folder, name + ".####.png")) for name in ("plate", "matte"))
    frames = sorted(find_footage(plate).files)
    shot = Shot(
        os.path.basename(folder),
        plate,
        Matte(matte.path),
        Condition(os.path.join(folder, "place.png")),
        FrameRange(frames[0], frames[-1]),
    )
    return Job(shot, new_take(os.path.join(folder, "takes"), shot.name), settings_of(held.__getitem__))


def main(folder, python=""):
    """Render, and show what came of it."""
    engine = Engine(engine_python(python), "Name a Python that has ActAnywhere.")
    try:
        job = read(folder)
        write_job(job)
        with Worker(engine.command("worker"), remedy=engine.remedy) as worker:
            Session([job], worker, fresh=True).run(lambda session: print(session.words, flush=True))
    except ActAnywhereError as error:
        print(say(error), file=sys.stderr)
        return 2
    take = read_take(job.output)
    print("\n".join([state_of(take, job).text, *notes_of(take), take.layer]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
