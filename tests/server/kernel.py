"""A kernel of its own that plays jobs and serves them, until it is killed: `python -m tests.server.kernel`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import Journal
from aura_nb.jobs.queue import QUEUE
from aura_nb.server.serve import Server
from tests.server.played import line, progress


def main(path: str, port: str, token: str, jobs: str) -> None:
    """Say the jobs' ids, then have each tell a line and a step for every line of the standard input."""
    QUEUE.limit = int(jobs)
    journal = Journal(Path(path))
    said = threading.Semaphore(0)
    reporters = []

    def work(report, cancel):
        reporters.append(report)
        said.release()
        cancel.wait(600)
        raise RuntimeError("nobody killed this kernel")

    played = [Job(f"Job {number}", work, journal=journal).start() for number in range(int(jobs))]
    for _ in played:
        said.acquire()
    Server(journal, lambda *_: played[0], port=int(port), token=token).start()
    print(*(job.id for job in played), flush=True)
    for number, _ in enumerate(sys.stdin):
        for report in reporters:
            report(line(f"line {number} {'x' * (number * 37 % 900)}"))
            report(progress(1, number))
        print(number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
