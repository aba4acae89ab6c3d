"""What holds for all tests."""

from __future__ import annotations

import os

# The test files are shared out among processes (pytest -n): with a thread each they do not wait for one another, and
# neither do the commands that they start. Torch reads this once, when it is first imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
