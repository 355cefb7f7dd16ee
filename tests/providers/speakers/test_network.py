"""What a network takes of a user's kernel."""

import subprocess
import sys

import pytest

SPOKEN = """
import psutil
from aura_nb.cancel import Cancel
from aura_nb.providers.speakers.kokoro import Kokoro
from aura_nb.spec import Voice

kokoro = Kokoro()
for times in (1, 4):
    text = " ".join(["Blue light, scattered most, reaches us from afar."] * times)
    kokoro.speak(text, Voice(), language="en", rate=1.0, cancel=Cancel())
    print(psutil.Process().memory_info().rss // 1_000_000)
"""


@pytest.mark.slow
def test_a_long_narration_leaves_no_more_behind_than_a_short_one():
    """Kept, the working memory of four sentences would be about 370 MB more than that of one."""
    done = subprocess.run([sys.executable, "-c", SPOKEN], stdout=subprocess.PIPE, text=True, check=True)
    short, long = map(int, done.stdout.split())
    assert long - short < 150
