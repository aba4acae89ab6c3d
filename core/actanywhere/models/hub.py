"""Downloads from the Hugging Face hub: a repository's list of files, and one file, with plain error messages.

huggingface_hub reads the variables that others know too: HF_ENDPOINT (a mirror), HF_HUB_OFFLINE, HF_HOME and
HF_HUB_CACHE, HF_TOKEN, and the proxies'.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract.errors import Cancelled, ModelError, OutputError
from .registry import Entry

#: Bytes that are written at once. huggingface_hub's own ten million are lost with every cut of a slow line.
_CHUNK = 1 << 20


@dataclass(frozen=True)
class HubFile:
    """A file of a repository: its size, and the checksum that the hub has (sha256, or git's for a small file)."""

    name: str
    size: int
    sha256: str
    git: str


@dataclass(frozen=True)
class Repository:
    """A repository at one commit."""

    name: str
    commit: str
    files: tuple[HubFile, ...]


def look_up(entry: Entry) -> Repository:
    """What the entry's repository holds. Raises ``ModelError`` where it cannot be reached or found."""
    _send_nothing()
    from huggingface_hub import HfApi

    with _plain_words(entry):
        info = HfApi().model_info(entry.repository, revision=entry.revision or None, files_metadata=True)
    files = [
        HubFile(
            name=sibling.rfilename,
            size=int(sibling.size or 0),
            sha256=str(getattr(sibling.lfs, "sha256", "") or ""),
            git=str(sibling.blob_id or ""),
        )
        for sibling in info.siblings or ()
    ]
    return Repository(entry.repository, str(info.sha), tuple(files))


def _send_nothing() -> None:
    """No telemetry: huggingface_hub reads this once, when it is first imported."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


def cached_file(repository: Repository, name: str) -> Path | None:
    """The file in the hub's own cache, which other software shares."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repository.name, name, revision=repository.commit)
    return Path(found).resolve() if isinstance(found, str) and Path(found).is_file() else None


def fetch_file(
    entry: Entry, repository: Repository, file: HubFile, part: Path, on_bytes: Callable[[int], None]
) -> None:
    """Bring ``file`` into ``part``, going on from the bytes that are in it already.

    ``on_bytes`` is called with the bytes so far; what it raises stops the download. Raises ``ModelError``,
    ``OutputError``.
    """
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    constants.DOWNLOAD_CHUNK_SIZE = _CHUNK
    # It would write between the lines of progress.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    have = part.stat().st_size if part.is_file() else 0
    if have > file.size:
        part.unlink()
        have = 0
    url = hf_hub_url(repository.name, file.name, revision=repository.commit)
    with _plain_words(entry), part.open("ab") as stream:
        # hf_hub_download starts a file again after a cut; this function of it does not.
        http_get(
            url,
            stream,
            resume_size=have,
            headers=build_hf_headers(library_name="actanywhere"),
            expected_size=file.size,
            tqdm_class=_counter(have, on_bytes),
        )


def matches_hub(file: HubFile, path: Path, sha256: str) -> bool:
    """Whether the file in ``path``, of that ``sha256``, is what the hub has."""
    if path.stat().st_size != file.size:
        return False
    if file.sha256:
        return sha256 == file.sha256
    if not file.git:
        return True
    digest = hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    digest.update(path.read_bytes())
    return digest.hexdigest() == file.git


def _counter(have: int, on_bytes: Callable[[int], None]) -> Any:
    """Something that huggingface_hub takes for a progress bar."""

    class Counter:
        """Counts bytes."""

        def __init__(self, **_: Any) -> None:
            self.done = have

        def __enter__(self) -> Counter:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def update(self, amount: float = 1) -> None:
            self.done += int(amount)
            on_bytes(self.done)

        def close(self) -> None:
            return None

    return Counter


@contextlib.contextmanager
def _plain_words(entry: Entry) -> Iterator[None]:
    """What huggingface_hub, httpx and the disk raise, told for an artist."""
    import httpx
    from huggingface_hub import constants, errors

    where = constants.ENDPOINT
    try:
        yield
    except Cancelled:
        raise
    except errors.OfflineModeIsEnabled as error:
        raise ModelError(
            f"{entry.name} is not here, and HF_HUB_OFFLINE forbids to ask the hub.",
            "Unset HF_HUB_OFFLINE, or import the files: actanywhere models import FOLDER --as " + entry.name,
        ) from error
    except errors.GatedRepoError as error:
        raise ModelError(
            f"{entry.repository} is given only to those who have accepted its terms ({where}).",
            f"Accept them at {where}/{entry.repository}, and set HF_TOKEN.",
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.EntryNotFoundError) as error:
        raise ModelError(
            f"{where} does not have {entry.repository} at {entry.revision}, or not all of it.",
            "Look whether HF_ENDPOINT names a mirror that lacks it; else import the files by hand.",
        ) from error
    except (errors.HfHubHTTPError, httpx.HTTPError) as error:
        raise ModelError(
            f"{where} did not give {entry.repository}: {_first_line(error)}.",
            "Give the same command again: it goes on from what has come.",
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(
                f"The disk is full: {entry.name} has not come whole.",
                "Free some space and give the same command again: it goes on from what has come.",
            ) from error
        raise ModelError(
            f"{entry.name} did not come whole: {_first_line(error)}.",
            "Give the same command again: it goes on from what has come.",
        ) from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".: ") if lines else type(error).__name__
