"""The rule-based writer: structures what the user gave, asks where it has nothing, invents nothing."""

from __future__ import annotations

import math
from collections.abc import Set

from aura_nb.errors import FieldIssue, InvalidBrief
from aura_nb.providers.base import ProviderInfo, WriteRequest
from aura_nb.providers.writers import arc, body
from aura_nb.providers.writers.fit import Ruler, fit
from aura_nb.providers.writers.material import Material, gather
from aura_nb.providers.writers.parts import MUST, Draft, Line
from aura_nb.providers.writers.sentences import bare, finish
from aura_nb.providers.writers.topic import Topic, read_topic
from aura_nb.script import Scene, Script, TitleCard

VERSION = "4"


class RuleBased:
    """Writes a script from the brief alone: local, instant, the same every time.

    All it states is the user's own (points, outline, notes), sentence by sentence; of its own it only
    asks and invites. In languages other than English it says the user's words and nothing else.
    """

    @property
    def info(self) -> ProviderInfo:
        """Who it is."""
        return ProviderInfo(
            name="rulebased",
            socket="writer",
            local=True,
            licence="Apache-2.0",
            version=VERSION,
            summary="Structures your own points and notes; asks questions where there are none.",
        )

    def missing(self) -> str | None:
        """Nothing ever is."""
        return None

    def write(self, request: WriteRequest) -> Script:
        """The script, within 10 % of the plan's seconds as spoken wherever the material allows.

        Raises `InvalidBrief` for a brief in another language than English that has no material.
        """
        brief, plan = request.brief, request.plan
        material = gather(brief)
        ruler = Ruler(request.seconds_of, request.cancel)
        if brief.language.split("-")[0].lower() == "en":
            topic = read_topic(brief.topic)
            ends = arc.frame(brief, plan, topic, material)
            ruler.calibrate(ends.must)
            drafts = arc.drafts(brief, plan, topic, material, ends, ruler)
        else:
            drafts = _plain(request, material, ruler)
        said = fit(drafts, plan.seconds, ruler, request.progress)
        _warn_of_unsaid(material, {line.text for lines in said for line in lines}, request, ruler)
        scenes = []
        for draft, lines in zip(drafts, said, strict=True):
            if lines:
                heading, picture = draft.draw(lines)
                scenes.append(Scene(heading=heading, text=" ".join(line.text for line in lines), picture=picture))
        return Script(brief=brief, plan=plan, writer=self.info.name, scenes=scenes)


def _warn_of_unsaid(material: Material, said: Set[str], request: WriteRequest, ruler: Ruler) -> None:
    points = [idea for idea in material.ideas if idea.given]
    unsaid = [idea for idea in points if idea.sentences[0] not in said]
    if unsaid:
        seconds = request.plan.seconds + sum(ruler.guess(text) for idea in unsaid for text in idea.sentences)
        request.warn(
            f"{len(unsaid)} of {len(points)} points are not said: there is no time for them in "
            f"{request.plan.seconds:.0f} s. Plan for about {5 * math.ceil(seconds / 5)} s, or shorten them."
        )


def _plain(request: WriteRequest, material: Material, ruler: Ruler) -> list[Draft]:
    """A film that says nothing but the user's words."""
    brief, plan = request.brief, request.plan
    if not material:
        raise InvalidBrief(
            [
                FieldIssue(
                    "points",
                    f"none given, and the rule-based writer has no phrases of its own in {brief.language!r}",
                    "Give points, an outline or notes in that language, or choose a language model as the writer.",
                )
            ]
        )
    title = bare(brief.topic)
    subtitle = (brief.audience or brief.goal or "").strip()
    card = TitleCard(title=title, subtitle=subtitle if len(subtitle) <= 100 else "")
    hook = finish(brief.topic)
    ruler.calibrate([hook])
    opening = [Line(hook, MUST)]
    if brief.goal:
        opening.append(Line(finish(brief.goal), 1))
    room = plan.seconds - ruler.base - ruler.gap * (plan.scenes - 1) - ruler.guess(hook)
    bodies, _ = body.drafts(plan, Topic("name", title), material, room, ruler, None)
    return [Draft(tuple(opening), lambda kept: (title, card)), *bodies]
