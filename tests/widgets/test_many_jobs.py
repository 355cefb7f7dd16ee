"""Fifty films in one kernel: what the first twenty took is all that is ever taken."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).parents[2]
FIRST, ALL = 20, 50
"""The first eight leave their views, and a few more fill what the kernel and its heap keep at hand."""
HELD = 1_000_000
"""Bytes held more after thirty jobs more, to the byte: the thumbnails of two jobs are more than that."""
GROWTH = 12_000_000
"""Bytes of memory likewise, holes between what is held included: those depend on the machine."""

START = """
import collections, ctypes, gc, json, os, sys, threading, tracemalloc
sys.path.insert(0, {root!r})
import psutil
from comm import get_comm_manager
from ipywidgets.widgets.widget import _instances
from aura_nb.widgets import show
from tests.browser.actor import storm

class Heap(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"
    )]

libc = ctypes.CDLL(None) if os.name == "posix" else None
glibc = hasattr(libc, "mallinfo2")
if glibc:
    libc.mallinfo2.restype = Heap
else:
    tracemalloc.start()

def held():
    # By glibc's own account: what C libraries hold counts too. Elsewhere Python's.
    if not glibc:
        return tracemalloc.get_traced_memory()[0]
    heap = libc.mallinfo2()
    return heap.uordblks + heap.hblkhd

def one():
    show(storm(1000, scenes=200, warnings=100, seconds=0)).wait(60)

def taken():
    gc.collect()
    if glibc:
        libc.malloc_trim(0)
    kinds = [f"{{type(one).__module__}}.{{type(one).__qualname__}}" for one in gc.get_objects()]
    return dict(
        held=held(), bytes=psutil.Process().memory_full_info().uss,
        threads=[t.name for t in threading.enumerate() if t.name.startswith("aura")],
        widgets=len(_instances), comms=len(get_comm_manager().comms),
        objects=collections.Counter(kind for kind in kinds if kind.startswith("aura_nb.")),
    )
"""


@pytest.mark.slow
def test_memory_objects_widgets_comms_and_threads_stay_flat():
    # Python's own allocator would show the heap nothing but the pools it takes.
    manager, client = start_new_kernel(startup_timeout=60, env={**os.environ, "PYTHONMALLOC": "malloc"})
    printed: list[str] = []

    def hear(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    def run(code: str) -> None:
        reply = client.execute_interactive(code, output_hook=hear, timeout=120)
        assert reply["content"]["status"] == "ok", reply["content"]

    try:
        run(START.format(root=str(ROOT)))
        for number in range(1, ALL + 1):
            # A cell each, as a user runs them.
            run("one()")
            if number in (FIRST, ALL):
                run("print(json.dumps(taken()))")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    first, last = map(json.loads, "".join(printed).splitlines())
    assert last["threads"] == first["threads"] == []
    assert last["widgets"] == first["widgets"]
    assert last["comms"] == first["comms"]
    assert last["objects"] == first["objects"]
    assert last["held"] - first["held"] < HELD, (first, last)
    assert last["bytes"] - first["bytes"] < GROWTH, (first, last)
