"""The stream's rules, over a real socket: all of it, once, in order, at once, from anywhere."""

from __future__ import annotations

import itertools
import json
import random
import re
import socket
import threading
import time

import httpx
import pytest
from httpx_sse import connect_sse

from aura_nb.jobs.events import ENDINGS
from aura_nb.jobs.journal import Journal
from aura_nb.pipeline.context import Report
from aura_nb.server.stream import Pace
from tests.server.conftest import open_client
from tests.server.played import line, progress


def read(client: httpx.Client, path: str, *, after: int | None = None, most: int | None = None) -> list:
    """The events of a stream to its end, or the first `most`."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    found = []
    with connect_sse(client, "GET", path, headers=headers) as source:
        assert source.response.status_code == 200
        for event in source.iter_sse():
            found.append(event)
            if len(found) == most:
                break
    return found


def path(job, name: str = "events") -> str:
    return f"api/jobs/{job.id}/{name}"


class Raw:
    """An observer that sees the bytes."""

    def __init__(self, server, target: str, *headers: str, version: str = "1.1") -> None:
        self.socket = socket.create_connection((server.host, server.port), timeout=10)
        lines = [
            f"GET /{target} HTTP/{version}",
            "Host: localhost",
            f"Authorization: Bearer {server.token}",
            *headers,
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.seen = b""

    def until(self, text: bytes) -> bytes:
        """All that came until `text` did."""
        while text not in self.seen:
            data = self.socket.recv(65536)
            assert data, f"the stream ended before {text!r}: {self.seen[-300:]!r}"
            self.seen += data
        return self.seen

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


@pytest.mark.parametrize("name", ["events", "progress/stream"])
def test_every_event_is_told_once_in_order_and_the_last_ends_the_stream(client, play, film, name):
    """Fault 16: two streams told the same in other names. Here they are one, as the kernel tells it."""
    job = play(film=film)
    job.say(progress(10), line("one"), progress(50, 2), line("two"))
    job.end()
    told = read(client, path(job.job, name))
    events = [json.loads(event.data) for event in told]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event.id for event in told] == [str(event["seq"]) for event in events]
    assert [event.event for event in told] == [event["type"] for event in events]
    assert (events[-1]["type"], events[-1]["percent"]) == ("job-completed", 100)
    kept = [json.loads(event.encode()) for event in job.job.events()]
    # Observers are told no folder: a test of its own.
    kept[-1]["data"]["film"] = film.path.name
    assert events == kept


def test_an_event_does_not_wait_for_the_next(server, play):
    job = play()
    with Raw(server, path(job.job)) as observer:
        for number in range(5):
            job.say(line(f"line {number}."))
            observer.until(f"line {number}.".encode())


def test_headers_keep_proxies_from_holding_or_changing_it_and_nothing_is_compressed(server, play):
    job = play()
    job.say(line("x" * 5000))
    with Raw(server, path(job.job), "Accept-Encoding: gzip, deflate, br") as observer:
        head, _, rest = observer.until(b"x" * 5000).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    headers = dict(re.findall(r"(?m)^([\w-]+): (.*?)\r?$", head.decode()))
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["cache-control"] == "no-store, no-transform"
    assert headers["x-accel-buffering"] == "no"
    assert headers["content-encoding"] == "identity"
    # Within the first event, whichever chunks it comes in.
    told = re.sub(rb"(^|\r\n)[0-9a-f]+\r\n", b"", rest)
    assert told.startswith(b": connected\nretry: 2000\nid: 1\n")


def test_a_stream_without_news_says_at_once_that_it_is_there_and_then_that_it_lives(server, play):
    job = play()
    job.say(line("now"))
    with open_client(server) as client:
        seen = len(read(client, path(job.job), most=3))
    with Raw(server, path(job.job), f"Last-Event-ID: {seen}") as observer:
        observer.until(b": connected")
        observer.until(b": heartbeat")
        assert b"\nid:" not in observer.seen


@pytest.mark.parametrize("how", ["header", "query"])
def test_it_goes_on_behind_the_event_that_was_seen_last(client, play, how):
    job = play()
    job.say(*(line(f"line {number}") for number in range(20)))
    job.end()
    whole = [event.id for event in read(client, path(job.job))]
    if how == "header":
        rest = read(client, path(job.job), after=7)
    else:
        rest = read(client, f"{path(job.job)}?lastEventId=7")
    assert [event.id for event in rest] == whole[7:]


def test_who_has_all_of_an_ended_job_is_told_to_stay_away(client, play):
    job = play()
    job.end()
    last = read(client, path(job.job))[-1]
    answer = client.get(path(job.job), headers={"Last-Event-ID": last.id})
    assert (answer.status_code, answer.content) == (204, b"")


def test_who_saw_more_than_was_kept_is_told_the_end_all_the_same(client, play):
    job = play()
    job.end()
    # A kernel that died may have shown more than its journal has; its end has a lower number then.
    (last,) = read(client, path(job.job), after=999)
    assert (last.event, last.id) == ("job-failed", str(job.job.log.seq))
    assert client.get(path(job.job), headers={"Last-Event-ID": last.id}).status_code == 204


@pytest.mark.parametrize("given", ["-1", "1.5", "x", "9" * 30, "١"])
def test_an_event_id_that_is_none_is_refused(client, play, given):
    job = play()
    answer = client.get(f"{path(job.job)}", params={"lastEventId": given})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "BAD_EVENT_ID")


@pytest.mark.parametrize(
    ("how", "last", "status"), [("fail", "job-failed", "failed"), ("cancel", "job-cancelled", "cancelled")]
)
def test_a_job_without_a_film_ends_in_its_own_event(client, play, how, last, status):
    """Fault 2: the stream ended in `job-completed`, whatever had become of the job."""
    job = play()
    job.job.cancel() if how == "cancel" else job.end()
    told = read(client, path(job.job))
    end = json.loads(told[-1].data)
    assert (end["type"], end["status"]) == (last, status)
    assert not ENDINGS.keys() & {event.event for event in told[:-1]}


def test_what_comes_after_the_end_is_told_to_nobody(client, play):
    """Fault 3: progress that came late turned a completed job back to running."""
    job = play()
    job.end()
    whole = [event.data for event in read(client, path(job.job))]
    for kind, status in (("step-progress", None), ("job-status", "running"), ("job-completed", None)):
        assert job.job.log.append(kind, "late", status=status, stage="picture", percent=99.0) is None
    assert [event.data for event in read(client, path(job.job))] == whole
    assert client.get(f"api/jobs/{job.job.id}").json()["status"] == "failed"


def test_a_job_of_a_past_kernel_is_told_from_the_journal(client, play, journal: Journal):
    job = play()
    job.say(*(line(f"line {number}") for number in range(30)))
    job.end()
    again = Journal(journal.path)
    try:
        assert len(read(client, path(job.job))) == again.row(job.job.id).seq
    finally:
        again.close()


def test_an_old_event_comes_from_the_journal_when_the_ring_has_let_it_go(client, play):
    job = play()
    job.say(*(line(f"{number} {'x' * 4000}") for number in range(150)))
    job.job.log.wait(0)
    while job.job.log.seq < 150:
        time.sleep(0.01)
    assert job.job.log.recent(0) is None
    ids = [int(event.id) for event in read(client, path(job.job), most=150)]
    assert ids == list(range(1, 151))


def test_a_stream_ends_by_itself_after_its_life_and_is_resumed_without_loss(serve, play):
    server, job = serve(pace=Pace(heartbeat=0.1, life=0.3)), play()
    ids: list[int] = []
    with open_client(server) as client:
        for number in range(6):
            job.say(line(f"line {number}"))
            ids += [int(event.id) for event in read(client, path(job.job), after=ids[-1] if ids else None)]
    assert ids == list(range(1, len(ids) + 1))
    assert len(ids) >= 8


def observe(server, job, seed: int, cuts: int, found: dict[int, list[int]]) -> None:
    """Read a job to its end over connections that break at random places, and keep the ids."""
    chance = random.Random(seed)
    ids: list[int] = []
    with open_client(server) as client:
        while True:
            most = chance.randint(1, 12) if cuts else None
            cuts -= 1 if cuts else 0
            headers = {"Last-Event-ID": str(ids[-1])} if ids else {}
            with connect_sse(client, "GET", path(job), headers=headers) as source:
                if source.response.status_code == 204:
                    break
                for count, event in enumerate(source.iter_sse(), 1):
                    ids.append(int(event.id))
                    if count == most:
                        break
                if event.event.startswith("job-failed"):
                    break
    found[seed] = ids


@pytest.mark.parametrize(
    ("observers", "cuts"), [(4, 10), pytest.param(20, 100, marks=[pytest.mark.slow, pytest.mark.timeout(240)])]
)
def test_connections_that_break_anywhere_lose_and_repeat_nothing(server, play, observers, cuts):
    job, found = play(), {}
    threads = [
        threading.Thread(target=observe, args=(server, job.job, seed, cuts, found)) for seed in range(observers)
    ]
    for thread in threads:
        thread.start()
    for number in range(4 * cuts):
        job.say(line(f"line {number}"))
        time.sleep(0.002)
    job.end()
    for thread in threads:
        thread.join(200)
    whole = list(range(1, job.job.log.seq + 1))
    assert [found.get(seed) for seed in range(observers)] == [whole] * observers


@pytest.mark.parametrize("over", [False, True], ids=["running", "ended"])
def test_what_is_asked_for_by_a_cursor_is_told_whole_however_much_it_is(client, play, over):
    """Fault 1: replay left out steps of which many were told."""
    played = play()
    job = played.job
    played.say(*(progress(number / 4, number) for number in range(300)))
    while job.log.seq < 302:
        time.sleep(0.005)
    if over:
        played.end()
    for after in (0, 1, 150):
        for target, cursor in ((path(job), f"{after}"), ("api/events", f"{job.id}:{after}")):
            seqs: list[int] = []
            with connect_sse(client, "GET", target, params={"lastEventId": cursor}) as source:
                for event in of_jobs(source):
                    seqs.append(event.json()["seq"])
                    if seqs[-1] == job.log.seq:
                        break
            assert seqs == [*range(after + 1, job.log.seq + 1)]


def test_one_that_does_not_read_holds_up_nobody_and_loses_only_steps(server, play):
    job = play()
    with Raw(server, path(job.job)) as idle, open_client(server) as client:
        idle.until(b"id: 1\n")
        for number in range(300):
            job.say(line(f"{number} {'x' * 3000}"), progress(number / 4, number))
        job.end()
        healthy = [json.loads(event.data) for event in read(client, path(job.job))]
        lines = [event["message"].split()[0] for event in healthy if event["type"] == "job-log"]
        assert lines == [str(number) for number in range(300)]
        # It wakes up: every line is there all the same.
        late = idle.until(b"event: job-failed").decode(errors="replace")
        assert set(re.findall(r'"message":"(\d+) x', late)) == {str(number) for number in range(300)}


def test_observers_that_left_are_forgotten(server, play):
    job = play()
    for _ in range(20):
        with Raw(server, path(job.job)) as observer:
            observer.until(b"id: 1\n")
    deadline = time.monotonic() + 10
    while server.hub.streams and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.hub.streams == 0


def of_jobs(source):
    """The events of jobs in the stream of all."""
    return (event for event in source.iter_sse() if event.event != "heartbeat")


def test_all_jobs_come_in_one_stream_which_resumes_them_all(client, play):
    first, second = play("One"), play("Two")
    first.say(line("a"))
    known = client.get("api/jobs").json()["lastEventId"]
    first.say(line("b"))
    first.end()
    second.say(line("c"))
    second.end()
    ids: dict[str, list[int]] = {}
    cursor = known
    with connect_sse(client, "GET", "api/events", params={"lastEventId": known}) as source:
        ends = 0
        for event in of_jobs(source):
            told = json.loads(event.data)
            ids.setdefault(told["jobId"], []).append(told["seq"])
            cursor = event.id
            ends += told["type"] == "job-failed"
            if ends == 2:
                break
    for played in (first, second):
        seqs = ids[played.job.id]
        assert seqs == list(range(seqs[0], played.job.log.seq + 1))
    seen = dict(part.split(":") for part in cursor.split(","))
    assert {job.job.id: str(job.job.log.seq) for job in (first, second)}.items() <= seen.items()


def test_a_job_that_begins_later_joins_the_stream_of_all(client, play):
    with connect_sse(client, "GET", "api/events") as source:
        events = of_jobs(source)
        job = play("Late")
        assert json.loads(next(events).data)["jobId"] == job.job.id


def test_the_stream_of_all_says_by_events_where_it_stands_at_once_and_while_nothing_happens(client, play):
    """A page sees no comments, and must notice a stream that is held back, or dead."""
    play().say(line("a"))
    known = client.get("api/jobs").json()["lastEventId"]
    with connect_sse(client, "GET", "api/events", params={"lastEventId": known}) as source:
        told = list(itertools.islice(source.iter_sse(), 3))
    assert [(event.event, event.id, event.json()) for event in told] == [
        ("heartbeat", known, {"type": "heartbeat"})
    ] * 3


def test_a_foreign_event_id_is_none_of_the_stream_of_all(client):
    assert client.get("api/events", headers={"Last-Event-ID": "nonsense"}).status_code == 400


def test_data_with_line_ends_of_any_kind_stays_one_event(client, play):
    job = play()
    job.say(Report("job-log", "picture", "one\ntwo\r\nthree\u2028four\x85five"))
    job.end()
    messages = [json.loads(event.data)["message"] for event in read(client, path(job.job))]
    assert "one\ntwo\r\nthree\u2028four\x85five" in messages
