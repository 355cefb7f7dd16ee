from __future__ import annotations

import pickle

from aura_nb.errors import FieldIssue, InvalidBrief, JobCancelled, ProviderError


def test_messages_say_what_and_what_to_do():
    error = ProviderError("kokoro", "no model", remedy="Run pip install 'aura-nb[voice]'.")
    assert str(error) == "kokoro: no model Run pip install 'aura-nb[voice]'."
    assert JobCancelled().message == "The job was cancelled."


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
