from __future__ import annotations

import json

from aura_nb.jobs import EventLog, Failure, FilmView, LogLine, SceneView, Snapshot, StageView
from aura_nb.jobs.snapshot import LOG_LINES


def log() -> EventLog:
    log = EventLog("j")
    log.append("job-status", status="queued", data={"title": "Sky", "retry_of": "abc"})
    log.append("job-status", status="running")
    return log


def stage(snapshot: Snapshot, name: str) -> StageView:
    return next(stage for stage in snapshot.stages if stage.name == name)


def test_a_new_job_shows_its_title_and_all_stages_waiting():
    snapshot = log().snapshot
    assert (snapshot.title, snapshot.retry_of, snapshot.status) == ("Sky", "abc", "running")
    assert [s.name for s in snapshot.stages] == ["write", "narrate", "picture", "caption", "compose", "finish"]
    assert {s.state for s in snapshot.stages} == {"pending"}


def test_a_stage_runs_and_is_done():
    jobs_log = log()
    jobs_log.append("step-status", stage="narrate", data={"state": "running"})
    jobs_log.append("step-progress", stage="narrate", percent=5.0, current_item=2, total_items=4)
    now = stage(jobs_log.snapshot, "narrate")
    assert (now.state, now.done, now.total, now.fraction) == ("running", 1, 4, 0.25)
    data = {"state": "done", "seconds": 2.5, "cpu_seconds": 2.0, "items": 4, "cached": 3, "provider": "kokoro"}
    jobs_log.append("step-status", stage="narrate", data=data)
    jobs_log.append("step-progress", stage="narrate", percent=6.0, current_item=4, total_items=4)
    assert stage(jobs_log.snapshot, "narrate") == StageView("narrate", "done", 2.5, 2.0, 4, 4, 3, "kokoro")


def test_a_stage_that_is_not_needed_is_known_from_the_start_and_after_a_cancel():
    jobs_log = log()
    jobs_log.append("step-status", stage="write", data={"state": "skipped"})
    assert stage(jobs_log.snapshot, "write").state == "skipped"
    jobs_log.append("step-status", stage="narrate", data={"state": "running"})
    jobs_log.append("job-cancelled", "Cancelled.")
    assert [s.state for s in jobs_log.snapshot.stages] == ["skipped", "stopped", *["pending"] * 4]


def test_a_stage_that_was_not_needed_stays_so_when_the_film_is_there():
    jobs_log = log()
    jobs_log.append("step-status", stage="write", data={"state": "skipped"})
    jobs_log.append("job-completed", "The film is ready.", data={"stages": []})
    assert {s.state for s in jobs_log.snapshot.stages} == {"skipped"}


def test_scenes_are_in_order_and_replaced():
    jobs_log = log()
    for number, heading in ((2, "c"), (0, "a"), (2, "C")):
        jobs_log.append("scene-ready", data={"scene": number, "heading": heading, "thumbnail": "/9j/"})
    assert jobs_log.snapshot.scenes == (SceneView(0, "a", "/9j/"), SceneView(2, "C", "/9j/"))


def test_the_log_is_bounded_and_warnings_are_told_once():
    jobs_log = log()
    for number in range(2 * LOG_LINES):
        jobs_log.append("job-log", f"line {number}")
    jobs_log.append("warning", "careful")
    jobs_log.append("warning", "careful")
    snapshot = jobs_log.snapshot
    assert len(snapshot.log) == LOG_LINES
    assert snapshot.log[-1] == LogLine(snapshot.elapsed_seconds, "careful", True)
    assert snapshot.warnings == ("careful",)


def test_completed_names_the_film_and_what_was_not_needed():
    jobs_log = log()
    timing = {"stage": "compose", "seconds": 3.0, "cpu_seconds": 5.0, "items": 2, "cached": 1, "provider": ""}
    data = {"film": "a.mp4", "seconds": 12.0, "width": 1920, "height": 1080, "stages": [timing]}
    jobs_log.append("job-completed", "Ready.", data=data)
    snapshot = jobs_log.snapshot
    assert snapshot.film == FilmView("a.mp4", 12.0, 1920, 1080)
    assert stage(snapshot, "compose") == StageView("compose", "done", 3.0, 5.0, 2, 2, 1)
    assert stage(snapshot, "write").state == "skipped"


def test_failed_says_why_and_stops_what_ran():
    jobs_log = log()
    jobs_log.append("step-status", stage="compose", data={"state": "running"})
    jobs_log.append("job-failed", "No disk.", data={"remedy": "Free some.", "error": "RenderError"})
    snapshot = jobs_log.snapshot
    assert snapshot.error == Failure("No disk.", "Free some.", "RenderError", "")
    assert (stage(snapshot, "compose").state, stage(snapshot, "finish").state) == ("stopped", "pending")


def test_the_wire_comes_back_whole_and_says_where_to_resume():
    jobs_log = log()
    jobs_log.append("scene-ready", data={"scene": 0, "heading": "a", "thumbnail": "/9j/"})
    jobs_log.append("job-failed", "No disk.", data={"remedy": "Free some."})
    wire = json.loads(json.dumps(jobs_log.snapshot.wire()))
    assert wire["lastEventId"] == 4
    assert wire["jobId"] == "j"
    assert Snapshot.from_wire(wire) == jobs_log.snapshot


def ready(kind: str, start: int, frames: int) -> dict[str, object]:
    return {"kind": kind, "segment": f"{kind}-{start}", "start": start, "frames": frames, "fps": 25}


def test_as_much_can_be_watched_as_follows_the_beginning_without_a_hole_and_has_sound():
    jobs_log, watchable = log(), []
    for piece in (
        ready("body", 0, 50),
        ready("body", 60, 40),
        ready("captions", 0, 100),
        ready("sound", 0, 100),
        ready("transition", 50, 10),
    ):
        jobs_log.append("scene-ready", data=piece)
        watchable.append(jobs_log.snapshot.watchable)
    assert watchable == [0.0, 0.0, 0.0, 2.0, 4.0]
    assert [piece.segment for piece in jobs_log.snapshot.pieces] == [
        "body-0",
        "body-60",
        "captions-0",
        "sound-0",
        "transition-50",
    ]
    assert jobs_log.snapshot.scenes == ()
    assert Snapshot.from_wire(jobs_log.snapshot.wire()) == jobs_log.snapshot


def test_a_segment_of_an_older_journal_is_passed_over():
    jobs_log = log()
    jobs_log.append("scene-ready", data={"scene": 0, "segment": "abc"})
    assert (jobs_log.snapshot.pieces, jobs_log.snapshot.scenes) == ((), ())
