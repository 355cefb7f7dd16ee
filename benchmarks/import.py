"""What importing costs: CPU seconds of a fresh interpreter, and the packages it pulled in.

    python benchmarks/import.py [RUNS]

CPU seconds are of the whole process, its start included, and the median of RUNS (default 9), taken
in turn so that a busy moment of the machine touches all rows alike. The ratio is to `pass`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

LIMIT_SECONDS = 0.25
STATEMENTS = {
    "pass": "pass",
    "import aura_nb": "import aura_nb",
    "aura_nb.Brief": "import aura_nb; aura_nb.Brief",
    "aura_nb.make": "import aura_nb; aura_nb.make",
    "aura-nb --version": "import aura_nb.cli",
}
REPORT = """
import sys, time
tops = {name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)
print(time.process_time(), *sorted(top for top in tops if not top.startswith('_') and top != 'aura_nb'))
"""


def run(statement: str) -> tuple[float, list[str]]:
    """CPU seconds of an interpreter that ran `statement`, and the packages it then held."""
    code = f"{statement}\n{REPORT}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    seconds, *packages = done.stdout.split()
    return float(seconds), packages


def main(runs: int) -> int:
    results = [{name: run(statement) for name, statement in STATEMENTS.items()} for _ in range(runs)]
    base = statistics.median(result["pass"][0] for result in results)
    print(f"{'':18} {'CPU s':>7} {'ratio':>7}  packages pulled in")
    for name in STATEMENTS:
        seconds = statistics.median(result[name][0] for result in results)
        always = set(results[0]["pass"][1])
        packages = ", ".join(package for package in results[0][name][1] if package not in always)
        print(f"{name:18} {seconds:7.3f} {seconds / base:7.2f}  {packages or 'none'}")
    imported = statistics.median(result["import aura_nb"][0] for result in results)
    print(f"import aura_nb: {imported:.3f} s of CPU, limit {LIMIT_SECONDS} s")
    return int(imported > LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 9))
