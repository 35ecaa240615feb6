"""Files that were handed over for an import: kept in a private folder under names made here, and removed in every case.

What a file is called by the person who sends it is text and nothing else; it never becomes a path.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
import time
import weakref
import zlib
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NewType
from uuid import UUID, uuid4

from segment_engine.errors import InputError, LimitExceeded, NotFound, Unavailable
from segment_engine.imports.arrow import ArrowException, parquet
from segment_engine.processes import only_one

FileId = NewType("FileId", UUID)

MEGABYTE = 1024 * 1024
MOST_BYTES = 200 * MEGABYTE
MOST_UNPACKED = 1024 * MEGABYTE
MOST_ROWS = 20_000_000  # a Parquet file of a few bytes can say that it holds billions
IDLE_SECONDS = 2 * 3600
MOST_FILES = 8

_PREFIX = "segment_engine_import_"
_LOCK = "lock"
_PIECE = 256 * 1024
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_NAME_CHARACTERS = 120
# What people take for a table and is none; told by the first bytes, whatever the file is called.
_OTHERS = (
    (b"PK\x03\x04", "an Excel workbook or another zip archive. Save the sheet as CSV (UTF-8) and upload that"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file. Save the sheet as CSV (UTF-8) and upload that"),
    (b"%PDF", "a PDF. Export the table it shows as CSV"),
    (b"\xff\xfe", "text in UTF-16. Save it as CSV in UTF-8"),
    (b"\xfe\xff", "text in UTF-16. Save it as CSV in UTF-8"),
)
_SPOKEN = {".csv": "CSV", ".csv.gz": "CSV, compressed", ".parquet": "Parquet"}


@dataclass(slots=True)
class ReceivedFile:
    """One file on this computer. `name` is what its owner calls it, safe to show as text.

    Units: `size` in bytes as it came. `used_at` by the clock that only counts up.
    """

    file_id: FileId
    organization_id: int
    name: str
    path: Path
    size: int
    form: str
    used_at: float = field(default_factory=time.monotonic)


class Received:
    """The files of this process. Its folder is readable by its owner only and goes when the process ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[FileId, ReceivedFile] = {}
        self._folder: Path | None = None

    def take(self, organization_id: int, stream: BinaryIO, name: str) -> ReceivedFile:
        """Copy a file piece by piece, looking at what it is and at how large it would become.

        Raises: LimitExceeded for one that is too large, also when unpacked; InputError for one that is no table.
        """
        self._forget_idle(organization_id)
        shown = shown_name(name)
        path = self._own_folder() / secrets.token_hex(16)
        try:
            size = _copy(stream, path)
            kind = _kind(path, shown)
            path = path.rename(path.with_name(path.name + kind))
            _check_unpacked(path, kind, shown)
        except BaseException:
            for left in path.parent.glob(f"{path.name}*"):
                left.unlink(missing_ok=True)
            raise
        file = ReceivedFile(FileId(uuid4()), organization_id, shown, path, size, _SPOKEN[kind])
        with self._lock:
            self._files[file.file_id] = file
        return file

    def get(self, organization_id: int, file_id: UUID) -> ReceivedFile:
        """Give a file of this organization. Raises: NotFound when it is not there, or not there any more."""
        with self._lock:
            file = self._files.get(FileId(file_id))
            if file is None or file.organization_id != organization_id:
                raise NotFound("This file is no longer here. Upload it again.")
            file.used_at = time.monotonic()
            return file

    def holds(self, file_id: UUID) -> bool:
        """Tell whether a file is still here."""
        return FileId(file_id) in self._files

    def remove(self, organization_id: int, file_id: UUID) -> None:
        """Remove a file of this organization; one that is gone already is no trouble."""
        with self._lock:
            file = self._files.get(FileId(file_id))
            if file is not None and file.organization_id == organization_id:
                del self._files[file.file_id]
                file.path.unlink(missing_ok=True)

    def _forget_idle(self, organization_id: int) -> None:
        """Remove what nobody has touched for long, and the oldest of an organization that leaves too many behind."""
        with self._lock:
            now = time.monotonic()
            idle = {each.file_id for each in self._files.values() if now - each.used_at > IDLE_SECONDS}
            own = sorted(
                (each for each in self._files.values() if each.organization_id == organization_id),
                key=lambda each: each.used_at,
            )
            idle |= {each.file_id for each in own[: max(len(own) - MOST_FILES + 1, 0)]}
            for file_id in idle:
                self._files.pop(file_id).path.unlink(missing_ok=True)

    def _own_folder(self) -> Path:
        with self._lock:
            if self._folder is None:
                _remove_orphans()
                self._folder = _new_folder(self)
            return self._folder


def shown_name(name: str) -> str:
    """Make a name fit to be shown and recorded: one line, no path, not endless."""
    last = name.replace("\\", "/").rpartition("/")[2]
    text = "".join(each if each.isprintable() else " " for each in last).strip()
    return text[-_NAME_CHARACTERS:] or "file"


def _new_folder(owner: object) -> Path:
    """Make the folder, locked while this process lives, and removed when it ends in good order."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    held = ExitStack()
    held.enter_context(only_one(folder / f"{_LOCK}.new", timeout_seconds=0, sentence="This folder is another's."))
    (folder / f"{_LOCK}.new").rename(folder / _LOCK)

    def end() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        held.close()

    weakref.finalize(owner, end)
    return folder


def _remove_orphans() -> None:
    """Remove the folders of processes that were killed: nobody holds their lock any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, Unavailable):
            ours = not folder.is_symlink() and folder.stat().st_uid == os.getuid()
            if ours and (folder / _LOCK).exists():
                with only_one(folder / _LOCK, timeout_seconds=0, sentence="This folder is another's."):
                    shutil.rmtree(folder, ignore_errors=True)


def _copy(stream: BinaryIO, path: Path) -> int:
    size = 0
    try:
        with path.open("xb") as target:
            while piece := stream.read(_PIECE):
                size += len(piece)
                if size > MOST_BYTES:
                    raise LimitExceeded(
                        f"The file is larger than {MOST_BYTES // MEGABYTE} MB. Import it with the command line, which "
                        "has no such limit, or divide it."
                    )
                target.write(piece)
    except OSError as error:
        raise Unavailable(
            f"There is no room for the file on the server ({error.strerror}). Try again later."
        ) from error
    return size


def _kind(path: Path, shown: str) -> str:
    """Tell what a file is by its content. Raises: InputError when it is no table."""
    with path.open("rb") as stream:
        head = stream.read(_PIECE)
    if not head:
        raise InputError(f"The file {shown} is empty. It needs a first line with the names of the columns.")
    for mark, what in _OTHERS:
        if head.startswith(mark):
            raise InputError(f"The file {shown} is {what}.")
    if head.startswith(_PARQUET):
        return ".parquet"
    if head.startswith(_GZIP):
        head = _first_unpacked(head)
        _refuse_binary(head, shown)
        return ".csv.gz"
    _refuse_binary(head, shown)
    return ".csv"


def _refuse_binary(head: bytes, shown: str) -> None:
    if b"\0" in head:
        raise InputError(f"The file {shown} is neither CSV nor Parquet. Save the table as CSV (UTF-8) and upload that.")


def _first_unpacked(head: bytes) -> bytes:
    with suppress(zlib.error):
        return zlib.decompressobj(wbits=31).decompress(head, _PIECE)
    return b""


def _check_unpacked(path: Path, kind: str, shown: str) -> None:
    """Refuse what would become far more than it is; memory holds one piece at a time."""
    if kind == ".csv.gz" and _unpacked_exceeds(path, shown):
        raise _bomb(shown)
    if kind == ".parquet":
        with suppress(ArrowException):  # a damaged one is explained when it is opened
            described = parquet.read_metadata(path)
            held = sum(described.row_group(each).total_byte_size for each in range(described.num_row_groups))
            if held > MOST_UNPACKED or described.num_rows > MOST_ROWS:
                raise _bomb(shown)


def _bomb(shown: str) -> LimitExceeded:
    return LimitExceeded(
        f"The file {shown} unpacks to more than {MOST_UNPACKED // MEGABYTE:,} MB or {MOST_ROWS:,} rows. Import it with "
        "the command line, which has no such limit, or divide it."
    )


def _unpacked_exceeds(path: Path, shown: str) -> bool:
    unpacked = 0
    machine = zlib.decompressobj(wbits=31)
    with path.open("rb") as stream:
        pending = stream.read(_PIECE)
        while pending:
            try:
                unpacked += len(machine.decompress(pending, _PIECE))
            except zlib.error as error:
                raise _damaged(shown) from error
            if unpacked > MOST_UNPACKED:
                return True
            pending = machine.unconsumed_tail
            whole = machine.eof
            if whole:  # another part may follow, as `gzip a b` writes it
                pending, machine = machine.unused_data, zlib.decompressobj(wbits=31)
            pending = pending or stream.read(_PIECE)
            if not pending and not whole:
                raise _damaged(shown)
    return False


def _damaged(shown: str) -> InputError:
    return InputError(f"The file {shown} is damaged and cannot be unpacked. Compress it again.")
