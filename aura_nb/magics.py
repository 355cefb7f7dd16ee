"""`%%aura`: a film from a brief written in the cell; `%aura`: the tables. `%load_ext aura_nb` brings both."""

from __future__ import annotations

import argparse
import keyword
from typing import Any, NoReturn

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.utils.process import arg_split  # type: ignore[attr-defined]  # It is one of its own names.

from aura_nb import api, doctor
from aura_nb.completion import matcher
from aura_nb.request import Request

TABLES = {
    "providers": (api.providers, "every provider: whether it works here now, and what mends it"),
    "jobs": (api.jobs, "all jobs, those of past kernels included; those that run are shown live"),
    "doctor": (lambda: doctor.table(doctor.report()), "what is installed, what is missing, and what mends it"),
}
"""What `%aura NAME` shows."""
WAYS = {
    "--start": "return at once with the job, which shows itself live",
    "--write": "write the script only, to be read, edited and made",
}
"""How else than by making the film `%%aura` answers."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and ends no kernel."""

    def read(self, line: str) -> argparse.Namespace:
        """What `line` says, in words and quotes as this system's shells have them."""
        try:
            return self.parse_args(arg_split(line, posix=True))
        except ValueError as error:
            self.error(str(error))

    def error(self, message: str) -> NoReturn:
        # argparse has no other way to tell them: whoever comes from the shell writes its options here.
        told = "unrecognized" in message and self.prog == "%%aura"
        inside = " Settings go into the cell, e.g. `plan: {seconds: 20}`." if told else ""
        raise UsageError(f"{message}.{inside} {self.format_usage().strip()}")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise UsageError(message or self.format_usage().strip())


def _parsers() -> tuple[_Parser, _Parser]:
    tables = "; ".join(f"{name}: {what}" for name, (_, what) in TABLES.items())
    line = _Parser(prog="%aura", description="Show a table.", add_help=False)
    line.add_argument("table", nargs="?", choices=TABLES, help=tables)
    cell = _Parser(prog="%%aura", description="Make the film of the brief in this cell.", add_help=False)
    cell.add_argument("name", nargs="?", help="the variable that takes what is made")
    cell.add_argument("-o", "--output", help="the film's path (.mp4)")
    ways = cell.add_mutually_exclusive_group()
    for way, what in WAYS.items():
        ways.add_argument(way, action="store_true", help=what)
    for parser in (line, cell):
        parser.add_argument("-h", "--help", action="store_true", help="show this")
    return line, cell


_LINE, _CELL = _parsers()


@magics_class
class AuraMagics(Magics):
    """Films and tables from cells that hold no Python."""

    @line_cell_magic
    def aura(self, line: str, cell: str | None = None) -> Any:
        """`%%aura [NAME] [-o FILE] [--start | --write]`: make the film of the brief in this cell.

        The cell is YAML or TOML: the brief's fields, with plan, voice, render and profile beneath; or a
        topic, in one line. The film is the cell's output, and NAME's value where a name is given.

            %%aura sky
            topic: Why the sky is blue
            points:
              - Air scatters blue light far more than red.
            plan: {seconds: 20}

        `--start` returns the job at once, `--write` the script without a film.

        `%aura providers`, `%aura jobs`, `%aura doctor`: the tables of those names.
        """
        return self._table(line) if cell is None else self._film(line, cell)

    def _table(self, line: str) -> Any:
        asked = _LINE.read(line)
        if asked.help or asked.table is None:
            print(_LINE.format_help())
            return None
        show, _ = TABLES[asked.table]
        return show()

    def _film(self, line: str, cell: str) -> Any:
        asked = _CELL.read(line)
        if asked.help:
            print(_CELL.format_help())
            return None
        if asked.name is not None and (not asked.name.isidentifier() or keyword.iskeyword(asked.name)):
            raise UsageError(f"{asked.name!r} is no name of a variable. {_CELL.format_usage().strip()}")
        # Lines are told as the notebook counts them, whose first is the magic's own.
        request = Request.written(f"\n{cell}")
        made: Any
        if asked.write:
            made = api.write(request)
        else:
            made = (api.start if asked.start else api.make)(request, output=asked.output)
        if asked.name is not None:
            assert self.shell is not None
            self.shell.user_ns[asked.name] = made
        return made


def load(shell: InteractiveShell) -> None:
    """Give `shell` the magics, and Tab the words that fit in them."""
    shell.register_magics(AuraMagics)
    unload(shell)
    shell.Completer.custom_matchers.append(matcher)


def unload(shell: InteractiveShell) -> None:
    """Take the words from Tab again; a magic stays, as IPython has it."""
    shell.Completer.custom_matchers[:] = [one for one in shell.Completer.custom_matchers if one is not matcher]
