"""Fifty films in one kernel: what the first ten took is all that is ever taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).parents[2]
FIRST, ALL = 10, 50
GROWTH = 12_000_000
"""Bytes for forty jobs more, as a heap settles. Were their 200 thumbnails each kept, it would be thrice that."""

START = """
import gc, json, os, sys, threading
sys.path.insert(0, {root!r})
import psutil
from comm import get_comm_manager
from ipywidgets.widgets.widget import _instances
from aura_nb.widgets import show
from tests.browser.actor import storm

def one():
    show(storm(1000, scenes=200, warnings=100, seconds=0)).wait(60)

def taken():
    gc.collect()
    threads = [t.name for t in threading.enumerate() if t.name.startswith("aura")]
    return dict(
        bytes=psutil.Process().memory_info().rss, threads=threads,
        widgets=len(_instances), comms=len(get_comm_manager().comms),
    )
"""


@pytest.mark.slow
def test_memory_widgets_comms_and_threads_stay_flat():
    manager, client = start_new_kernel(startup_timeout=60)
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
    first, last = map(json.loads, "".join(printed).split("\n")[:2])
    assert last["threads"] == first["threads"] == []
    assert last["widgets"] == first["widgets"]
    assert last["comms"] == first["comms"]
    print("FIG", first, last)
    assert last["bytes"] - first["bytes"] < GROWTH, (first, last)
