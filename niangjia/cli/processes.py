"""Child processes that never outlive their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys

from niangjia.cli.surroundings import ROOT

PARENT = "NIANGJIA_PARENT"
PR_SET_PDEATHSIG = 1


def child(*arguments: str) -> subprocess.Popen[bytes]:
    """Run another `niangjia` command beside this one; Ctrl-C reaches only us, and we stop it."""
    return subprocess.Popen(
        [sys.executable, "-m", "niangjia", *arguments],
        cwd=ROOT,
        env=os.environ | {PARENT: str(os.getpid())},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def end_with_parent() -> None:
    """Called first in a child: be told to stop when the parent is killed (Linux; elsewhere Ctrl-C must do)."""
    parent = os.environ.pop(PARENT, None)
    if parent is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        sys.exit(1)


def stop(process: subprocess.Popen[bytes], *, within: float) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
