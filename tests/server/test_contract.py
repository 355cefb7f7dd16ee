"""schemathesis, against a real server: what it answers is what its description says, whatever it is asked.

All phases and all checks, with data that fits the description and data that does not. Bounded by how much is
asked, not by the clock: on a slow machine a limit in seconds left most operations unasked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from aura_nb.jobs.job import Job
from aura_nb.request import Request
from aura_nb.server.access import PURE
from aura_nb.server.operations import CODES, OPERATIONS
from aura_nb.server.serve import Server
from aura_nb.server.stream import Pace

CONFIG = """
seed = 4

# A stream ends by itself after as long as the server's pace allows.
request-timeout = 10

[generation]
max-examples = {examples}
deterministic = true
database = "none"

{parameters}

{operations}
"""

# What no schema can say: whether a language is registered, a scene's picture there, a provider installed, and
# how long a film is, of which a range is asked.
UNSAID = frozenset({404, 409, 416, 422})
OF_ONE = """
[[operations]]
include-operation-id = "{name}"
checks.positive_data_acceptance.expected-statuses = {statuses}
"""
# A brief is read as from a file: "30" is 30, and one line a list of one. The tests of `spec` have what is refused.
LENIENT = 'checks.negative_data_rejection.expected-statuses = ["201", "400", "403", "409", "415", "422"]\n'
# Observers are refused a job before the brief is read: its hundreds of wrong fields are for the other run.
UNREAD = "phases.coverage.enabled = false\n"


def operations(control: bool) -> str:
    """What each operation may answer to what fits its description: what it does, and what only itself refuses."""
    parts = []
    for path, methods in OPERATIONS.items():
        for method, operation in methods.items():
            refused = {CODES[code].status for code in operation.problems} & UNSAID
            if method == "post" and path not in PURE and not control:
                refused.add(CODES["READ_ONLY"].status)
            statuses = json.dumps(["2xx", "3xx", *map(str, sorted(refused))])
            parts.append(OF_ONE.format(name=operation.name, statuses=statuses))
            if operation.name == "begin":
                parts.append(LENIENT if control else UNREAD)
    return "".join(parts)


@pytest.mark.slow
@pytest.mark.parametrize("control", [False, True], ids=["observers", "control"])
def test_it_finds_nothing(journal, film, tmp_path: Path, control: bool):
    path = tmp_path / "sky.mp4"
    path.write_bytes(bytes(1000))

    def begin(fields, correlation_id, retry_of=None) -> Job:
        Request.parse(fields).check()
        made = replace(film, path=path)
        return Job("Tides", lambda report, cancel: made, journal=journal, spec=dict(fields)).start()

    job = begin({"topic": "Whales"}, "")
    assert job.wait(10)
    # With control, all ids are those of a job there is; without, they are whatever comes to mind.
    parameters = f'[parameters]\n"path.id" = "{job.id}"' if control else ""
    config = tmp_path / "schemathesis.toml"
    config.write_text(
        CONFIG.format(examples=5, parameters=parameters, operations=operations(control)),
        encoding="utf-8",
    )
    with Server(journal, begin, port=0, control=control, pace=Pace(heartbeat=0.05, life=0.2)) as server:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
                *("run", f"{server.base_url}api/openapi.json", "--url", server.base_url, "--checks", "all"),
                *("-H", f"Authorization: Bearer {server.token}", "--continue-on-failure", "--no-color"),
            ],
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=900,
        )
    print(done.stdout)
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"Tested: {sum(map(len, OPERATIONS.values()))}" in done.stdout
