"""A DataFrame that shows itself whole. Imports pandas: only for modules that are about to use it."""

from __future__ import annotations

from typing import Any

import pandas as pd

LINE_WIDTH = 120
"""Characters a line of plain text; columns beyond go below. Fixed, so that a saved output stays the same."""


class Whole(pd.DataFrame):
    """An ordinary DataFrame, but that no column is left out and no cell cut short when it is shown.

    For tables with a command to copy in them. What is taken from one shows itself whole too
    (https://pandas.pydata.org/docs/development/extending.html#subclassing-pandas-data-structures).
    """

    @property
    def _constructor(self) -> Any:
        return Whole

    def __repr__(self) -> str:
        with _nothing_cut():
            return super().__repr__()

    def _repr_html_(self) -> str | None:
        with _nothing_cut():
            # The stubs do not name this method of IPython's protocol.
            html: str | None = getattr(super(), "_repr_html_")()  # noqa: B009
            return html


def _nothing_cut() -> pd.option_context:
    return pd.option_context(
        *("display.max_columns", None, "display.max_colwidth", None, "display.width", LINE_WIDTH)
    )
