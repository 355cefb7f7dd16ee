"""A model being filled in: what stands in its controls, right or wrong, and what the model says of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel

from aura_nb.errors import FieldIssue, InvalidBrief
from aura_nb.studio.controls import Control, controls

M = TypeVar("M", bound=BaseModel)


class Form(Generic[M]):
    """The fields of a `model` as they stand, half typed ones included.

    A field that nobody edited keeps its very value, also one that no control can show.
    """

    def __init__(self, model: type[M], values: Mapping[str, Any] | None = None) -> None:
        self.model = model
        self._controls = {control.name: control for control in controls(model)}
        self._held: dict[str, Any] = dict(values or {})
        self._typed: dict[str, Any] = {}

    @classmethod
    def of(cls, made: M) -> Self:
        """The form that `made` would come out of."""
        return cls(type(made), {name: getattr(made, name) for name in type(made).model_fields})

    def copy(self) -> Self:
        """A form of its own, with the same in it."""
        return copy.deepcopy(self)

    @property
    def controls(self) -> tuple[Control, ...]:
        """What edits it, in the model's order."""
        return tuple(self._controls.values())

    @property
    def shown(self) -> dict[str, Any]:
        """What stands in the controls, by field."""
        return {name: self._shown(control) for name, control in self._controls.items()}

    @property
    def values(self) -> dict[str, Any]:
        """What the fields that are filled in stand for, right or wrong."""
        typed = {name: self._controls[name].meant(shown) for name, shown in self._typed.items()}
        return {**self._held, **typed}

    def edit(self, name: str, shown: Any) -> None:
        """`shown` stands in the control of field `name` from now on. KeyError when it has none."""
        if shown == self._shown(self._controls[name]):
            return
        self._typed[name] = shown

    def made(self, **besides: Any) -> M:
        """The model, with fields `besides` that have no control. Raises `InvalidBrief`."""
        return self.model(**{**self.values, **besides})

    def issues(self, **besides: Any) -> dict[str, FieldIssue]:
        """What is wrong, by the field whose control is to be mended."""
        try:
            self.made(**besides)
        except InvalidBrief as error:
            return dict(self._placed(issue) for issue in reversed(error.issues))
        return {}

    def _placed(self, issue: FieldIssue) -> tuple[str, FieldIssue]:
        """An issue and the control it is told at: one of `points.2` at `points`, and it says which line it means.

        What is wrong with the whole, or with a field that has no control, is told at the first. What is
        still to be filled in is asked for, and not complained of.
        """
        name, *inner = issue.field.split(".")
        number = next((int(part) + 1 for part in inner if part.isdigit()), None)
        if name not in self._controls:
            name = next(iter(self._controls))
        elif self._controls[name].required and not str(self._shown(self._controls[name])).strip():
            return name, replace(issue, message="needed", remedy="Fill it in.")
        return name, issue if number is None else replace(issue, message=f"line {number}: {issue.message}")

    def _shown(self, control: Control) -> Any:
        if control.name in self._typed:
            return self._typed[control.name]
        if control.name in self._held:
            return control.shown(self._held[control.name])
        field = self.model.model_fields[control.name]
        return control.shown(None if field.is_required() else field.get_default(call_default_factory=True))
