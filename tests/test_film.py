from __future__ import annotations

import base64
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from aura_nb import film as film_module
from aura_nb.errors import AuraError, NotAFilm
from aura_nb.film import Chapter, Film, StageTiming
from aura_nb.film_page import poster
from aura_nb.manifest import ChapterEntry, Manifest


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """A film whose MP4 is only bytes: what shows it does not look inside."""
    told = Manifest(
        aura_nb="0",
        title='Why <the> sky & "sea" are blue',
        language="en",
        seconds=12.0,
        frames=360,
        fps=30,
        size=(1920, 1080),
        captions=3,
        chapters=(
            ChapterEntry(title="One", start=0.0, end=5.0),
            ChapterEntry(title="Two", start=5.0, end=12.0),
        ),
        scenes=(),
        loudness=None,
        script={},
        providers=(),
        tools={},
        keys={},
        streams={},
    )
    (tmp_path / "film.mp4").write_bytes(b"film" * 100)
    (tmp_path / "film.vtt").write_text("WEBVTT\n", encoding="utf-8")
    (tmp_path / "film.manifest.json").write_text(told.to_json(), encoding="utf-8")
    return Film.load(tmp_path / "film.mp4")


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def __getitem__(self, name):
        return [attrs for tag, attrs in self.found if tag == name]


def test_a_film_is_loaded_from_its_manifest(film: Film, tmp_path: Path):
    assert film.chapters == (Chapter("One", 0.0, 5.0), Chapter("Two", 5.0, 12.0))
    assert (film.seconds, film.size, film.language) == (12.0, (1920, 1080), "en")
    assert film.srt == tmp_path / "film.srt"
    assert film.stages == ()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"title": 1', '{"captions": 0, "title": "x"}'])
def test_what_is_no_film_of_ours_is_an_error_with_a_remedy(film: Film, text: str):
    film.manifest.write_text(text, encoding="utf-8")
    with pytest.raises(NotAFilm, match="no manifest") as caught:
        Film.load(film.path)
    assert caught.value.remedy
    film.manifest.unlink()
    with pytest.raises(NotAFilm, match=r"film\.mp4 is no video that can be read"):
        Film.load(film.path)
    film.path.unlink()
    with pytest.raises(NotAFilm, match="There is no film at"):
        Film.load(film.path)


def test_its_text_is_the_same_wherever_it_was_made(film: Film):
    assert repr(film) == "Film('Why <the> sky & \"sea\" are blue', 2 scenes, 1920×1080, captions)"
    bare = replace(film, vtt=None, srt=None, chapters=film.chapters[:1], title="x", path=Path("/elsewhere.mp4"))
    assert repr(bare) == "Film('x', 1 scene, 1920×1080)"
    assert film._repr_mimebundle_()["text/plain"] == repr(film)


def test_without_a_kernel_a_small_film_plays_in_the_page_with_its_captions(film: Film):
    tags = Tags(film._repr_mimebundle_()["text/html"])
    (video,), (track,) = tags["video"], tags["track"]
    assert "controls" in video
    assert base64.b64decode(video["src"].removeprefix("data:video/mp4;base64,")) == film.path.read_bytes()
    assert base64.b64decode(track["src"].removeprefix("data:text/vtt;base64,")) == b"WEBVTT\n"
    assert (track["kind"], track["srclang"], "default" in track) == ("captions", "en", True)
    assert video["aria-label"] == film.title


def test_what_users_wrote_is_never_markup(film: Film, monkeypatch: pytest.MonkeyPatch):
    nasty = replace(film, title='"><script>alert(1)</script>', language='"><b>')
    parts = {"figure", "div", "video", "track", "figcaption"}
    assert {tag for tag, _ in Tags(nasty._repr_html_()).found} == parts
    assert {tag for tag, _ in Tags(poster(nasty)).found} == {*parts, "button", "p", "code"} - {"video", "track"}
    monkeypatch.chdir(film.path.parent)
    assert {tag for tag, _ in Tags(poster(nasty)).found} == parts


def test_a_film_of_the_default_length_and_size_plays_wherever_it_lies(film: Film):
    # 40 s at 1080p were 9.07 MB; a limit of 8 MB left the README's first example with a text.
    with film.path.open("r+b") as file:
        file.truncate(9_070_000)
    (video,) = Tags(film._repr_html_())["video"]
    assert video["src"].startswith("data:video/mp4")


def test_a_large_film_is_linked_when_the_notebook_can_reach_it(film: Film, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(film_module, "INLINE_BYTES", 10)
    folder = film.path.parent / "a b#c"
    folder.mkdir()
    film = replace(film, path=film.path.rename(folder / "film.mp4"))
    monkeypatch.chdir(folder.parent)
    assert Tags(film._repr_html_())["video"][0]["src"] == "a%20b%23c/film.mp4"
    (folder.parent / "other").mkdir()
    monkeypatch.chdir(folder.parent / "other")
    html = film._repr_html_()
    assert not Tags(html)["video"]
    assert "film.mp4" in html
    assert "film.path" in html
    assert str(film.path.parent) not in html
    film.path.unlink()
    assert "no longer" in film._repr_html_()


def test_a_poster_leads_to_the_film_and_to_its_captions(film: Film, monkeypatch: pytest.MonkeyPatch):
    away = Tags(poster(film, b"picture", "0123456789"))
    assert away["figure"][0]["data-aura-film"] == "0123456789"
    assert away["img"][0]["src"] == "data:image/jpeg;base64,cGljdHVyZQ=="
    # Without its kernel there is no button that does nothing.
    assert "hidden" in away["button"][0]
    monkeypatch.chdir(film.path.parent)
    (video,), (track,) = (Tags(poster(film, b"picture"))[name] for name in ("video", "track"))
    assert (video["src"], video["preload"], track["src"]) == ("film.mp4", "none", "film.vtt")
    assert video["poster"] == away["img"][0]["src"]


def test_on_request_all_of_it_is_put_into_the_document_or_said_why_not(film: Film):
    shown = film.embed()
    assert repr(shown) == repr(film)
    assert Tags(shown._repr_html_())["video"][0]["src"].startswith("data:video/mp4;base64,")
    with film.path.open("r+b") as file:
        file.truncate(3_000_000)
    with pytest.raises(AuraError, match=r"film\.mp4 has 3 MB, and would make the notebook 4 MB larger") as caught:
        film.embed(most_mb=2.9)
    assert "most_mb=3" in caught.value.remedy
    assert len(film.embed(most_mb=3).html) > 4_000_000
    film.path.unlink()
    with pytest.raises(NotAFilm, match="no longer"):
        film.embed()


def test_timings_are_a_table_with_a_row_a_stage(film: Film):
    stages = (
        StageTiming("narrate", 2.0, 1.5, 3, 1, "espeak", "piper", 80.5),
        StageTiming("finish", 0.0, 0.0, 1, 1),
    )
    table = replace(film, stages=stages).timings
    assert table.index.name == "stage"
    assert list(table.columns) == [
        *("seconds", "cpu_seconds", "peak_mb", "items", "cached", "realtime", "provider", "failed")
    ]
    assert table.loc["narrate"].tolist() == [2.0, 1.5, 80.5, 3, 1, 6.0, "espeak", "piper"]
    assert table.loc["finish", ["realtime"]].isna().all()
    assert film.timings.empty
    assert list(film.timings.columns) == list(table.columns)


def test_importing_it_costs_next_to_nothing():
    heavy = "{'pandas', 'numpy', 'av', 'cv2'} & set(sys.modules)"
    code = f"import sys, aura_nb.film; assert not {heavy}, {heavy}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_film_that_browsers_may_not_show_says_so(film: Film):
    h265 = replace(film, codec="h265")
    assert "h265" in repr(h265)
    assert "use a video player" in h265._repr_html_()
    assert "use a video player" not in replace(film, codec="av1")._repr_html_()
    assert "use a video player" not in film._repr_html_()
