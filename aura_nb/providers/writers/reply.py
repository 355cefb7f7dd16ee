"""A language model's reply as scenes, or everything that is wrong with it in words it can act on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aura_nb.errors import InvalidBrief
from aura_nb.providers.illustrators.formula import typst_math
from aura_nb.providers.writers.equations import typst_sets
from aura_nb.providers.writers.prompt import most_scenes
from aura_nb.script import CodeCard, EquationCard, PointsCard, QuoteCard, Scene, TableCard, TitleCard
from aura_nb.spec import Plan

MOST_FAULTS = 12

_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_SAID = re.compile(r"\w")


class Unusable(Exception):
    """A reply that gives no script; `faults` are for the model to mend."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults[:MOST_FAULTS])
        super().__init__("; ".join(self.faults))


# A figure is left out: a model must not choose files of the user's machine to show.
class _Scene(BaseModel):
    model_config = ConfigDict(extra="forbid")

    heading: Annotated[str, Field(max_length=200)]
    text: Annotated[str, Field(max_length=5000)]
    picture: Annotated[
        TitleCard | PointsCard | QuoteCard | EquationCard | CodeCard | TableCard, Field(discriminator="kind")
    ]


def read(text: str, plan: Plan) -> list[Scene]:
    """The scenes of a reply; raise `Unusable` for one that is no script.

    A code fence or a few words around the JSON object, and a thought before it, are passed over.
    """
    try:
        data = json.loads(_object(text))
    except ValueError as error:
        raise Unusable([f"it is not one whole JSON object ({error})"]) from None
    told = data.get("scenes")
    if not isinstance(told, list) or not told:
        raise Unusable(['"scenes" is missing, or is not a list of scenes'])
    scenes: list[_Scene] = []
    faults: list[str] = []
    for number, one in enumerate(told):
        try:
            scenes.append(_Scene.model_validate(one))
        except ValidationError as error:
            faults += [_fault(number, e["loc"], e["msg"]) for e in error.errors(include_url=False)]
        except InvalidBrief as error:
            # A card's own way to complain, which knows nothing of the scene it is in.
            faults += [_fault(number, ("picture", issue.field), issue.message) for issue in error.issues]
    if faults:
        raise Unusable(faults)
    if faults := list(_faults(scenes, plan)):
        raise Unusable(faults)
    return [Scene(heading=scene.heading, text=scene.text.strip(), picture=scene.picture) for scene in scenes]


def _object(text: str) -> str:
    text = _THOUGHT.sub("", text)
    start, end = text.find("{"), text.rfind("}")
    if start < 0:
        raise ValueError("there is none in it")
    return text[start : end + 1] if end > start else text[start:]


def _fault(scene: int, where: Sequence[str | int], message: str) -> str:
    return f"{'.'.join(map(str, ('scenes', scene, *where)))}: {message}"


def _faults(scenes: Sequence[_Scene], plan: Plan) -> Iterator[str]:
    if len(scenes) > most_scenes(plan):
        yield f"scenes: there are {len(scenes)}; write {plan.scenes}"
    said: dict[str, int] = {}
    for number, scene in enumerate(scenes):
        where = f"scenes.{number}"
        text = " ".join(scene.text.split()).casefold()
        if not _SAID.search(text):
            yield f"{where}.text: nothing is said"
        elif text in said:
            yield f"{where}.text: the same as scenes.{said[text]}.text; say something new, or leave the scene out"
        said.setdefault(text, number)
        if fault := _picture_fault(scene.picture):
            yield f"{where}.picture.{fault}"


def _picture_fault(picture: object) -> str | None:
    match picture:
        case TitleCard(title=shown) | QuoteCard(quote=shown) | CodeCard(code=shown) if not shown.strip():
            return f"{picture.kind}: nothing is shown"
        case PointsCard(points=points) if not all(point.strip() for point in points):
            return "points: a point is empty"
        case EquationCard(equation=equation):
            return _equation_fault(equation)
    return None


def _equation_fault(equation: str) -> str | None:
    try:
        math = typst_math(equation)
    except InvalidBrief as error:
        return f"equation: {error.issues[0].message}"
    return None if typst_sets(math) else f"equation: {equation[:80]!r} cannot be typeset; write simpler LaTeX"
