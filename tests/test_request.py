from __future__ import annotations

import json
from pathlib import Path

import pytest

from aura_nb.errors import InvalidBrief
from aura_nb.request import Request
from aura_nb.script import FigureCard, Scene, Script, TitleCard
from aura_nb.spec import Brief, Plan, Profile, Render, Voice

DATA = {
    "topic": "Why the sky is blue",
    "points": ["Sunlight is a mix of all colours.", "Air scatters blue the most."],
    "plan": {"seconds": 20, "pacing": "fast"},
    "render": {"theme": "dark"},
    "profile": {"speaker": ["espeak"]},
}
TOML = """
topic = "Why the sky is blue"
points = ["Sunlight is a mix of all colours.", "Air scatters blue the most."]
[plan]
seconds = 20
pacing = "fast"
[render]
theme = "dark"
[profile]
speaker = ["espeak"]
"""
YAML = """
topic: Why the sky is blue
points:
  - Sunlight is a mix of all colours.
  - Air scatters blue the most.
plan: {seconds: 20, pacing: fast}
render: {theme: dark}
profile: {speaker: [espeak]}
"""
SCRIPT = Script(
    brief=Brief("Why the sky is blue"),
    render=Render(theme="dark"),
    scenes=[Scene(heading="Light", text="Light is a mix.", picture=TitleCard(title="Light"))],
)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"), [("b.toml", TOML), ("b.yaml", YAML), ("b.yml", YAML), ("b.JSON", json.dumps(DATA))]
)
def test_a_brief_file_says_all_there_is_to_say(tmp_path, name, text):
    request = Request.of(str(write(tmp_path / name, text)))
    assert request.subject == Brief(DATA["topic"], points=DATA["points"])
    assert request.plan == Plan(seconds=20, pacing="fast")
    assert request.render == Render(theme="dark")
    assert request.profile == Profile(speaker=("espeak",))
    assert request.voice == Voice()


def test_a_saved_script_is_read_with_its_own_parts(tmp_path):
    request = Request.of(str(SCRIPT.save(tmp_path / "script.json")))
    assert request.subject == SCRIPT
    assert request.render.theme == "dark"


@pytest.mark.parametrize("source", [42, None, ["Why the sky is blue"], b"sky", Plan(), Brief])
def test_what_is_no_brief_is_refused_with_what_may_be_given(source):
    with pytest.raises(
        InvalidBrief, match=r"subject: no film can be made of .*\. Give a topic, a file's path, a Brief"
    ):
        Request.ask(source)


def test_fields_in_a_dict_are_a_brief_or_a_script():
    asked = Request.ask(DATA, plan={"seconds": 30})
    assert asked.subject == Brief(DATA["topic"], points=DATA["points"])
    assert (asked.plan, asked.render) == (Plan(seconds=30), Render(theme="dark"))
    assert Request.ask(SCRIPT.model_dump()).subject == SCRIPT.settled()
    with pytest.raises(InvalidBrief, match=r"tome: .* Did you mean 'tone'"):
        Request.ask({"topic": "Blue sky", "tome": "formal"})
    with pytest.raises(InvalidBrief, match="1: there is no such field"):
        Request.ask({"topic": "Blue sky", 1: "formal"})


def test_anything_else_is_a_topic():
    assert Request.of("Why is tomato.soup red?").subject == Brief("Why is tomato.soup red?")
    with pytest.raises(InvalidBrief, match="topic"):
        Request.of("Too long for a path, too. " * 400)


@pytest.mark.parametrize("name", ["notes.txt", "film.mp4", "Two words.docx", "folder"])
def test_what_is_there_and_holds_no_brief_is_not_taken_for_a_topic(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"x") if path.suffix else path.mkdir()
    with pytest.raises(InvalidBrief, match=r"of no known kind. Use one of \.toml"):
        Request.of(str(path))


def test_a_folder_called_as_the_topic_is_does_not_take_its_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Photosynthesis").mkdir()
    assert Request.of("Photosynthesis").subject == Brief("Photosynthesis")


def test_every_bad_field_of_every_part_is_named_at_once(tmp_path):
    path = write(tmp_path / "b.toml", 'topic = "x"\ncolour = 1\n[plan]\nseconds = 5\n[voice]\nrate = 9\n')
    with pytest.raises(InvalidBrief) as caught:
        Request.of(str(path))
    assert {issue.field for issue in caught.value.issues} == {"topic", "colour", "plan.seconds", "voice.rate"}
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("b.toml", b"topic = "),
        ("b.json", b'{"topic": '),
        ("b.yaml", b"topic: [unclosed"),
        ("b.yaml", b"- a list"),
        ("b.json", b'"a word"'),
        ("b.yaml", b"{a: b}: c"),
        ("b.yaml", b"1: 2\nplan: {3: 4}"),
        ("b.toml", b'topic = "Blue sky"\nplan = 3'),
        ("b.json", b"\xff\xfe\x00"),
        ("b.json", b'{"scenes": [{"text": 3}]}'),
    ],
)
def test_a_broken_file_is_an_invalid_brief_that_names_it(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InvalidBrief):
        Request.of(str(path))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (None, "it is a folder. Give the path of a file."),
        (b'topic = "\xff"', "it is not UTF-8. Save it again as UTF-8."),
        (b"topic = ", "cannot be read: Invalid value (at end of document)"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_in_our_words(tmp_path, data, told):
    path = tmp_path / "brief.toml"
    path.mkdir() if data is None else path.write_bytes(data)
    with pytest.raises(InvalidBrief) as caught:
        Request.of(str(path))
    assert f"file {path}: {told}" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("b.yaml", "topic: Sky\npoints: [One.]\npoints: [Two.]", "there is a second `points` (at line 3)"),
        ("b.yaml", "topic: Sky\nplan: {seconds: 20, 'seconds': 30}", "there is a second `seconds` (at line 2)"),
        ("b.yaml", "a: &a {topic: Sky}\nb: {<<: *a, tone: formal, tone: playful}", "a second `tone` (at line 2)"),
        ("b.json", '{"topic": "Sky", "plan": {"seconds": 20, "seconds": 30}}', "there is a second `seconds`"),
    ],
)
def test_what_is_given_twice_is_refused_and_not_lost(tmp_path, name, data, told):
    path = tmp_path / name
    path.write_text(data, encoding="utf-8")
    with pytest.raises(InvalidBrief) as caught:
        Request.of(str(path))
    assert f"{told}. Keep one of the two." in str(caught.value)


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("topic: Why the sky: is blue", 'Put a text with ": " in it in quotes'),
        ("topic: sky\nplan:\n\tseconds: 20", "Indent with spaces, not with tabs."),
        ("topic: @sky", "Put the text in quotes."),
        ("topic: *sky*", "Put the text in quotes."),
        ("topic: *sky", "Put the text in quotes."),
        ("topic: 'Blue' sky", "Put the whole text in quotes"),
        ("topic = Why the sky", "a text in quotes"),
        ("topic = 2 skies", "a text in quotes"),
        ("topic = 'Sky'\ntopic = 'Blue sky'", "Keep one of the two."),
        ("[plan]\nseconds = 20\n[plan]", "Keep one of the two."),
        ("topic: [", "Mend what is told here."),
    ],
)
def test_what_mends_a_text_that_cannot_be_read_is_told(written, remedy):
    with pytest.raises(InvalidBrief) as caught:
        Request.written(written)
    (issue,) = caught.value.issues
    assert issue.message.startswith("cannot be read: ")
    assert remedy in issue.remedy


def test_what_yaml_brings_in_may_be_said_otherwise():
    written = "plan: &plan {seconds: 20}\ntopic: Blue sky\nvoice: {<<: {rate: 2, pitch: 3}, rate: 1.5}"
    assert Request.written(written).voice == Voice(rate=1.5, pitch=3)


def test_bare_words_of_yaml_are_what_they_look_like():
    written = (
        "topic: 2026-11-28\naspect: 9:16\nlanguage: no\nplan: {seconds: 12.5}\nvoice: {silent: true, name: ~}"
    )
    request = Request.written(written)
    assert request.subject == Brief("2026-11-28", aspect="9:16", language="no")
    assert request.plan == Plan(seconds=12.5)
    assert request.voice == Voice(silent=True)


@pytest.mark.parametrize(
    "written",
    [
        "[" * 10_000,
        r'topic: "\Uffffffff"',
        r'topic: "\U00110000"',
        "!!bool maybe",
        "!!int ''",
        "!!timestamp soon",
    ],
)
def test_what_no_parser_takes_cannot_be_read(written):
    with pytest.raises(InvalidBrief, match="cell: cannot be read"):
        Request.written(f"a: {written}")


@pytest.mark.parametrize("line", ["\n", "# A note.\n\n", "#\r\n\r\n", "  # topic = 'x'\n"])
@pytest.mark.parametrize("said", ["topic: Sky", "topic = 'Sky'", "  'topic' = 'Sky'"])
def test_many_lines_that_say_nothing_may_come_first(line, said):
    """A pattern that tries all ways to part them would take longer than anybody waits."""
    assert Request.written(line * 100 + said).brief.topic == "Sky"


def test_yaml_is_mended_by_its_line(tmp_path):
    path = tmp_path / "brief.yaml"
    path.write_text("topic: Blue sky\npoints: [unclosed\n", encoding="utf-8")
    with pytest.raises(InvalidBrief, match=r"\(at line 3\)"):
        Request.of(str(path))


def test_a_file_that_is_not_there_is_no_topic(tmp_path):
    with pytest.raises(InvalidBrief, match="no such file"):
        Request.of(str(tmp_path / "brief.toml"))


def test_a_byte_order_mark_is_no_part_of_the_topic(tmp_path):
    path = tmp_path / "b.toml"
    path.write_bytes(b"\xef\xbb\xbf" + b'topic = "Blue sky"')
    assert Request.of(str(path)).brief.topic == "Blue sky"


def test_changes_are_validated_and_none_changes_nothing():
    request = Request(Brief("Blue sky")).changed(plan={"seconds": 12}, render={"theme": None, "height": 720})
    assert request.plan.seconds == 12
    assert (request.render.theme, request.render.height) == ("light", 720)
    with pytest.raises(InvalidBrief, match="height"):
        request.changed(render={"height": 7})


def test_parts_given_for_a_script_win_over_its_own_and_the_rest_hold():
    request = Request.ask(SCRIPT, plan=Plan(seconds=50))
    assert request.script is not None
    assert (request.script.plan.seconds, request.script.render.theme) == (50, "dark")


def test_later_edits_of_a_script_do_not_reach_its_request():
    script = SCRIPT.model_copy(deep=True)
    request = Request.ask(script)
    script.scenes[0].text = "Changed."
    assert request.script is not None
    assert request.script.scenes[0].text == "Light is a mix."


def test_a_script_that_cannot_be_made_is_refused():
    with pytest.raises(InvalidBrief, match="no scenes"):
        Request.ask(Script(brief=Brief("Blue sky"), scenes=[])).check()


def test_a_part_may_be_a_dict_of_its_fields_and_what_is_neither_is_named():
    assert Request.ask("Blue sky", plan={"seconds": 20}).plan.seconds == 20
    with pytest.raises(InvalidBrief, match="plan"):
        Request.ask("Blue sky", plan="short")
    with pytest.raises(InvalidBrief, match="seconds"):
        Request.ask("Blue sky", plan={"seconds": 2})


def test_a_path_is_read_and_a_topic_that_ends_like_one_is_a_topic(tmp_path: Path):
    file = tmp_path / "brief.toml"
    file.write_text('topic = "Blue sky"', encoding="utf-8")
    assert Request.ask(file).brief == Request.ask(str(file)).brief == Brief("Blue sky")
    assert Request.ask("How to read pyproject.toml").brief.topic == "How to read pyproject.toml"


def test_files_hold_wherever_we_go_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    figure = tmp_path / "a" / "figure.png"
    figure.parent.mkdir()
    figure.write_bytes(b"png")
    scenes = [Scene(heading="F", text="See.", picture=FigureCard(image=Path("figure.png")))]
    script = Script(brief=Brief("Blue sky"), scenes=scenes)
    monkeypatch.chdir(tmp_path / "a")
    request = Request.ask(script)
    monkeypatch.chdir(tmp_path)
    assert request.check().script.scenes[0].picture.image == figure

    (tmp_path / "a" / "script.json").write_text(script.model_dump_json(), encoding="utf-8")
    assert Request.read(tmp_path / "a" / "script.json").check().script.scenes[0].picture.image == figure
    assert Script.load(tmp_path / "a" / "script.json").scenes[0].picture.image == figure


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("b.toml", 'topic = "Blue sky"\nprofile = "free-only"'),
        ("b.yaml", "topic: Blue sky\nprofile: free-only"),
        ("b.json", '{"topic": "Blue sky", "profile": "free-only"}'),
    ],
)
def test_a_file_may_name_its_profile(tmp_path, name, text):
    assert Request.of(str(write(tmp_path / name, text))).profile == Profile.named("free-only")


def test_a_profile_nobody_knows_is_told_with_the_files_other_faults(tmp_path):
    path = write(tmp_path / "b.toml", 'topic = "x"\nprofile = "free"')
    with pytest.raises(InvalidBrief, match="free-only, balanced-mix, pro-max") as caught:
        Request.of(str(path))
    assert {issue.field.partition(".")[0] for issue in caught.value.issues} == {"topic", "profile"}


@pytest.mark.parametrize("subject", ["Blue sky", Brief("Blue sky"), SCRIPT, Request(Brief("Blue sky"))])
def test_a_profile_may_be_given_by_its_name(subject):
    request = Request.ask(subject, profile="pro-max")
    assert request.profile == Profile.named("pro-max")
    assert request.script is None or request.script.profile == Profile.named("pro-max")
    with pytest.raises(InvalidBrief, match="no profile named 'best'"):
        Request.ask(subject, profile="best")


def test_a_scripts_file_may_name_its_profile(tmp_path):
    path = SCRIPT.save(tmp_path / "script.json")
    data = {**json.loads(path.read_text(encoding="utf-8")), "profile": "free-only"}
    assert Request.of(str(write(path, json.dumps(data)))).profile == Profile.named("free-only")


@pytest.mark.parametrize(
    ("platform", "size"), [("youtube", (1920, 1080)), ("shorts", (1080, 1920)), ("square", (1080, 1080))]
)
def test_a_platform_turns_the_film_whatever_the_brief_says(platform, size):
    request = Request.ask(Brief("Blue sky", aspect="16:9"), render={"platform": platform})
    assert request.size == size
    assert request.render.size(request.brief.aspect) == size
    scene = Scene(heading="Blue", text="Blue.", picture=TitleCard(title="Blue"))
    scripted = Request.ask(Script(brief=Brief("Blue sky"), scenes=[scene]), render={"platform": platform})
    assert scripted.script.brief.aspect == request.brief.aspect
    assert Request.parse(scripted.plain()).size == size


def test_what_is_changed_takes_along_what_follows_from_it():
    request = Request(Brief("Blue sky"), render=Render(fps=25, crf=31))
    assert request.changed(render={"encoder": "libx265"}).render.codec == "h265"
    shorts = request.changed(render={"platform": "shorts", "quality": "draft"})
    assert (shorts.render.fps, shorts.render.height, shorts.render.rate_factor) == (25, 1080, 28)


@pytest.mark.parametrize("theme", ["0" * 1000, "~nobody-of-that-name/theme"])
def test_a_theme_that_is_no_path_at_all_is_left_for_preflight_to_tell(theme):
    assert Request.ask(Brief("Blue sky"), render={"theme": theme}).render.theme == theme
