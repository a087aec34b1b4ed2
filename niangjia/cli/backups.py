"""What a backup is: one zip of the database's dump, the stored files that its rows name, and last a manifest.

The dump comes first. Bytes are kept before their row is committed and go after it went, and they never change: what
the dump names is therefore still there when the files follow. What was added meanwhile comes along and does no harm.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from niangjia.cli.troubles import Trouble

FORMAT = 1
DUMP, FILES, MANIFEST = "database.dump", "files/", "manifest.json"
DUMP_ALONE = b"PGDMP"
"""How a backup of the releases before begins: a dump without files."""

_PIECE = 1024 * 1024
Tell = Callable[[int], object]
"""Is told of so many further bytes."""


@dataclass(frozen=True)
class Manifest:
    """`sha256` is the dump's, a file's is its name; `lost` counts the files that the disk had no more, or not whole."""

    sha256: str
    files: int
    bytes: int
    lost: int
    made_at: str
    format: int = FORMAT


class Writer:
    def __init__(self, target: IO[bytes]) -> None:
        self._archive = zipfile.ZipFile(target, "w")  # not packed: a dump is, and so are photos and workbooks
        self._sha256, self._files, self._bytes = "", 0, 0
        self.lost: list[Path] = []

    def dump(self, source: IO[bytes], tell: Tell) -> None:
        with self._archive.open(DUMP, "w", force_zip64=True) as target:
            self._sha256 = _copied(source, target, tell)

    def files(self, digests: Iterable[str], place_of: Callable[[str], Path], tell: Tell) -> None:
        """What is lost or damaged is left out and noted: the rest is still worth a backup."""
        for digest in digests:
            place = place_of(digest)
            with suppress(FileNotFoundError), place.open("rb") as source:
                if hashlib.file_digest(source, "sha256").hexdigest() == digest:
                    source.seek(0)
                    with self._archive.open(FILES + digest, "w", force_zip64=True) as target:
                        shutil.copyfileobj(source, target, _PIECE)
                    self._files, self._bytes = self._files + 1, self._bytes + source.tell()
                    tell(source.tell())
                    continue
            self.lost.append(place)

    def finish(self, made_at: str) -> Manifest:
        manifest = Manifest(self._sha256, self._files, self._bytes, len(self.lost), made_at)
        self._archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
        self.close()
        return manifest

    def close(self) -> None:
        self._archive.close()


@contextmanager
def writing(target: IO[bytes]) -> Iterator[Writer]:
    writer = Writer(target)
    try:
        yield writer
    except BaseException:
        with suppress(OSError, ValueError):  # a full disk is full for the end as well
            writer.close()
        raise


class Reader:
    """A backup that was read through and found whole."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._archive, self.manifest = archive, manifest

    def dump(self) -> IO[bytes]:
        return self._archive.open(DUMP)

    @property
    def dump_bytes(self) -> int:
        return self._archive.getinfo(DUMP).file_size

    @contextmanager
    def files_put(self, place_of: Callable[[str], Path], root: Path, tell: Tell) -> Iterator[None]:
        """The files in their places; those that were not there before go again if the block fails."""
        root.mkdir(parents=True, exist_ok=True)
        new: list[Path] = []
        try:
            for info in _files_in(self._archive):
                digest = info.filename.removeprefix(FILES)
                place = place_of(digest)
                if _is_whole(place, digest):
                    tell(info.file_size)
                    continue
                if not place.exists():
                    new.append(place)
                place.parent.mkdir(exist_ok=True)
                self._put(info, place, root, tell)
            os.sync()
            yield
        except BaseException:
            for place in new:
                place.unlink(missing_ok=True)
            raise

    def _put(self, info: zipfile.ZipInfo, place: Path, root: Path, tell: Tell) -> None:
        descriptor, incoming = tempfile.mkstemp(prefix=".incoming-", dir=root)
        try:
            with os.fdopen(descriptor, "wb") as target, self._archive.open(info) as source:
                _copied(source, target, tell)
            Path(incoming).replace(place)
        finally:
            Path(incoming).unlink(missing_ok=True)


@contextmanager
def reading(path: Path, begin: Callable[[int], Tell]) -> Iterator[Reader]:
    """Opens a backup after reading it through. Raises Trouble for one that is cut short, changed or of a later form.

    `begin` is given the bytes that there are to read, and gives whom to tell of them.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            with _damage_told(path):
                manifest = _checked(archive, begin(path.stat().st_size))
            yield Reader(archive, manifest)
    except zipfile.BadZipFile as error:
        raise _damaged(path, error) from None


def is_dump_alone(path: Path) -> bool:
    with path.open("rb") as source:
        return source.read(len(DUMP_ALONE)) == DUMP_ALONE


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> Trouble:
    return Trouble(f"{path} is damaged ({' '.join(str(error).split())}) and nothing was changed: take another backup.")


def _checked(archive: zipfile.ZipFile, tell: Tell) -> Manifest:
    told = json.loads(archive.read(MANIFEST))
    if told["format"] != FORMAT:
        raise Trouble("The backup was made by a newer version of the program: update the checkout.")
    manifest = Manifest(**told)
    if _digest(archive, archive.getinfo(DUMP), tell) != manifest.sha256:
        raise ValueError(f"{DUMP} is not what was written")
    count = size = 0
    for info in _files_in(archive):
        if FILES + _digest(archive, info, tell) != info.filename:
            raise ValueError(f"{info.filename} is not what was written")
        count, size = count + 1, size + info.file_size
    if (count, size) != (manifest.files, manifest.bytes):
        raise ValueError(f"{count} files of {manifest.files}")
    return manifest


def _files_in(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    return (info for info in archive.infolist() if info.filename.startswith(FILES))


def _digest(archive: zipfile.ZipFile, info: zipfile.ZipInfo, tell: Tell) -> str:
    with archive.open(info) as source:
        return _copied(source, None, tell)


def _is_whole(place: Path, digest: str) -> bool:
    with suppress(FileNotFoundError), place.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest() == digest
    return False


def _copied(source: IO[bytes], target: IO[bytes] | None, tell: Tell) -> str:
    hashed = hashlib.sha256()
    while piece := source.read(_PIECE):
        hashed.update(piece)
        if target:
            target.write(piece)
        tell(len(piece))
    return hashed.hexdigest()
