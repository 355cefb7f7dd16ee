"""In a real kernel: what a front end sends to a job's widget arrives, whatever it did to its subshells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

START = """
import threading
from comm import create_comm
from aura_nb.jobs import Job

channel, told = create_comm(target_name="view"), threading.Event()

def work(report, cancel):
    while not cancel.wait(0.01):
        channel.send({"percent": 1})  # as a widget does from the thread that watches the job
        told.set()
    cancel.check()

job = Job("Sky", work).start()
channel.on_msg(lambda message: job.cancel())
assert told.wait(30)
print(channel.comm_id)
"""


@pytest.fixture
def client() -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel(startup_timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client: BlockingKernelClient, code: str) -> str:
    printed: list[str] = []

    def hear(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    reply = client.execute_interactive(code, output_hook=hear, timeout=60)
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(printed).strip()


def control(client: BlockingKernelClient, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    client.control_channel.send(client.session.msg(kind, content))
    return client.get_control_msg(timeout=30)["content"]


@pytest.mark.slow
def test_a_cancel_arrives_after_the_page_was_reloaded(client):
    """ipykernel 7.4 expects answers in the subshell it heard last, unless the thread has its cell's context."""
    comm_id = run(client, START)
    for _ in range(3):
        subshell = control(client, "create_subshell_request", {})["subshell_id"]
        message = client.session.msg("comm_info_request", {})
        message["header"]["subshell_id"] = subshell
        client.shell_channel.send(message)
        while client.get_shell_msg(timeout=30)["parent_header"]["msg_id"] != message["header"]["msg_id"]:
            pass
        for _ in range(3):  # the job speaks again, now that the subshell was the last one heard
            while client.get_iopub_msg(timeout=30)["msg_type"] != "comm_msg":
                pass
        assert control(client, "delete_subshell_request", {"subshell_id": subshell})["status"] == "ok"
    client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": comm_id, "data": {"do": "cancel"}}))
    assert run(client, "job.wait(5); print(job.status)") == "cancelled"
