from __future__ import annotations

import pickle
import re
import traceback

import pytest
from IPython.core.interactiveshell import InteractiveShell

from aura_nb.errors import FieldIssue, InvalidBrief, JobCancelled, ProviderError
from aura_nb.spec import Brief


def test_messages_say_what_and_what_to_do():
    error = ProviderError("kokoro", "no model", remedy="Run pip install 'aura-nb[voice]'.")
    assert str(error) == "kokoro: no model Run pip install 'aura-nb[voice]'."
    assert JobCancelled().message == "The job was cancelled."


@pytest.mark.parametrize("code", ["Brief('Hi')", "make('Blue sky', plan={'secnds': 3})", "validate('nobody')"])
def test_a_slip_is_shown_in_a_notebook_without_the_way_through_our_code(capsys, code):
    shell = InteractiveShell()
    shell.run_cell(f"import aura_nb as aura\naura.{code}")
    shown = capsys.readouterr().out
    assert re.match("(InvalidBrief|UnknownProvider): ", shown)
    assert len(shown.splitlines()) < 4


def test_python_tells_all_the_way_it_took():
    try:
        Brief("Hi")
    except InvalidBrief as error:
        told = traceback.format_exception(error)
    assert sum("aura_nb" in line for line in told) > 1
    assert told[0] == "Traceback (most recent call last):\n"


def test_an_invalid_brief_survives_pickling():
    error = InvalidBrief([FieldIssue("topic", "too short", "Write more.")])
    again = pickle.loads(pickle.dumps(error))
    assert again.issues == error.issues
    assert str(again) == str(error)


def test_every_error_survives_pickling():
    error = ProviderError("kokoro", "no model", remedy="Install it.")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.provider, again.remedy) == (
        ProviderError,
        str(error),
        "kokoro",
        "Install it.",
    )
