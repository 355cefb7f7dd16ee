from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "observers.py"


@pytest.mark.slow
def test_the_benchmark_of_observers_still_measures_all_it_tells_of():
    command = [sys.executable, str(BENCHMARK), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    tables = re.split(r"\n(?=\w+: )", done.stdout.strip())
    assert [table.partition(":")[0] for table in tables] == ["crowd", "hundred", "one", "unread", "fickle", "stop"]
    for table in tables:
        assert re.findall(r"(?m)^(ours|sse-starlette|StreamingResponse) ", table) == [
            "ours",
            "sse-starlette",
            "StreamingResponse",
        ]
        assert "NaN" not in table
