from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura_nb.errors import InvalidBrief
from aura_nb.providers.base import ScriptWriter, WriteRequest
from aura_nb.providers.writers.material import gather
from aura_nb.providers.writers.questions import CHECK, LOOK, MOVES
from aura_nb.providers.writers.rulebased import RuleBased
from aura_nb.script import CodeCard, EquationCard, PointsCard, QuoteCard, TableCard, TitleCard
from aura_nb.spec import Brief, Plan
from tests.providers.writers.fake import FakeVoice, seconds, spoken, write
from tests.providers.writers.samples import BRIEFS, NOTES, POINTS, TOPICS

TONES = ("informative", "friendly", "enthusiastic", "formal", "playful")
STYLES = ("explainer", "tutorial", "announcement", "research")
PACINGS = ("chill", "conversational", "fast")
DENSITIES = ("sparse", "balanced", "dense")


def test_fits_its_socket():
    assert isinstance(RuleBased(), ScriptWriter)
    assert RuleBased().missing() is None


@pytest.mark.parametrize(("target", "pacing", "density"), list(product((10, 16, 30, 75), PACINGS, DENSITIES)))
def test_lasts_as_long_as_planned(target, pacing, density):
    plan = Plan(seconds=target, pacing=pacing, density=density)
    for brief in (BRIEFS[0], BRIEFS[14], BRIEFS[-4], BRIEFS[-2]):
        script, voice = write(brief, plan)
        assert seconds(script, voice) == pytest.approx(target, rel=0.1), brief.topic


@given(
    topic=st.sampled_from(TOPICS),
    target=st.floats(10, 55),
    tone=st.sampled_from(TONES),
    style=st.sampled_from(STYLES),
    density=st.sampled_from(DENSITIES),
    rate=st.floats(0.7, 1.6),
)
@settings(max_examples=80, deadline=None)
def test_bare_topics_fit_any_voice(topic, target, tone, style, density, rate):
    script, voice = write(
        Brief(topic, tone=tone), Plan(seconds=target, style=style, density=density), voice_rate=rate
    )
    lasts = seconds(script, voice)
    assert lasts == pytest.approx(target, rel=0.1) or (rate > 1.2 and style == "announcement" and lasts < target)


@given(
    points=st.lists(
        st.lists(st.text("abcdefg", min_size=2, max_size=9), min_size=3, max_size=16).map(" ".join),
        min_size=1,
        max_size=40,
        unique=True,
    ),
    target=st.floats(20, 150),
)
@settings(max_examples=40, deadline=None)
def test_any_material_fits_and_comes_in_order(points, target):
    script, voice = write(Brief("Letters", points=tuple(points)), Plan(seconds=target))
    lasts = seconds(script, voice)
    said = [sentence for sentence in spoken(script) if sentence.rstrip(".") in points]
    assert lasts == pytest.approx(target, rel=0.1) or (lasts < target and len(said) == len(points))
    assert [sentence.rstrip(".") for sentence in said] == [point for point in points if f"{point}." in said]


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda brief: f"{brief.topic}-{brief.tone}")
def test_every_scene_says_and_shows_something_short(brief):
    for style in STYLES:
        script, _ = write(brief, Plan(seconds=60, style=style))
        script.check()
        for scene in script.scenes:
            assert scene.heading.strip()
            assert scene.text.strip()
            assert scene.text[0].isupper() or not scene.text[0].isalpha()
            if isinstance(scene.picture, PointsCard):
                assert 1 <= len(scene.picture.points) <= 6
                assert all(len(point) <= 90 for point in scene.picture.points)


@pytest.mark.parametrize("seconds_", [30, 60, 120, 240])
def test_makes_as_many_scenes_as_planned_where_there_is_matter_for_them(seconds_):
    plan = Plan(seconds=seconds_)
    for brief in (Brief("Why the sky is blue"), Brief("Why the sky is blue", points=POINTS)):
        script, _ = write(brief, plan)
        assert 3 <= len(script.scenes) <= plan.scenes


def test_is_the_same_every_time():
    brief = BRIEFS[-3]
    assert write(brief)[0] == write(brief)[0]


def test_says_every_point_when_time_allows():
    for target in (22, 40, 90):
        script, _ = write(Brief("Why the sky is blue", points=POINTS), Plan(seconds=target))
        assert [s for s in spoken(script) if s in POINTS] == list(POINTS)


def test_too_much_material_is_told_in_order_and_never_cut():
    points = tuple(f"Point number {n} says something of its own about the matter." for n in range(60))
    script, voice = write(Brief("Matter", points=points), Plan(seconds=60))
    said = [sentence for sentence in spoken(script) if sentence.startswith("Point number")]
    assert said == list(points[: len(said)])
    assert len(said) > 8
    assert seconds(script, voice) == pytest.approx(60, rel=0.1)


def test_points_come_before_notes_when_time_is_short():
    script, _ = write(Brief("Why the sky is blue", points=POINTS, notes=NOTES), Plan(seconds=20))
    assert set(POINTS) <= set(spoken(script))


def test_too_little_material_is_asked_about_up_to_a_sensible_length():
    script, voice = write(Brief("Why the sky is blue"), Plan(seconds=900))
    assert 100 <= seconds(script, voice) <= 300
    assert len(spoken(script)) == len(set(spoken(script)))


def test_measures_little_more_than_it_says():
    for brief, target in product((BRIEFS[0], BRIEFS[-4], BRIEFS[-3]), (10, 30, 60, 120)):
        script, voice = write(brief, Plan(seconds=target))
        assert len(voice.measured) <= max(1.5 * len(set(spoken(script))), len(set(spoken(script))) + 3)


def test_blocks_of_the_notes_stand_in_the_scenes_they_belong_to():
    script, _ = write(Brief("Attention", notes=NOTES), Plan(seconds=90, density="dense"))
    pictures = {type(scene.picture): scene for scene in script.scenes}
    assert "looks at every other token" in pictures[EquationCard].text
    assert "one line" in pictures[CodeCard].text
    assert "square of the length" in pictures[TableCard].text
    assert any(
        isinstance(scene.picture, QuoteCard) and "Vaswani" in scene.picture.attribution for scene in script.scenes
    )


def test_a_quote_is_said_in_its_authors_name():
    notes = "> Attention is all you need.\n> — Vaswani et al.\n"
    script, _ = write(Brief("Attention", notes=notes))
    assert "In the words of Vaswani et al.: Attention is all you need." in " ".join(spoken(script))
    german, _ = write(Brief("Achtung", notes=notes, language="de"))
    assert "Vaswani et al.: Attention is all you need." in " ".join(spoken(german))


def test_tones_sound_different():
    films = {tone: " ".join(spoken(write(Brief("Gradient descent", tone=tone))[0])) for tone in TONES}
    assert len(set(films.values())) == len(TONES)
    assert "Let's" not in films["formal"]
    assert "!" not in films["formal"]
    assert "!" in films["enthusiastic"]


@pytest.mark.parametrize(
    ("audience", "phrase"),
    [
        ("first-year students", "for first-year students"),
        ("For First-year students.", "for first-year students"),
        ("general public", "for the general public"),
        ("NASA engineers", "for NASA engineers"),
        ("Germans", "for Germans"),
        ("my grandmother", "for my grandmother"),
        ("general audience", "for a general audience"),
        ("Designed for kids", "for kids"),
        ("For: kids", "for kids"),
        ("It is for my mom", "for my mom"),
        ("Policy makers", "for policy makers"),
        ("Investors", "for investors"),
        ("Musicians", "for musicians"),
        ("Non-native speakers", "for non-native speakers"),
        ("High-school students", "for high-school students"),
        ("Women", "for women"),
        ("Italians", "for Italians"),
        ("Americans", "for Americans"),
        ("English teachers", "for English teachers"),
        ("Python users", "for Python users"),
        ("IT staff", "for IT staff"),
        ("iOS developers", "for iOS developers"),
        ("New Yorkers", "for New Yorkers"),
        ("Anna", "for Anna"),
    ],
)
def test_the_audience_is_addressed(audience, phrase):
    script, _ = write(Brief("Gradient descent", audience=audience))
    assert phrase in script.scenes[0].text
    assert isinstance(script.scenes[0].picture, TitleCard)
    assert script.scenes[0].picture.subtitle == phrase[0].upper() + phrase[1:]


@pytest.mark.parametrize(
    ("goal", "sentence"),
    [
        ("Explain the blue sky.", "Afterwards you should be able to explain the blue sky."),
        ("to understand why", "Afterwards you should be able to understand why."),
        ("They can explain it", "Afterwards you should be able to explain it."),
        ("Students can explain what Cas9 does", "Afterwards you should be able to explain what Cas9 does."),
        ("You will be able to bake bread", "Afterwards you should be able to bake bread."),
        ("Students can explain it to their friends", "The aim: Students can explain it to their friends."),
        ("Robots can weld", "The aim: Robots can weld."),
        ("Everyone knows X", "The aim: Everyone knows X."),
        ("Viewers can", "The aim: Viewers can."),
        ("They can not fail", "The aim: They can not fail."),
        ("to upgrade today", "The aim: to upgrade today."),
        ("Support a pesticide ban", "The aim: Support a pesticide ban."),
        ("A clear picture of the cost", "The aim: A clear picture of the cost."),
    ],
)
def test_the_goal_is_said(goal, sentence):
    assert sentence in write(Brief("Gradient descent", goal=goal))[0].scenes[0].text


def test_a_tutorial_counts_its_steps():
    points = ("Mix flour and water.", "Knead the dough.", "Bake it.")
    script, _ = write(Brief("Bread", points=points), Plan(seconds=50, style="tutorial", density="dense"))
    assert next(scene.heading for scene in script.scenes if scene.heading.startswith("Step")) == "Step 1"
    assert "Step one." in spoken(script)


def test_labelled_points_head_their_scenes():
    points = (
        "Question: do naps help?",
        "Method: we asked 40 mice.",
        "Result: they do.",
        "Limits: mice are not men.",
    )
    script, _ = write(Brief("Naps", points=points), Plan(seconds=60, style="research", density="dense"))
    assert [s.heading for s in script.scenes if s.heading in {"Question", "Method", "Result", "Limits"}] == [
        "Question",
        "Method",
        "Result",
        "Limits",
    ]


def test_a_label_heads_nothing_but_its_own_points():
    points = (
        "Myth: humans use 10 % of their brain.",
        "Sleep cleans the brain.",
        "Dreams happen in every phase.",
    )
    script, _ = write(Brief("Sleep", points=points), Plan(seconds=30))
    (card,) = (s.picture for s in script.scenes if isinstance(s.picture, PointsCard) and "Myth" in str(s.picture))
    assert (card.heading, card.points) == ("Key ideas", [point.rstrip(".") for point in points])
    points = (*(f"Myth: {what} is a whole." for what in ("one half", "one third")), "Fact: one is.")
    script, _ = write(Brief("Halves", points=points), Plan(seconds=24))
    for scene in script.scenes:
        if scene.heading == "Myth":
            assert "Fact" not in scene.text


def test_questions_of_several_sorts_stand_under_all_their_headings():
    of: dict[str, set[str]] = {}
    for move in (*LOOK.values(), *CHECK.values(), *MOVES.values()):
        for _, shown in move.lines:
            of.setdefault(shown, set()).add(move.heading)
    merged = 0
    for topic, target, density in product(TOPICS[:20], (20, 30, 60), DENSITIES):
        script, _ = write(Brief(topic), Plan(seconds=target, density=density))
        for scene in script.scenes:
            if isinstance(scene.picture, PointsCard):
                joined = set(scene.heading.split(" · "))
                merged += len(joined) > 1
                assert scene.heading == "Ask yourself" or all(
                    of[p] & joined for p in scene.picture.points if p in of
                )
    assert merged


def test_an_answer_is_put_to_the_test_only_where_one_was_asked_for():
    asked = {text for move in (*LOOK.values(), MOVES["guess"]) for text, _ in move.lines}
    for topic, target in product(TOPICS, (12, 16, 24, 40)):
        for points in ((), POINTS[:1], POINTS[:3]):
            script, _ = write(Brief(topic, points=points), Plan(seconds=target))
            said = spoken(script)
            if "Then put your answer to the test." in said:
                assert asked & set(said)


def test_a_heading_heads_nothing_but_its_own_ideas():
    brief = Brief("Brains", points=("Sleep cleans the brain.",), notes="## Myths\n\nWe use a tenth of it.")
    script, _ = write(brief, Plan(seconds=16))
    (scene,) = (scene for scene in script.scenes if "a tenth" in scene.text)
    assert "cleans" not in scene.text or scene.heading != "Myths"


def test_other_languages_get_the_users_words_and_nothing_else():
    points = ("Sonnenlicht enthält alle Farben.", "Luft streut blaues Licht viel stärker als rotes.")
    brief = Brief(
        "Warum der Himmel blau ist", language="de-AT", tone="playful", points=points, notes="> Schau hinauf."
    )
    script, _ = write(brief)
    assert spoken(script) == ["Warum der Himmel blau ist.", *points, "Schau hinauf."]
    ideas = gather(brief).ideas
    shown = " ".join(str(value) for scene in script.scenes for value in scene.picture.model_dump().values())
    allowed = " ".join([brief.topic, *points, "Schau hinauf", "title points quote figure"])
    assert ideas
    assert set(
        shown.replace("[", " ").replace("]", " ").replace("'", " ").replace(",", " ").replace(".", " ").split()
    ) <= set(allowed.replace(".", " ").split())


@pytest.mark.parametrize(
    ("language", "topic", "said", "point"),
    [
        ("hi", "आसमान नीला क्यों है", "आसमान नीला क्यों है।", "सूर्य का प्रकाश सभी रंगों का मिश्रण है।"),
        ("zh", "天空为什么是蓝色的", "天空为什么是蓝色的。", "阳光是各种颜色的混合。"),
        ("ur", "آسمان نیلا کیوں ہے؟", "آسمان نیلا کیوں ہے؟", "روشنی تمام رنگوں کا مجموعہ ہے۔"),
    ],
)
def test_each_sentence_ends_once_and_in_its_own_script(language, topic, said, point):
    script, _ = write(Brief(topic, language=language, points=[point], outline=[point]), Plan(seconds=15))
    assert spoken(script) == [said, point]
    shown = script.model_dump_json(include={"scenes": {"__all__": {"heading", "picture"}}})
    assert point[:-1] in shown
    assert point not in shown


def test_other_languages_without_material_are_refused_with_the_remedy():
    with pytest.raises(InvalidBrief, match=r"points: .*'fr'.*Give points"):
        write(Brief("Pourquoi le ciel est bleu", language="fr"))


COUNT = ("one", "two", "three", "four", "five")
FIVE = tuple(f"Fact number {word} is about {word} things in the world." for word in COUNT)


def test_points_there_is_no_time_for_are_counted_and_the_time_they_need_is_told():
    warnings: list[str] = []
    brief = Brief("How vaccines train the immune system", points=FIVE)
    script = RuleBased().write(WriteRequest(brief, Plan(seconds=16), FakeVoice(), warn=warnings.append))
    unsaid = [point for point in FIVE if point not in " ".join(spoken(script))]
    assert unsaid
    (warning,) = warnings
    assert warning.startswith(f"{len(unsaid)} of 5 points are not said")
    needed = int(warning.split("about ")[1].split(" s")[0])
    RuleBased().write(WriteRequest(brief, Plan(seconds=needed), FakeVoice(), warn=warnings.append))
    assert len(warnings) == 1


def test_a_scene_is_headed_by_what_it_says_and_not_by_what_was_left_out():
    script, _ = write(Brief("How vaccines train the immune system", points=FIVE), Plan(seconds=22))
    said = " ".join(spoken(script))
    last = max(number for number, point in enumerate(FIVE, 1) if point in said)
    numbers = [int(n) for scene in script.scenes for n in re.findall(r"\d+", scene.heading)]
    assert not numbers or max(numbers) == last
