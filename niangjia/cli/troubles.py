"""Known troubles in one sentence each; anything else is a mistake of ours and keeps its trace."""

from __future__ import annotations

import errno
import os
import re

from niangjia.kernel.localdb import LocalDatabaseError

OLDEST_POSTGRESQL = 150000


class Trouble(Exception):
    """One sentence that says what is wrong and what to do."""


def sentence(error: BaseException) -> str | None:  # noqa: C901, PLR0911 - a table of troubles
    if isinstance(error, Trouble | LocalDatabaseError):
        return str(error)
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return f"The disk is full: free some space{f' for {error.filename}' if error.filename else ''} and run the command again."
    if isinstance(error, PermissionError) and error.filename:
        return f"{error.filename} may not be read or written: run the command as the user that the web server runs as."
    names = {each.__name__ for each in type(error).__mro__}
    if "ImproperlyConfigured" in names:
        return str(error)
    if {"Refused", "NotPermitted", "Missing"} & names and hasattr(error, "message"):
        return str(error.message)
    chain = [error, *(each for each in (error.__cause__, error.__context__) if each)]
    said = " ".join(" ".join(map(str, each.args)) for each in chain)
    if any(type(each).__name__ == "DiskFull" for each in chain) or "No space left on device" in said:
        return "The database's disk is full: free some space there and run the command again."
    if any(type(each).__name__ == "LockNotAvailable" for each in chain):
        return "Another program holds a table that has to change: stop it (or wait for it) and run the command again."
    if any(type(each).__name__ == "InsufficientPrivilege" for each in chain):
        return f"The database's role may not do this ({shortened(said)}): give it the right, or use the owner's role (deploy/README.md)."
    if any(type(each).__name__ == "PoolTimeout" for each in chain):
        return f"The database does not answer: start it, or set DATABASE_URL right ({where()})."
    if "OperationalError" in names:
        return f"The database cannot be reached ({shortened(said)}): start it, or set DATABASE_URL right ({where()})."
    return None


def shortened(said: str) -> str:
    """The reason, in one line, without libpq's repetition of the address for each host it tried."""
    reason = re.sub(r"\s+", " ", said).strip()
    reason = re.sub(r"^connection (failed|is bad): ", "", reason)
    return reason.split(" Is the server running")[0].split(" Multiple connection")[0][:200]


def where() -> str:
    """DATABASE_URL without its password."""
    return re.sub(r"//([^:@/]*):[^@]*@", r"//\1:…@", os.environ.get("DATABASE_URL", "it is not set"))
