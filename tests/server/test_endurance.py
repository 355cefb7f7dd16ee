"""The stream's promises where connections, observers and kernels come to harm: real sockets, real processes.

Faults are those of the program whose contract we keep, each of which must be impossible here.
"""

from __future__ import annotations

import ctypes
import json
import random
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import defaultdict

import psutil
import pytest
from starlette.middleware.gzip import GZipMiddleware

from aura_nb.jobs.journal import Journal
from aura_nb.server.serve import Server
from aura_nb.server.stream import Pace
from tests.server.played import line, progress
from tests.server.wire import Address, Told, Wire

TOKEN = "t" * 43
ENDS = ("job-completed", "job-failed", "job-cancelled")


def address(server: Server) -> Address:
    return Address(server.port, server.token)


def until(condition, seconds: float = 20) -> bool:
    """Wait until it holds; say whether it does."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


class Fickle(threading.Thread):
    """An observer whose connection breaks `cuts` times, anywhere: it goes on from the last event it has whole."""

    def __init__(self, at: Address, target: str, jobs: int, seed: int, cuts: int) -> None:
        super().__init__(daemon=True)
        self._at = at
        self._target = target
        self._left = jobs
        self._chance = random.Random(seed)
        self.cuts = cuts
        self.seqs: dict[str, list[int]] = defaultdict(list)
        self.ends: list[str] = []
        self._last = ""

    def run(self) -> None:
        while self._left:
            try:
                self._watch()
            except (OSError, EOFError):
                # As an EventSource: it comes back, to this kernel or to the next.
                time.sleep(0.02)

    def _watch(self) -> None:
        headers = [f"Last-Event-ID: {self._last}"] if self._last else []
        room = self._chance.randint(1, 3000) if self.cuts else None
        with Wire(self._at, self._target, *headers) as wire:
            while self._left and not wire.whole:
                for told in wire.take(room - wire.bytes if room else 65536):
                    self._hear(told)
                if room and wire.bytes >= room:
                    self.cuts -= 1
                    wire.reset() if self._chance.random() < 0.5 else wire.close()
                    return

    def _hear(self, told: Told) -> None:
        event = json.loads(told.data)
        self._last = told.id
        self.seqs[event["jobId"]].append(event["seq"])
        if told.type in ENDS:
            self.ends.append(event["status"])
            self._left -= 1


@pytest.mark.parametrize(
    "cuts", [5, pytest.param(100, marks=[pytest.mark.slow, pytest.mark.timeout(280)])], ids="{} cuts each".format
)
def test_nothing_is_lost_or_repeated_when_connections_break_anywhere_and_the_kernel_is_killed(tmp_path, cuts):
    """Fault 1: `Last-Event-ID` was read, but nothing was replayed.

    Twenty observers, half of one job and half of all: every connection breaks, by FIN or by RST, at a
    random byte; then the kernel is killed, and what it kept is told by the next one at the same port.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        at = Address(free.getsockname()[1], TOKEN)
    path = tmp_path / "journal.sqlite3"
    command = [sys.executable, "-m", "tests.server.kernel", str(path), str(at.port), TOKEN, "3"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as kernel:
        jobs = kernel.stdout.readline().split()
        observers = [
            Fickle(at, f"api/jobs/{jobs[seed % 3]}/events", 1, seed, cuts)
            if seed % 2
            else Fickle(at, "api/events", 3, seed, cuts)
            for seed in range(20)
        ]
        for observer in observers:
            observer.start()
        for _ in range(20 * cuts):
            kernel.stdin.write("\n")
            kernel.stdin.flush()
            kernel.stdout.readline()
        kernel.kill()
    journal = Journal(path)
    with Server(journal, lambda *_: None, port=at.port, token=TOKEN):
        for observer in observers:
            observer.join(200)
    whole = {job: list(range(1, journal.row(job).seq + 1)) for job in jobs}
    journal.close()
    assert all(len(seqs) > 40 * cuts for seqs in whole.values())
    for seed, observer in enumerate(observers):
        assert observer.seqs == ({jobs[seed % 3]: whole[jobs[seed % 3]]} if seed % 2 else whole)
        assert set(observer.ends) == {"crashed"}
    assert [observer.cuts for observer in observers] == [0] * 20


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_stream_that_has_nothing_to_tell_for_two_minutes_stays_open(serve, play):
    # The second waits for its turn, so that nobody warns of a job that does not move.
    server, first, job = serve(pace=Pace()), play(), play()
    seen: list[Told] = []
    with Wire(address(server), f"api/jobs/{job.job.id}/events") as wire:
        while not seen or "Waits for" not in seen[-1].data:
            seen += wire.take()
        before = len(wire.chunks)
        began, cpu = time.monotonic(), time.process_time()
        while time.monotonic() - began < 120:
            seen += wire.take()
        beats, cpu = wire.chunks[before:], time.process_time() - cpu
        first.end()
        while "running" not in seen[-1].data:
            seen += wire.take()
    assert set(beats) == {b": heartbeat\n"}
    # Every 5 s, or up to a tenth later.
    assert 120 / 5.5 - 1 <= len(beats) <= 120 / 5 + 2
    # Nothing turns in circles: a second of work in two minutes would be much.
    assert cpu < 12


@pytest.mark.parametrize("target", ["api/jobs/{}/events", "api/events"])
def test_no_middleware_compresses_or_withholds_what_is_told(journal, play, target):
    """Seed fix 1: compression held the events back until its buffer was full."""
    server, job = Server(journal, lambda *_: None, port=0), play()
    # As a host would that compresses everything it can: the test's one look inside.
    server._app = GZipMiddleware(server._app, minimum_size=1)
    with (
        server.start(),
        Wire(address(server), target.format(job.job.id), "Accept-Encoding: gzip, br, deflate") as wire,
    ):
        told: list[Told] = []
        while not any(event.type == "job-status" and "running" in event.data for event in told):
            told += wire.take()
        before = len(wire.chunks)
        for number in range(20):
            job.say(line(f"line {number}."))
            news: list[Told] = []
            # The next line is not said before this one is here: each comes by itself, in a chunk of its own.
            while not news:
                news += wire.take()
            assert [json.loads(event.data)["message"] for event in news] == [f"line {number}."]
    spoken = [chunk for chunk in wire.chunks[before:] if not chunk.startswith(b":")]
    assert len(spoken) == 20
    assert all(chunk.startswith(b"id: ") and chunk.endswith(b"\n\n") for chunk in spoken)
    assert b"content-encoding: identity" in wire.head.lower()
    assert b"content-length" not in wire.head.lower()


@pytest.mark.slow
def test_twenty_that_never_read_hold_a_bounded_piece_and_are_let_go_and_the_others_miss_nothing(serve, play):
    """Fault 7: what was told queued up without bound for whoever did not read."""
    server, job = serve(pace=Pace(heartbeat=0.2, vanished=2.0)), play()
    at, process = address(server), psutil.Process()
    heard: list[str] = []

    def listen() -> None:
        with Wire(at, f"api/jobs/{job.job.id}/events", timeout=60) as wire:
            while not any(kind in heard for kind in ENDS):
                heard.extend(told.type for told in wire.take())
                wire.chunks.clear()

    def tell(rounds: int) -> int:
        """Tell half a megabyte so many times; how large the process was at most."""
        most = 0
        for _ in range(rounds):
            told = heard.count("job-log") + 25
            job.say(*(line(f"{number} {'x' * 20_000}") for number in range(25)))
            assert until(lambda told=told: heard.count("job-log") == told)
            most = max(most, process.memory_info().rss)
        return most

    healthy = threading.Thread(target=listen, daemon=True)
    healthy.start()
    # Whatever the log, its journal and the one that reads take is taken by then.
    before = tell(20)
    idle = [Wire(at, target) for target in (f"api/jobs/{job.job.id}/events", "api/events") for _ in range(10)]
    assert until(lambda: server.hub.streams == 1 + len(idle))
    # 20 MB in all, more than any socket holds; a queue for each of them would be 400 MB.
    assert tell(40) - before < 8 * 2**20
    assert until(lambda: server.hub.streams == 1), "those that never read are not let go"
    job.end()
    healthy.join(20)
    assert heard.count("job-log") == 1500
    assert heard[-1] == "job-failed"
    for wire in idle:
        wire.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems cannot be told when a peer counts as gone")
@pytest.mark.parametrize(
    "pace",
    [Pace(heartbeat=0.5, vanished=0.4), pytest.param(Pace(heartbeat=2, vanished=1.6), marks=pytest.mark.slow)],
    ids=lambda pace: f"every {pace.heartbeat} s",
)
@pytest.mark.parametrize("target", ["api/jobs/{}/events", "api/events"])
def test_one_that_vanished_without_a_word_is_noticed_within_two_heartbeats(serve, play, target, pace):
    server, job = serve(pace=pace), play()
    with Wire(address(server), target.format(job.job.id)) as wire:
        assert until(lambda: server.hub.streams == 1)
        while not wire.chunks:
            wire.take()
        go_dark(wire.socket)
        # And a second for a machine that is busy with other tests.
        assert until(lambda: server.hub.streams == 0, 2 * pace.heartbeat + 1)


def go_dark(sock: socket.socket) -> None:
    """Drop all that comes for `sock`, unacknowledged, as a cable does that was pulled.

    By a filter that lets nothing through (https://docs.kernel.org/networking/filter.html).
    """
    nothing = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    attach_filter = 26
    sock.setsockopt(socket.SOL_SOCKET, attach_filter, struct.pack("HL", 1, ctypes.addressof(nothing)))


def test_a_peer_is_given_less_than_a_heartbeat_to_acknowledge_what_was_sent():
    pace = Pace()
    # The heartbeat itself may be a tenth late.
    assert 1.1 * pace.heartbeat + pace.vanished <= 2 * pace.heartbeat


@pytest.mark.parametrize(
    "cycles",
    [300, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(280)])],
    ids="{} times".format,
)
def test_those_that_come_and_go_leave_nothing_behind(serve, play, cycles):
    server, job, process = serve(), play(), psutil.Process()
    at, chance = address(server), random.Random(4)
    targets = (f"api/jobs/{job.job.id}/events", f"api/jobs/{job.job.id}/events?lastEventId=1", "api/events")

    def come_and_go(times: int) -> None:
        for number in range(times):
            wire = Wire(at, targets[number % 3])
            # Before the answer, within it, or when it is there.
            if number % 4:
                wire.take(chance.randint(1, 400))
            wire.reset() if number % 2 else wire.close()
        assert until(lambda: server.hub.streams == 0), "observers that left are still counted"

    come_and_go(cycles // 10)
    assert until(lambda: not server._uvicorn.server_state.connections)
    before = process.memory_info().rss, process.num_fds(), threading.active_count()
    come_and_go(cycles - cycles // 10)
    # The pool that reads the journal has a handful of threads, and may not have had all of them before.
    assert until(lambda: process.num_fds() < before[1] + 8)
    assert threading.active_count() < before[2] + 8
    assert process.memory_info().rss - before[0] < 8e6
    assert not server.hub._bells
    assert all(not feed.observers for feed in server.hub._feeds.values())


def test_stopping_ends_a_hundred_streams_with_their_last_chunk_and_cuts_those_that_never_read(serve, play):
    server, job = serve(pace=Pace(heartbeat=5, vanished=600)), play()
    at = address(server)
    targets = (f"api/jobs/{job.job.id}/events", "api/events")
    # More than any socket holds.
    job.say(*(line(f"{number} {'x' * 20_000}") for number in range(500)))
    assert until(lambda: job.job.log.seq >= 502)
    stuck = [Wire(at, targets[n % 2]) for n in range(4)]
    # The test's look inside: the server's own buffers fill once the sockets' are full.
    connections = server._uvicorn.server_state.connections
    assert until(lambda: sum(one.transport.get_write_buffer_size() > 60_000 for one in connections) == 4)
    observers = [Wire(at, f"{targets[0]}?lastEventId=502" if n % 2 else targets[1]) for n in range(100)]
    assert until(lambda: server.hub.streams == 104)
    readers = [threading.Thread(target=read_whole, args=(wire,), daemon=True) for wire in observers]
    for reader in readers:
        reader.start()
    assert until(lambda: all(wire.chunks for wire in observers))
    began = time.monotonic()
    server.stop()
    # Half a second is what is promised; the rest is for a machine that is busy with other tests.
    assert time.monotonic() - began < 1
    assert not server.running
    for reader in readers:
        reader.join(20)
    assert [wire.whole for wire in observers] == [True] * 100
    again = serve(port=server.port)
    assert again.port == server.port
    with Wire(address(again), targets[0]) as wire:
        while not wire.take():
            pass
    for wire in (*observers, *stuck):
        wire.close()


def test_stopping_waits_for_no_request_that_is_never_sent_whole(serve):
    server = serve(control=True)
    with Wire(address(server), "health") as wire:
        wire.take()
        half = f"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token}\r\n"
        wire.socket.sendall(f"{half}Content-Length: 100\r\n\r\n{{".encode())
        assert until(lambda: server._uvicorn.server_state.tasks)
        server.stop()
        assert not server.running


def read_whole(wire: Wire) -> None:
    while not wire.whole:
        wire.take()


def test_an_observer_that_always_has_something_to_read_is_ended_in_its_time_too(serve, play):
    server, job = serve(pace=Pace(heartbeat=0.2, life=0.4)), play()
    stop = threading.Event()

    def talk() -> None:
        number = 0
        while not stop.wait(0.001):
            job.say(line(f"line {(number := number + 1)}"))

    talker = threading.Thread(target=talk, daemon=True)
    talker.start()
    try:
        for target in (f"api/jobs/{job.job.id}/events", "api/events"):
            with Wire(address(server), target) as wire:
                read_whole(wire)
    finally:
        stop.set()
        talker.join(10)


@pytest.mark.slow
@pytest.mark.parametrize(("observers", "rate", "seconds"), [(1, 100, 3), (100, 100, 3)])
def test_all_is_told_whole_to_one_and_to_a_hundred_observers(serve, play, observers, rate, seconds):
    """Lines and steps, at the rate that is promised; how fast is the benchmark's to say."""
    server, job = serve(), play()
    seqs: list[list[int]] = [[] for _ in range(observers)]

    def listen(mine: list[int]) -> None:
        with Wire(address(server), f"api/jobs/{job.job.id}/events", timeout=60) as wire:
            while not wire.whole:
                mine += [int(told.id) for told in wire.take()]

    threads = [threading.Thread(target=listen, args=(mine,), daemon=True) for mine in seqs]
    for thread in threads:
        thread.start()
    assert until(lambda: all(seqs))
    for number in range(rate * seconds // 2):
        job.say(line(f"line {number}."), progress(number / 10, number))
        time.sleep(2 / rate)
    assert until(lambda: job.job.log.seq == 2 + rate * seconds)
    job.end()
    for thread in threads:
        thread.join(60)
    assert seqs == [[*range(1, job.job.log.seq + 1)]] * observers
