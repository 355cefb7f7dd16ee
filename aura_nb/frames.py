"""A DataFrame as a table to read: its cells written out, each column of numbers alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError

from aura_nb.figures import is_a

if TYPE_CHECKING:
    import pandas as pd

COLUMNS, ROWS = 12, 30
"""What one card holds at most, the index counted where it is shown."""

MISSING = "–"
# Digits worth reading of the number in the middle of a column, by size.
_DIGITS = 4
# A number that its column's decimals change by more than this part of it gets some of its own.
_LOST = 0.05
# From here on numbers are grouped by thousands; years and small counts are not.
_GROUPED = 10_000


def is_frame(value: object) -> bool:
    """Whether `value` is a DataFrame or Series of pandas, or of a class made from one."""
    return is_a(value, "pandas.core.frame.DataFrame") or is_a(value, "pandas.core.series.Series") or _public(value)


def cells(frame: Any) -> tuple[list[str], list[list[str]]]:
    """The column headings and rows of a DataFrame or Series (`is_frame`), as text.

    The index comes first when it says something: when it has a name or is no plain count. Raises
    `PydanticCustomError` for a table without rows, and for one too large to be read in a film.
    """
    import pandas as pd

    table = frame.to_frame() if isinstance(frame, pd.Series) else frame
    index = [] if _counts(table.index) else [table.index.get_level_values(n) for n in range(table.index.nlevels)]
    width = len(index) + table.shape[1]
    _check(table.shape[0], width, with_index=bool(index))
    names = ["" if name is None else _name(name) for name in table.index.names[: len(index)]]
    headings = [*names, *(_heading(name, frame) for name in table.columns)]
    columns = [*index, *(table.iloc[:, number] for number in range(table.shape[1]))]
    written = [_column(pd.Series(column).reset_index(drop=True)) for column in columns]
    return headings, [list(row) for row in zip(*written, strict=True)]


def _public(value: object) -> bool:
    # pandas 3 says of its classes where users find them, not where they are defined.
    return is_a(value, "pandas.DataFrame") or is_a(value, "pandas.Series")


def _check(rows: int, columns: int, *, with_index: bool) -> None:
    size = f"{rows} × {columns}" + (" with its index" if with_index else "")
    if rows == 0 or columns == 0:
        message, remedy = "this table is empty ({size})", "Give one with rows and columns."
    elif rows <= ROWS and columns <= COLUMNS:
        return
    else:
        message = f"this table has {{size}} rows and columns, more than the {ROWS} × {COLUMNS} that a card holds"
        advice = [f"Show fewer rows, e.g. df.head({ROWS})"] if rows > ROWS else []
        advice += ['choose columns, e.g. df[["a", "b"]]'] if columns > COLUMNS else []
        remedy = _sentence(", and ".join(advice))
    raise PydanticCustomError("table_size", message, {"size": size, "remedy": remedy})


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _counts(index: pd.Index[Any]) -> bool:
    """Whether an index only numbers the rows: whole numbers without a name, as of any row filter."""
    return index.nlevels == 1 and index.name is None and index.dtype.kind in "iu"


def _heading(name: Any, frame: Any) -> str:
    if getattr(frame, "ndim", 2) == 1 and frame.name is None:
        return ""
    if isinstance(name, tuple):
        return " · ".join(part for part in map(_name, name) if part)
    return _name(name)


def _name(name: Any) -> str:
    """A heading: a number there names something and counts nothing."""
    return str(name) if isinstance(name, int) else _text(name)


def _column(values: pd.Series[Any]) -> list[str]:
    import pandas as pd

    kind = values.dtype.kind
    present = [value for value in values if not _is_missing(value)]
    write: Callable[[Any], str] = _text
    if isinstance(values.dtype, pd.CategoricalDtype | pd.PeriodDtype):
        write = str
    elif kind == "M":
        write = _dates(present)
    elif present and all(_is_number(value) for value in present):
        write = _numbers(present)
    return [MISSING if _is_missing(value) else write(value) for value in values]


def _is_missing(value: Any) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _is_number(value: Any) -> bool:
    import numpy as np

    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool | np.bool_)


def _dates(values: Iterable[Any]) -> Callable[[Any], str]:
    """Days as days; times to the minute, or to the second where one is not a whole minute."""
    moments = list(values)
    if all(moment == moment.normalize() for moment in moments):
        return lambda moment: moment.strftime("%Y-%m-%d")
    form = "%Y-%m-%d %H:%M:%S" if any(moment.second for moment in moments) else "%Y-%m-%d %H:%M"
    return lambda moment: moment.strftime(form)


def _numbers(values: Iterable[Any]) -> Callable[[Any], str]:
    """One number of decimals for a column: what its middle number needs, and none that is always zero.

    A number too small for them keeps two digits of its own, so that nothing reads as zero that is not.
    """
    import pandas as pd

    own = pd.get_option("display.float_format")
    plain = [float(value) for value in values]
    finite = [abs(value) for value in plain if math.isfinite(value)]
    if own is not None and any(value % 1 for value in finite):
        return lambda value: str(own(value))
    sizes = sorted(filter(None, finite))
    if sizes and (sizes[-1] >= 1e16 or sizes[-1] < 1e-3):
        return _scientific
    size = math.floor(math.log10(sizes[len(sizes) // 2])) if sizes else 0
    most = min(_DIGITS, max(0, _DIGITS - 1 - size - (size < 0)))
    exact = (d for d in range(most) if all(round(value, d) == round(value, most + 6) for value in finite))
    decimals = next(exact, most)

    def write(value: Any) -> str:
        number = float(value)
        if not math.isfinite(number):
            return "∞" if number > 0 else "−∞"
        digits = decimals
        if abs(round(number, decimals) - number) > _LOST * abs(number):
            if abs(number) < 1e-3:
                return _scientific(number)
            digits = 1 - math.floor(math.log10(abs(number)))
        # Whole numbers beyond 2**53 are no floats.
        text = f"{int(value):,}" if digits == 0 and value == int(value) else f"{number:,.{digits}f}"
        grouped = abs(number) >= _GROUPED
        return (text if grouped else text.replace(",", "")).replace("-", "−")

    return write


def _scientific(value: Any) -> str:
    mantissa, _, exponent = f"{float(value):.1e}".partition("e")
    return (f"{mantissa}e{int(exponent)}" if float(value) else "0").replace("-", "−")


def _text(value: Any) -> str:
    return _numbers([value])(value) if _is_number(value) else str(value)
