"""What observers cost: our stream beside sse-starlette and Starlette's StreamingResponse, in one run.

Each server is a process of its own, the observers are this one. Events are about 200 bytes and carry the
moment they were published (CLOCK_MONOTONIC, one clock for all processes). `µs an event` is the server's
CPU time, publishing included, over events delivered; `KiB` its growth an observer; `observers busy` how
much of its time this process worked: near 100 % it, not the server, would be what is measured.

    python benchmarks/observers.py                # everything, about two minutes
    python benchmarks/observers.py crowd stop     # some parts only: see PARTS
    python benchmarks/observers.py --quick        # everything, small: whether it still runs
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd
from observed.crowd import Observers, Served

LIVE = "{:,} × {:g} events a second, for {:g} s"
SERVERS = ("ours", "sse-starlette", "StreamingResponse")
KIB, MIB = 1024, 1024 * 1024


class Goal(NamedTuple):
    """What our figure in a column is to be: at most, or at least, so much."""

    column: str
    most: float | None = None
    least: float | None = None

    def met(self, value: float) -> bool:
        """Whether the figure is what it is to be."""
        return value <= self.most if self.most is not None else self.least is not None and value >= self.least

    def verdict(self, value: float) -> str:
        """The figure beside its goal, in words."""
        bound = f"≤ {self.most:g}" if self.least is None else f"≥ {self.least:g}"
        return f"{'met   ' if self.met(value) else 'MISSED'} {self.column}: {value:.4g} (goal {bound})"


def live(kind: str, observers: int, rate: float, seconds: float) -> dict[str, float]:
    """So many observers of so many events a second."""
    with Served(kind) as server:
        idle = server.ask("cost")
        watching = Observers(server, observers)
        watching.read(time.monotonic() + 2.0)
        watching.forget()
        before, busy = server.ask("cost"), time.process_time()
        began, sent = time.monotonic(), int(rate * seconds)
        server.begin("publish", rate, seconds, 200)
        watching.read(began + seconds + 3.0, enough=sent)
        busy, took = time.process_time() - busy, time.monotonic() - began
        server.done()
        cpu = server.ask("cost")["cpu"] - before["cpu"]
    delivered = sum(watching.events)
    late = sorted(watching.latencies) or [float("nan")]
    return {
        "delivered %": 100 * delivered / (sent * observers),
        "p50 ms": 1000 * late[len(late) // 2],
        "p99 ms": 1000 * late[min(len(late) - 1, int(len(late) * 0.99))],
        "µs an event": 1e6 * cpu / max(1, delivered),
        "KiB an observer": (before["rss"] - idle["rss"]) / observers / KIB,
        "observers busy %": 100 * busy / took,
    }


def unread(kind: str, idle: int, seconds: float) -> dict[str, float]:
    """`idle` observers that never read beside one that does, while 4 MiB a second are told."""
    with Served(kind) as server:
        healthy = Observers(server, 1)
        most = []
        for never in ([], range(idle)):
            stuck = [server.connect() for _ in never]
            healthy.read(time.monotonic() + 0.5)
            healthy.forget()
            server.begin("publish", 1000, seconds, 4096)
            healthy.read(time.monotonic() + seconds + 3.0, enough=int(1000 * seconds))
            most.append(server.done()["most"])
        for one in stuck:
            one.close()
    return {"healthy one got %": healthy.events[0] / (10 * seconds), "MiB more": (most[1] - most[0]) / MIB}


def fickle(kind: str, times: int) -> dict[str, float]:
    """So many observers that connect and leave at once."""
    with Served(kind) as server:
        server.come_and_go(times // 10)
        time.sleep(1)
        before, began = server.ask("cost"), time.monotonic()
        server.come_and_go(times - times // 10)
        took = time.monotonic() - began
        time.sleep(2)
        after = server.ask("cost")
    return {
        "subscribers left": after["subscribers"],
        "MiB after a tenth": before["rss"] / MIB,
        "MiB at the end": after["rss"] / MIB,
        "MiB grown": (after["rss"] - before["rss"]) / MIB,
        "descriptors grown": after["descriptors"] - before["descriptors"],
        "threads grown": after["threads"] - before["threads"],
        "cycles a second": (times - times // 10) / took,
    }


def stop(kind: str, streams: int) -> dict[str, float]:
    """Stop a server that has so many streams open; five seconds mean that it did not."""
    with Served(kind) as server:
        watching = Observers(server, streams)
        watching.read(time.monotonic() + 1.0)
        server.begin("stop")
        watching.read(time.monotonic() + 6.0)
        return {"seconds": server.done()["seconds"], "ended whole": watching.whole}


class Part(NamedTuple):
    """A table: what is measured of each server, at what size, and what ours is to reach."""

    title: str
    measure: Callable[..., dict[str, float]]
    size: tuple[int | float, ...]
    quick: tuple[int | float, ...]
    goals: tuple[Goal, ...]


PARTS = {
    "crowd": Part(
        LIVE,
        live,
        (1000, 100, 5),
        (20, 50, 0.5),
        (
            Goal("delivered %", least=100),
            Goal("p99 ms", most=250),
            Goal("µs an event", most=10),
            Goal("KiB an observer", most=16),
            Goal("times the work: sse-starlette", least=6),
        ),
    ),
    "hundred": Part(
        LIVE,
        live,
        (100, 100, 5),
        (10, 50, 0.5),
        (Goal("delivered %", least=100), Goal("p99 ms", most=15)),
    ),
    "one": Part(
        LIVE,
        live,
        (1, 100, 3),
        (1, 50, 0.5),
        (Goal("p50 ms", most=10),),
    ),
    "unread": Part(
        "{} that never read beside one that does, told 4 MiB a second for {:g} s",
        unread,
        (20, 5),
        (2, 0.2),
        (Goal("healthy one got %", least=100), Goal("MiB more", most=8)),
    ),
    "fickle": Part(
        "{:,} times connected and left",
        fickle,
        (10_000,),
        (100,),
        (Goal("subscribers left", most=0), Goal("MiB grown", most=4)),
    ),
    "stop": Part(
        "stopped with {} streams open (5 s: it did not)",
        stop,
        (100,),
        (10,),
        (Goal("seconds", most=0.5), Goal("ended whole", least=100)),
    ),
}


def main(names: list[str], quick: bool) -> bool:
    """Print a table a part, ours first, and what came of the goals; say whether all were met.

    Small runs are not judged.
    """
    met = True
    for name in names:
        part = PARTS[name]
        size = part.quick if quick else part.size
        table = pd.DataFrame.from_dict({kind: part.measure(kind, *size) for kind in SERVERS}, orient="index")
        print(f"\n{name}: {part.title.format(*size)}")
        ours = table.loc["ours"].to_dict()
        if part.measure is live:
            table["× our work"] = table["µs an event"] / ours["µs an event"]
            ours["times the work: sse-starlette"] = table.loc["sse-starlette", "× our work"]
        print(table.round(2).to_string())
        if not quick:
            print(*(goal.verdict(ours[goal.column]) for goal in part.goals), sep="\n", flush=True)
            met = met and all(goal.met(ours[goal.column]) for goal in part.goals)
    return met


if __name__ == "__main__":
    given = [name for name in sys.argv[1:] if name != "--quick"]
    sys.exit(not main(given or [*PARTS], "--quick" in sys.argv))
