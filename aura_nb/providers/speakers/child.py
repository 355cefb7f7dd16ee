"""One question to a child process: JSON in, bytes out, killed the moment the job is cancelled."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, ProviderError

TIMEOUT_SECONDS = 120
CREATE_NO_WINDOW = 0x08000000  # subprocess.CREATE_NO_WINDOW, which only exists on Windows


def ask(
    provider: str,
    arguments: Sequence[str],
    request: Mapping[str, Any],
    cancel: Cancel,
    *,
    remedy: str,
    folder: Path | None = None,
) -> bytes:
    """What `python *arguments` writes when it is given `request`; it starts in `folder`.

    Raises `ProviderError` with its last words and the `remedy` when it fails, `JobCancelled`.
    """
    windows = sys.platform == "win32"
    cancel.check()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        # So that a Ctrl-C meant for the kernel does not reach the child: the job decides what stops.
        process_group=None if windows else 0,
        creationflags=CREATE_NO_WINDOW if windows else 0,
    )
    with process:
        try:
            with cancel.stopping(process.kill):
                out, complaint = process.communicate(json.dumps(request).encode(), timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            raise ProviderError(provider, f"no speech within {TIMEOUT_SECONDS} s.") from None
        finally:
            process.kill()
    cancel.check()
    if process.returncode != 0:
        reason = complaint.decode(errors="replace").strip() or f"exit status {process.returncode}"
        raise ProviderError(provider, reason, remedy=remedy)
    return out


@contextmanager
def within(seconds: float) -> Iterator[Cancel]:
    """A token that is set after so many seconds; what it stops is a `TimeoutError`."""
    cancel = Cancel()
    late = threading.Timer(seconds, cancel.set)
    late.start()
    try:
        yield cancel
    except JobCancelled:
        raise TimeoutError(f"no speech within {seconds:g} s") from None
    finally:
        late.cancel()
