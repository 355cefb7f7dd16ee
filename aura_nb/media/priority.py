"""What an encoder may not do to the process it works in: rise above everybody else on the machine."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_one_at_a_time = threading.Lock()


@contextmanager
def kept_priority() -> Iterator[None]:
    """Around what starts an encoder's threads: they, and this one, get the processor as this one did before.

    SVT-AV1, run by root (as in most containers), makes its threads and the one that opens it real-time ones,
    SCHED_FIFO 99 (its `svt_av1_enc_init`), and so every thread and process these start later: a notebook's
    kernel would hold the machine's cores until it is restarted.
    """
    if sys.platform != "linux":
        yield
        return
    with _one_at_a_time:
        policy, param, before = os.sched_getscheduler(0), os.sched_getparam(0), _threads()
        try:
            yield
        finally:
            for thread in {threading.get_native_id()} | (_threads() - before):
                # It may have ended meanwhile.
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setscheduler(thread, policy, param)


def _threads() -> set[int]:
    return {int(task.name) for task in Path("/proc/self/task").iterdir()}
