"""The script: what the film says and shows, scene by scene. Editable, saveable, re-makeable."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from aura_nb import figures, frames, saved
from aura_nb.errors import FieldIssue, InvalidBrief, refused
from aura_nb.spec import Brief, Plan, Profile, Render, Voice
from aura_nb.validated import reported


def _as_text(value: object) -> object:
    """Numbers as a table or a list has them: written out."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_as_text), Field(max_length=5000)]
IMAGES = frozenset({".png", ".jpg", ".jpeg", ".svg", ".webp"})
"""What a figure's file may be, by its suffix."""


class Part(BaseModel):
    """Base of script parts: editable in place, each edit validated."""

    model_config = ConfigDict(validate_assignment=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, /, **data: Any) -> None:
        with reported(type(self)):
            super().__init__(**data)

    def __setattr__(self, name: str, value: Any) -> None:
        with reported(type(self)):
            super().__setattr__(name, value)


class TitleCard(Part):
    """The film's or a chapter's title."""

    kind: Literal["title"] = "title"
    title: Text
    subtitle: Text = ""


class PointsCard(Part):
    """A heading over a list of short points."""

    kind: Literal["points"] = "points"
    heading: Text = ""
    points: list[Text] = Field(min_length=1, max_length=12)


class QuoteCard(Part):
    """One statement, large; also used for a question to the viewer."""

    kind: Literal["quote"] = "quote"
    quote: Text
    attribution: Text = ""


class EquationCard(Part):
    """A displayed equation in Typst math (`I prop 1 / lambda^4`) or LaTeX (`I \\propto 1/\\lambda^4`)."""

    kind: Literal["equation"] = "equation"
    heading: Text = ""
    equation: Text
    caption: Text = ""


class CodeCard(Part):
    """A highlighted listing; `language` is a name Typst's highlighter knows, e.g. 'python'."""

    kind: Literal["code"] = "code"
    heading: Text = ""
    code: Text
    language: str = Field("python", max_length=40)


class TableCard(Part):
    """A table: `columns` are headings, every row as long as `columns`.

    `TableCard(rows=df)` takes both from a pandas DataFrame or Series: its numbers and dates written to
    be read, missing values as “–”, its index where it is more than a row number.
    """

    kind: Literal["table"] = "table"
    heading: Text = ""
    columns: list[Text] = Field(min_length=1, max_length=12)
    rows: list[list[Text]] = Field(max_length=30)
    caption: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _may_be_a_frame(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or not frames.is_frame(data.get("rows")):
            return data
        columns, rows = frames.cells(data["rows"])
        return {"columns": columns, **data, "rows": rows}

    @field_validator("rows")
    @classmethod
    def _rows_fit(cls, rows: list[list[str]], info: Any) -> list[list[str]]:
        width = len(info.data.get("columns", ()))
        for number, row in enumerate(rows, 1):
            if len(row) != width:
                raise PydanticCustomError(
                    "row_width",
                    "row {number} has {cells} cells for {width} columns",
                    {
                        "number": number,
                        "cells": len(row),
                        "width": width,
                        "remedy": "Give one cell a column.",
                    },
                )
        return rows


class FigureCard(Part):
    """A figure with a caption: an image file (PNG, JPEG, SVG or WebP), or a live figure of matplotlib or plotly.

    A live figure is kept as it is now, and drawn at the size it will be shown. `image` is its file then.
    """

    kind: Literal["figure"] = "figure"
    heading: Text = ""
    image: Path
    caption: Text = ""

    @field_validator("image", mode="before")
    @classmethod
    def _image_may_be_live(cls, image: object) -> object:
        if frames.is_frame(image):
            raise PydanticCustomError(
                "image_type",
                "a {what} is no image",
                {"what": type(image).__name__, "remedy": "Use TableCard(rows=df), or Scene(picture=df)."},
            )
        figure = figures.figure_of(image)
        return image if figure is None else figures.keep(figure)

    @field_validator("image")
    @classmethod
    def _image_is_a_picture(cls, image: Path) -> Path:
        if figures.kind_of(image):
            figures.check_ours(image)
        elif image.suffix.lower() not in IMAGES:
            raise PydanticCustomError(
                "image_type",
                "{image} is not a PNG, JPEG, SVG or WebP file",
                {"image": str(image), "remedy": "Convert it."},
            )
        return image


Picture = Annotated[
    TitleCard | PointsCard | QuoteCard | EquationCard | CodeCard | TableCard | FigureCard,
    Field(discriminator="kind"),
]


class Scene(Part):
    """One scene: `text` is spoken and captioned, `picture` is shown, `heading` names the chapter.

    `picture` is a card, or what a notebook has at hand: a figure of matplotlib (or its axes) or plotly
    becomes a `FigureCard`, a pandas DataFrame or Series a `TableCard`, as it is now: later edits of it do
    not reach the scene. The heading stands above it, unless the figure has a title of its own.
    """

    heading: Text
    text: Text
    picture: Picture

    @field_validator("picture", mode="before")
    @classmethod
    def _picture_may_be_live(cls, picture: object, info: ValidationInfo) -> object:
        if isinstance(picture, Part | Mapping):
            return picture
        heading = info.data.get("heading", "")
        if frames.is_frame(picture):
            return {"kind": "table", "heading": heading, "rows": picture}
        figure = figures.figure_of(picture)
        if figure is None:
            remedy = "Give a card such as PointsCard, a figure of matplotlib or plotly, or a DataFrame."
            if isinstance(picture, str | PurePath) and PurePath(picture).suffix.lower() in IMAGES:
                remedy = f"Give FigureCard(image={str(picture)!r})."
            raise PydanticCustomError(
                "picture_type",
                "no picture can be made of this {what}",
                {"what": type(picture).__name__, "remedy": remedy},
            )
        return {"kind": "figure", "heading": "" if figures.titled(figure) else heading, "image": figure}


class Script(Part):
    """All that a film needs: make it with `aura.make(script)`; edit a scene and make it again.

    `writer` is the id of the provider that wrote it ("user" when a person did).
    """

    brief: Brief
    plan: Plan = Plan()
    voice: Voice = Voice()
    render: Render = Render()
    profile: Profile = Profile()
    writer: str = "user"
    scenes: list[Scene] = Field(max_length=200)

    def _repr_html_(self) -> str:
        """The scenes to be read, as a notebook shows them; it keeps at most 20 kB."""
        scenes = [(scene.heading, scene.text) for scene in self.scenes]
        count = f"{len(scenes)} scene{'' if len(scenes) == 1 else 's'}"
        return saved.page(["Script", self.brief.topic, count], scenes)

    def check(self) -> Self:
        """Raise `InvalidBrief` naming every scene that cannot be made; else return the script."""
        issues = []
        if not self.scenes:
            issues.append(FieldIssue("scenes", "the script has no scenes", "Add at least one Scene."))
        for number, scene in enumerate(self.scenes):
            where = f"scenes.{number}"
            if not scene.text.strip() and not self.voice.silent:
                issues.append(
                    FieldIssue(
                        f"{where}.text", "nothing to say", "Write the narration, or use Voice(silent=True)."
                    )
                )
            if isinstance(scene.picture, FigureCard) and not scene.picture.image.is_file():
                image = scene.picture.image
                live = figures.kind_of(image)
                remedy = (
                    f"Run the cell that made it with {live} again."
                    if live
                    else "Give the path of an existing image."
                )
                issues.append(FieldIssue(f"{where}.picture.image", f"no file {image}", remedy))
        if issues:
            raise InvalidBrief(issues, subject="script")
        return self

    def save(self, path: str | Path) -> Path:
        """Write the script as JSON (UTF-8) to `path`, its figures by their whole paths; `load` reads it back.

        Raises `InvalidBrief` where nothing can be written.
        """
        path = Path(path)
        try:
            path.write_text(self.settled().model_dump_json(indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise _unusable(path, error) from error
        return path

    def settled(self, folder: Path | None = None) -> Script:
        """A copy whose figures are named by whole paths, taken from `folder` (default: where we are now)."""
        script = self.model_copy(deep=True)
        for scene in script.scenes:
            if isinstance(scene.picture, FigureCard):
                image = scene.picture.image.expanduser()
                scene.picture.image = (folder or Path()).absolute() / image
        return script

    @classmethod
    def load(cls, path: str | Path) -> Script:
        """Read a script file; its figures lie relative to it. Raises `InvalidBrief` naming what is wrong."""
        path = Path(path)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise _unusable(path, error) from None
        with reported(cls, f"file {path}"):
            return cls.model_validate_json(data).settled(path.parent)


def _unusable(path: Path, error: OSError) -> InvalidBrief:
    return InvalidBrief([FieldIssue(f"file {path}", *refused(error))], subject="request")
