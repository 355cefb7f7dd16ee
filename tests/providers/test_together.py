"""A look that was given up, and the end of the process."""

from __future__ import annotations

import subprocess
import sys

BUSY = """
import sys, time
import onnxruntime
from onnxruntime.datasets import get_example
from aura_nb import cli
from aura_nb.providers.report import ProviderReport
from aura_nb.providers.together import together

class Busy:
    what = "busy"
    report = ProviderReport("busy", "speaker", True, "live", "Timeout", "")
    ends = time.monotonic() + 0.3

    def run(self):
        while True:
            onnxruntime.InferenceSession(get_example("mul_1.onnx"), providers=["CPUExecutionProvider"])

# Several, so that at any moment one is in the library.
together([Busy() for _ in range(4)])
sys.argv = ["aura-nb", "--nonsense"]
cli.main()
"""


def test_one_that_is_still_in_a_library_does_not_abort_the_command():
    """`aura-nb providers` ended with "terminate called without an active exception" after its table."""
    done = subprocess.run([sys.executable, "-c", BUSY], capture_output=True, text=True, timeout=120)
    assert "No such option" in done.stderr
    assert done.returncode == 2, done.stderr
