"""Nothing is said that is neither the user's nor a phrase on this page.

Every phrase the writer has of its own is a question, or stands in `REVIEWED`: an invitation, or
true of any film. To add one, read it and ask: could it be false of some topic?
"""

from __future__ import annotations

import re

import pytest

from aura_nb.providers.writers import phrases, questions
from aura_nb.providers.writers.material import gather
from aura_nb.providers.writers.sentences import split
from aura_nb.spec import Brief, Plan
from tests.providers.writers.fake import spoken, write
from tests.providers.writers.samples import BRIEFS, OPENINGS

REVIEWED = set(
    """
A few boxes and arrows will do.
Afterwards you should be able to {goal}!
Afterwards you should be able to {goal}.
And ask what was left out.
And hop, on we go.
And one for the road.
And one last thing.
And one last {part}.
And one more!
And that's the news!
And that's the scoop.
Announcing {subject}.
Ask how each point was found.
Ask someone who has seen it.
Before you look anything up, say what you know.
Before you look it up, have a guess.
Before you look it up, try to answer it yourself.
Consider it well.
Decide what to do with it next.
Decide what you need to know next.
Don't look it up yet: guess first!
Drum roll, please: {subject}.
Find one answer, and compare it with your guess.
Find one good source, and compare it with what you knew.
From there, one step further.
Go find out!
Go slowly the first time.
Guess first, and only then look it up.
Have a think.
Here comes {subject}!
Here it is, written as an equation.
Here we go.
Here's our aim: {goal}!
Here's the aim: {goal}.
Hold on to that, and let's keep going!
I have no answers up my sleeve, only questions.
I won't tell you the answers, but I'll help you ask.
If the two differ, ask which of them you can check.
If you have a question, ask whoever sent you this film.
Keep asking.
Keep your note; you can compare later.
Lay out everything you need.
Let us ask {clause}.
Let us begin.
Let us consider.
Let us continue with the point that follows.
Let us take it one {part} at a time.
Let's ask {clause}!
Let's ask {clause}.
Let's begin!
Let's begin.
Let's go on.
Let's go, one {part} at a time!
Let's take it one {part} at a time.
In the words of {by}: {quote}
Look for the original work, and read how it was done.
Mission accomplished if you can {goal}.
Mind the rabbit holes on your way out.
Next stop.
Next!
Next.
No answers here, just questions worth chasing!
No peeking: guess first.
Note what is still unclear, and look that up first.
Now it is your turn.
Now it's your turn!
Now the next {part}.
Now you try.
Off you go.
On to the next {part}!
One point remains.
One {part} at a time, or we shall trip.
Our mission: {goal}.
Pause here if you need a moment.
Please form an answer of your own first.
Please recall first what you already know.
Read this listing line by line.
Say hello to {subject}.
Say it once in your own words.
See you soon.
So, let's ask {clause}.
Specially for {audience}.
Start reading there.
Still there? Good, because we are not done.
Take a look at this picture.
Take a look at this table.
Take a moment with each.
Take a pen and sketch what you know.
Tell it to someone who has never heard of it.
Thank you for thinking along.
Thank you for your attention.
Thanks for thinking along!
Thanks for thinking along.
That is the news.
That's the news.
The aim: {goal}.
The next step is yours.
Then do it once more without looking.
Then compare your guess with a number you trust.
Then do it once, slowly.
Then follow one example from start to finish.
Then let someone else follow your steps, and watch where they stop.
Then look at the answer the way a referee would.
Then make up your mind.
Then put it to the test.
Then put what you have found to the test.
Then put your answer to the test.
Then say it in one sentence, without the word itself.
Then tell someone what you found.
Think about it.
This concludes the news.
This film brings questions, not answers.
This film is addressed to {audience}.
This film poses questions; it does not answer them.
This is for {audience}.
This one is for {audience}!
This one is for {audience}.
Use no word that you could not explain.
We announce {subject}.
We shall take one {part} at a time.
We turn to the next point.
Where you hesitate, go back one step.
Where you hesitate, make a note.
With me so far? Then on we go.
Write down what you know already.
Write down your first guess.
Write each step down in one short sentence.
Write it down before it slips away.
Write your steps down as you go.
Your move.
""".strip().splitlines()
)


def own_phrases() -> set[str]:
    found: set[str] = set()
    for voicing in phrases.VOICINGS.values():
        for name in voicing.__slots__:
            value = getattr(voicing, name)
            found.update([value] if isinstance(value, str) else value)
    for table in (phrases.BLOCK_LINES, phrases.ANNOUNCED):
        found.update(table.values())
    found.add(phrases.QUOTED)
    found.update(phrases.OUTLINE_QUESTIONS + phrases.OUTLINE_ANSWERS)
    found.update(text for style in phrases.CLOSINGS.values() for lines in style.values() for text in lines)
    for table in (questions.LOOK, questions.CHECK, questions.MOVES):
        found.update(text for move in table.values() for text, _ in move.lines)
    return found


def test_every_phrase_is_a_question_or_reviewed():
    assert {phrase for phrase in own_phrases() if not phrase.endswith("?")} == REVIEWED


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda brief: f"{brief.topic}-{brief.tone}")
@pytest.mark.parametrize("style", ["explainer", "tutorial", "announcement", "research"])
def test_says_only_the_users_words_and_those_phrases(brief, style):
    script, _ = write(brief, Plan(seconds=75, style=style))
    material = gather(brief)
    users = {sentence for idea in material.ideas for sentence in idea.sentences}
    users |= {section.heading.rstrip(".?") for section in material.sections}
    users |= {piece for idea in material.ideas for s in idea.sentences for piece in split(s)}
    topic = {OPENINGS[brief.topic], f"{brief.topic}."}
    patterns = [pattern(phrase) for phrase in own_phrases()]
    for sentence in spoken(script):
        said = sentence in users or sentence.rstrip(".?") in users
        phrase = any(re.fullmatch(p, sentence) for p in patterns)
        step = re.fullmatch(r"Steps? [a-z]+( (and|to) [a-z]+)?\.", sentence)
        assert said or phrase or step or sentence in topic, sentence


@pytest.mark.parametrize("topic", OPENINGS)
def test_opens_with_the_topic_asked_or_named(topic):
    assert spoken(write(Brief(topic))[0])[0] == OPENINGS[topic]


@pytest.mark.parametrize(
    ("topic", "opening"),
    [
        ("Our new release 2.0", "Announcing our new release 2.0."),
        ("faster renders", "Announcing Faster renders."),
        ("Welcome to the team!", "Welcome to the team."),
        ("welcome to the team", "Welcome to the team."),
        ("New: faster renders", "New: faster renders."),
        ("Introducing Dark Mode", "Introducing Dark Mode."),
        ("Happy birthday, Anna", "Happy birthday, Anna."),
        ("We are hiring", "We are hiring."),
    ],
)
def test_announces_only_what_is_surely_a_thing(topic, opening):
    assert write(Brief(topic), Plan(style="announcement"))[0].scenes[0].text.startswith(opening)


def test_asks_to_try_only_what_one_can_try():
    for topic, tried in (("Our new release 2.0", True), ("Our new office in Berlin", False)):
        script, _ = write(Brief(topic), Plan(seconds=120, style="announcement"))
        assert ("What would you try first?" in spoken(script)) == tried


def pattern(phrase: str) -> str:
    escaped = re.escape(phrase)
    escaped = escaped.replace(re.escape("{part}"), "(idea|step|point)")
    escaped = escaped.replace(re.escape("{them}"), "(it|them)").replace(re.escape("{they}"), "(it|they)")
    escaped = escaped.replace(re.escape("{are}"), "(is|are)")
    # A phrase of two sentences is heard as two; a slot holds what the user wrote.
    return re.sub(r"\\\{\w+\\\}", ".+", escaped)


def test_a_film_without_facts_says_that_it_has_none():
    for tone in phrases.VOICINGS:
        script, _ = write(Brief("Why the sky is blue", tone=tone), Plan(seconds=40))
        assert phrases.VOICINGS[tone].honest in spoken(script)
