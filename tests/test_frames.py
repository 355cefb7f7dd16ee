from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic_core import PydanticCustomError

from aura_nb.frames import cells, is_frame


def column(values, **kind) -> list[str]:
    _, rows = cells(pd.Series(values, **kind))
    return [row[-1] for row in rows]


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([3, 12_345, 2_000_000, 2024], ["3", "12,345", "2,000,000", "2024"]),
        ([9_007_199_254_740_993], ["9,007,199,254,740,993"]),
        ([1.0, 2.0, np.nan], ["1", "2", "–"]),
        ([0.1 + 0.2, 0.5], ["0.3", "0.5"]),
        ([0.84321, 0.9], ["0.843", "0.900"]),
        ([3.14159265, 2.71], ["3.142", "2.710"]),
        ([1.5, 2.25, 1234.5678], ["1.500", "2.250", "1234.568"]),
        ([93.2712, 78.4], ["93.27", "78.40"]),
        ([-0.5, 12_345.678, 0.0041], ["−0.500", "12,345.678", "0.004"]),
        # What is not zero does not read as zero.
        ([0.95, 0.00003], ["0.950", "3.0e−5"]),
        ([1e-7, 0.0, -2.5e-5], ["1.0e−7", "0", "−2.5e−5"]),
        ([1e20], ["1.0e20"]),
        ([np.inf, -np.inf, 1.0], ["∞", "−∞", "1"]),
        ([True, False, None], ["True", "False", "–"]),
        ([-0.5, 12_345.678, 20_000.5], ["−0.50", "12,346", "20,000"]),
        (["a", None, np.nan], ["a", "–", "–"]),
        ([1.23456, "a", [1, 2]], ["1.235", "a", "[1, 2]"]),
        (pd.array([1, None, 3], dtype="Int64"), ["1", "–", "3"]),
        (pd.Categorical([2020, 2021]), ["2020", "2021"]),
    ],
)
def test_numbers_and_words_are_written_to_be_read(values, written):
    assert column(values) == written


def test_days_are_days_and_times_are_no_finer_than_they_are():
    assert column(pd.to_datetime(["2024-01-31", None])) == ["2024-01-31", "–"]
    assert column(pd.date_range("2024-01-31", periods=2, freq="90min"))[1] == "2024-01-31 01:30"
    assert column(pd.date_range("2024-01-31", periods=2, freq="5s"))[1] == "2024-01-31 00:00:05"
    assert column(pd.date_range("2024-01", periods=1, freq="MS", tz="UTC")) == ["2024-01-01"]
    assert column(pd.period_range("2024-01", periods=1, freq="M")) == ["2024-01"]


def test_an_index_is_shown_when_it_says_something():
    frame = pd.DataFrame({"g": ["a", "b", "a"], "v": [1.0, 2.0, 4.0]})
    assert cells(frame)[0] == ["g", "v"]
    assert cells(frame[frame.v > 1])[0] == ["g", "v"]
    assert cells(frame.set_index("g")) == (["g", "v"], [["a", "1"], ["b", "2"], ["a", "4"]])
    assert cells(frame.v.describe())[1][0] == ["count", "3.000"]
    assert cells(frame.groupby("g").agg(["mean", "max"]))[0] == ["g", "v · mean", "v · max"]
    assert cells(frame.groupby(["g", "v"]).size()) == (
        ["g", "v", ""],
        [["a", "1", "1"], ["a", "4", "1"], ["b", "2", "1"]],
    )
    assert cells(pd.DataFrame({12345: [1]}))[0] == ["12345"]


def test_what_the_user_told_pandas_counts():
    with pd.option_context("display.float_format", "{:.1f} %".format):
        assert column([1.25, 3.0]) == ["1.2 %", "3.0 %"]
        assert column([1, 2]) == ["1", "2"]


@pytest.mark.parametrize(
    ("frame", "size", "remedy"),
    [
        (pd.DataFrame({"a": range(31)}), "31 × 1", "Show fewer rows, e.g. df.head(30)."),
        (pd.DataFrame(np.zeros((2, 13))), "2 × 13", 'Choose columns, e.g. df[["a", "b"]].'),
        (pd.DataFrame(np.zeros((1, 12)), index=["x"]), "1 × 13 with its index", "Choose columns"),
        (pd.DataFrame(np.zeros((99, 99))), "99 × 99", "df.head(30), and choose"),
        (pd.DataFrame({"a": []}), "empty (0 × 1)", "Give one with rows"),
    ],
)
def test_a_table_too_large_for_a_card_says_its_size_and_the_remedy(frame, size, remedy):
    with pytest.raises(PydanticCustomError) as caught:
        cells(frame)
    assert size in caught.value.message()
    assert remedy in caught.value.context["remedy"]


def test_what_is_a_frame():
    class Mine(pd.DataFrame):
        pass

    assert all(map(is_frame, (pd.DataFrame(), pd.Series([1]), Mine())))
    assert not any(map(is_frame, (pd.Index([1]), [1], {}, None, pd.DataFrame)))
