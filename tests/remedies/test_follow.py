"""Every remedy is followed once: a small situation is answered with it, what it says is done, and the error is gone.

Where a remedy names a command line, it is run as it is printed; a flag is given, a file made.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from actanywhere.contract.errors import ActAnywhereError
from tests.remedies import engines, footage, hosts, learning, lists, networks, shots
from tests.remedies.catalogue import pattern
from tests.remedies.row import At, Row

ROWS: list[Row] = [
    *lists.ROWS,
    *footage.ROWS,
    *shots.ROWS,
    *networks.ROWS,
    *engines.ROWS,
    *learning.ROWS,
    *hosts.ROWS,
]


@pytest.mark.parametrize("row", ROWS, ids=[row.remedy[:60] for row in ROWS])
def test_what_the_remedy_says_is_done_and_the_error_is_gone(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "HF_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    for name in ("ACTANYWHERE_MODELS", "HF_TOKEN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "first").mkdir()
    with pytest.MonkeyPatch.context() as machine:
        at = At(tmp_path / "first", machine)
        with pytest.raises(ActAnywhereError) as told:
            row.refused(at)
        assert pattern(row.remedy).fullmatch(told.value.remedy), told.value.remedy
        row.followed(at)
