"""Whole films, small and with the draft voice: what a user gets, and what a second make costs."""

from __future__ import annotations

import gc
import threading
from itertools import accumulate
from pathlib import Path
from weakref import WeakSet

import psutil
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled
from aura_nb.film import Film
from aura_nb.media.frames import Still
from aura_nb.media.probe import probe
from aura_nb.pipeline.author import write
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Report
from aura_nb.pipeline.flow import film_name, make_film
from aura_nb.pipeline.progress import Rates, Work
from aura_nb.pipeline.subtitles import FILE
from aura_nb.providers.failures import ServerFault
from aura_nb.providers.guard import Guard, guard_of
from aura_nb.request import Request
from aura_nb.script import PointsCard, QuoteCard, Scene, Script, TitleCard
from aura_nb.spec import Brief, Profile, Render, Voice

BRIEF = Brief("Why the sky is blue")
TEXTS = ["Why is the sky blue?", "Air scatters short waves.", "Blue is short.", "Red goes straight on."]


def script(**parts) -> Script:
    pictures = [
        TitleCard(title="Blue"),
        PointsCard(points=["Short waves"]),
        QuoteCard(quote="Blue"),
        TitleCard(title="Red"),
    ]
    scenes = [
        Scene(heading=f"Scene {number}", text=text, picture=picture)
        for number, (text, picture) in enumerate(zip(TEXTS, pictures, strict=True))
    ]
    draft = {"render": Render(height=360), "profile": Profile(speaker=["espeak"])}
    return Script(brief=BRIEF, scenes=scenes, **(draft | parts))


def make(
    spec: Script,
    folder: Path,
    *,
    cancel: Cancel | None = None,
    seen: list[Report] | None = None,
    rates: Rates | None = None,
) -> Film:
    reports: list[Report] = [] if seen is None else seen
    return make_film(
        Request.ask(spec),
        folder / "film.mp4",
        cache=Cache(folder / "cache"),
        rates=rates or Rates(),
        workers=2,
        cancel=cancel or Cancel(),
        report=reports.append,
    )


def made(film: Film) -> dict[str, int]:
    """Items of each stage that did not come from the cache."""
    return {timing.stage: timing.items - timing.cached for timing in film.stages}


@pytest.mark.slow
def test_a_script_becomes_a_film_and_one_edit_redoes_one_scene(tmp_path: Path):
    seen: list[Report] = []
    first = make(script(), tmp_path, seen=seen)
    assert first.path.is_file()
    assert first.size == (640, 360)
    assert [chapter.title for chapter in first.chapters] == ["Scene 0", "Scene 1", "Scene 2", "Scene 3"]
    assert made(first) == {"narrate": 4, "picture": 4, "caption": 4, "compose": 8, "finish": 1}
    shown = [report.data["scene"] for report in seen if report.data.get("thumbnail")]
    assert sorted(shown) == [0, 1, 2, 3]
    # Nothing is to be written: that is known from the start.
    assert (seen[0].type, seen[0].stage, seen[0].data) == ("step-status", "write", {"state": "skipped"})
    # Every segment is told, the captions, and the sound: laid end to end they are the film.
    told = sorted(
        (report.data["start"], report.data["frames"], report.data["kind"])
        for report in seen
        if "segment" in report.data
    )
    (sound,) = (one for one in told if one[2] == "sound")
    segments = [one for one in told if one[2] in ("body", "transition")]
    # Whoever begins to watch, with the sound, finds the film's own captions there.
    kinds = [report.data["kind"] for report in seen if "segment" in report.data]
    assert kinds.index("captions") < kinds.index("sound")
    (kept,) = (report.data["segment"] for report in seen if report.data.get("kind") == "captions")
    found = Cache(tmp_path / "cache").find(kept)
    assert found is not None
    assert first.vtt is not None
    assert (found / FILE).read_bytes() == first.vtt.read_bytes()
    assert sound == (0, round(first.seconds * 30), "sound")
    assert [kind for *_, kind in segments] == ["body", *["transition", "body"] * 3]
    assert [start for start, *_ in segments] == [0, *accumulate(frames for _, frames, _ in segments)][:-1]
    assert sum(frames for _, frames, _ in segments) == sound[1]

    again = make(script(), tmp_path)
    assert made(again) == {"narrate": 0, "picture": 0, "caption": 4, "compose": 0, "finish": 0}
    assert again.path.read_bytes() == first.path.read_bytes()

    edited = script()
    edited.scenes[1].text = "Air scatters short waves much more strongly than long ones."
    third = make(edited, tmp_path)
    # Its own narration, its own body, the transitions on both sides, and the sound.
    assert made(third) == {"narrate": 1, "picture": 0, "caption": 4, "compose": 4, "finish": 1}
    assert third.seconds > first.seconds + 1


@pytest.mark.slow
def test_captions_can_be_burnt_in(tmp_path: Path):
    film = make(script(render=Render(height=360, captions="burnt")), tmp_path)
    plain = make(script(), tmp_path / "plain")
    assert film.seconds == plain.seconds
    assert film.srt.read_bytes() == plain.srt.read_bytes()
    # A track would be shown over them by any player that shows tracks unasked.
    assert probe(film.path).subtitle is None
    assert probe(plain.path).subtitle is not None


@pytest.mark.slow
def test_a_film_is_silent_only_when_that_is_asked_for(tmp_path: Path):
    film = make(script(voice=Voice(silent=True)), tmp_path)
    assert film.seconds > 9
    assert film.srt.read_text(encoding="utf-8").count("-->") >= 4


@pytest.mark.slow
def test_no_picture_is_held_once_a_film_is_made(tmp_path: Path, monkeypatch):
    load, held = Still.load, WeakSet()
    monkeypatch.setattr(Still, "load", lambda *given: (still := load(*given), held.add(still))[0])
    make(script(voice=Voice(silent=True)), tmp_path)
    gc.collect()
    assert not held


@pytest.mark.slow
def test_cancel_ends_the_film_and_its_processes_and_the_next_run_goes_on_from_there(tmp_path: Path):
    cancel, seen = Cancel(), []
    before = set(psutil.Process().children(recursive=True))

    class Watch(list):
        def append(self, report: Report) -> None:
            seen.append(report)
            if "segment" in report.data:
                threading.Thread(target=cancel.set).start()

    with pytest.raises(JobCancelled):
        make(script(), tmp_path, cancel=cancel, seen=Watch())
    assert set(psutil.Process().children(recursive=True)) <= before
    assert not (tmp_path / "film.mp4").exists()
    film = make(script(), tmp_path)
    assert made(film)["compose"] < 8


def test_an_edit_teaches_only_what_its_new_sentences_took(tmp_path: Path):
    taught: list[float] = []
    for text in ("Why is the sky blue?", "Why is the sky blue? Because."):
        cancel = Cancel()

        class Learning(Rates):
            def observe(self, work: Work, seconds: float, cancel: Cancel = cancel) -> None:
                if work.id == "narrate:0":
                    taught.append(work.units)
                    cancel.set()

        spec = script()
        spec.scenes[0].text = text
        with pytest.raises(JobCancelled):
            make(spec, tmp_path, cancel=cancel, rates=Learning())
    whole, edit = taught
    assert 0 < edit < 0.7 * whole


def test_the_script_alone_is_written_without_making_anything(tmp_path: Path):
    request = Request.ask(BRIEF, profile=Profile(speaker=["espeak"]))
    written = write(request, cache=Cache(tmp_path), cancel=Cancel())
    assert written.writer == "rulebased"
    assert len(written.scenes) >= 2
    assert written.check()
    again = write(request, cache=Cache(tmp_path), cancel=Cancel())
    assert again == written


def test_a_job_s_log_tells_of_every_change_of_its_providers_breakers(tmp_path: Path):
    cancel, seen = Cancel(), []

    def report(said: Report) -> None:
        seen.append(said)
        if len(seen) == 1:
            # What a provider going down under way looks like to the job; espeak itself is not guarded.
            for name in ("espeak", "of another job"):
                break_down(guard_of(name))
            cancel.set()

    with pytest.raises(JobCancelled):
        make_film(
            Request.ask(script()),
            tmp_path / "film.mp4",
            cache=Cache(tmp_path),
            rates=Rates(),
            workers=1,
            cancel=cancel,
            report=report,
        )
    told = [said for said in seen if "breaker" in said.data]
    assert [(said.type, said.stage, said.message) for said in told] == [
        ("job-log", "narrate", "espeak is left alone for 60 s: 10 calls failed.")
    ]
    assert told[0].data == {"provider": "espeak", "breaker": "open", "before": "closed"}


def break_down(guard: Guard) -> None:
    for _ in range(guard.limits.failures):
        with pytest.raises(ServerFault), guard.attempt():
            raise ServerFault(guard.name, "is down.")


def test_a_film_is_named_after_its_topic_and_all_that_is_asked_for():
    first = film_name(Request.ask("Où va l'énergie ?"))
    assert first.startswith("où-va-l-énergie-")
    assert first.endswith(".mp4")
    assert first != film_name(Request.ask("Où va l'énergie ?", render=Render(height=720)))
    assert film_name(Request.ask("空はなぜ青い")).startswith("空はなぜ青い-")
