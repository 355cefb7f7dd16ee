"""Pictures of one's own, from a folder: matched to the scenes by their headings.

`what-you-see.png` is shown under the heading “What you see”, and so is `03-What you see.jpg`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import replace
from pathlib import Path

from aura_nb.errors import ProviderError
from aura_nb.providers.base import Drawing, DrawRequest, ProviderInfo
from aura_nb.providers.config import Config, Fault, Field
from aura_nb.providers.illustrators.cards import Cards
from aura_nb.providers.report import Probed
from aura_nb.script import FigureCard, Picture

# Goes up when the same file and theme would come out differently.
REVISION = 1

# Of two files for one heading the earlier kind is taken: what is drawn before what is scanned.
KINDS = (".svg", ".png", ".webp", ".jpg", ".jpeg")

# A place in an order, and no year.
_NUMBER = re.compile(r"\d{1,3}-(?=.)")


def _check_folder(value: str, config: Config) -> Fault | None:
    folder = Path(value).expanduser()
    if folder.is_dir():
        return None
    why = "is no folder" if folder.exists() else "does not exist"
    return Fault("NOT_FOUND", f"The folder {value} {why}.", "Make it, or set AURA_NB_FILES_FOLDER to another.")


FIELDS = (
    Field(
        "folder",
        required=True,
        help="Where the pictures lie, each named by the heading of its scene.",
        check=_check_folder,
    ),
)


class Files:
    """Shows the author's own pictures, where there is one. Safe to use from several threads."""

    def __init__(self, config: Config | None = None, *, cards: Cards | None = None) -> None:
        self._config = config
        self._cards = cards or Cards()

    @property
    def info(self) -> ProviderInfo:
        return ProviderInfo(
            name="files",
            socket="illustrator",
            local=True,
            licence="Apache-2.0",
            version=f"{REVISION}+cards{self._cards.info.version}",
            summary="Pictures of one's own from a folder, matched to the scenes by their headings.",
            fields=FIELDS,
        )

    def missing(self) -> str | None:
        return self._settings.missing()

    def probe(self, *, timeout: float) -> Probed:
        """How many pictures there are."""
        count = len(self._files())
        if count:
            return Probed("Valid", message=f"{count} picture{'s' if count > 1 else ''} there.")
        kinds = ", ".join(kind.removeprefix(".") for kind in KINDS)
        return Probed("Valid", message="No picture there yet.", remedy=f"Put one there ({kinds}).")

    def draws(self, picture: Picture) -> bool:
        """Whether the folder has a file for `picture`; a figure shows an image of its own."""
        return not isinstance(picture, FigureCard) and self._file(picture) is not None

    def depends(self, request: DrawRequest) -> str:
        """The file's bytes, and what a figure card depends on."""
        card = self._card(request.picture)
        seen = hashlib.sha256(card.image.read_bytes()).hexdigest()
        return f"{seen}-{self._cards.depends(replace(request, picture=card))}"

    def draw(self, request: DrawRequest, out: Path) -> Drawing:
        """Draw the file under the picture's heading, as an opaque RGB PNG of exactly the size at `out`.

        Raises `ProviderError` when the file is gone, `InvalidBrief` when it is no image.
        """
        return self._cards.draw(replace(request, picture=self._card(request.picture)), out)

    @property
    def _settings(self) -> Config:
        return self._config or Config.resolve("files", FIELDS)

    def _files(self) -> list[Path]:
        """The pictures of the folder, in the order they are preferred."""
        folder = Path(self._settings.get("folder") or "").expanduser()
        if self._settings.faults():
            return []
        files = [path for path in folder.iterdir() if path.suffix.lower() in KINDS and path.is_file()]
        return sorted(files, key=lambda path: (KINDS.index(path.suffix.lower()), path.name))

    def _file(self, picture: Picture) -> Path | None:
        wanted = slug(heading_of(picture))
        if not wanted:
            return None
        names = [(path, slug(path.stem)) for path in self._files()]
        exact = (path for path, name in names if name == wanted)
        numbered = (path for path, name in names if _NUMBER.sub("", name, count=1) == wanted)
        return next(exact, None) or next(numbered, None)

    def _card(self, picture: Picture) -> FigureCard:
        file = self._file(picture)
        if file is None:
            raise ProviderError(
                "files",
                f"there is no picture for “{heading_of(picture)}” in the folder any more.",
                remedy=f"Put {slug(heading_of(picture))}.png there.",
            )
        caption = picture.subtitle if picture.kind == "title" else ""
        return FigureCard(heading=heading_of(picture), image=file.absolute(), caption=caption)


def heading_of(picture: Picture) -> str:
    """The words a picture is known by: its heading, a title card's title, a quote."""
    match picture.kind:
        case "title":
            return picture.title
        case "quote":
            return picture.quote
    return picture.heading


def slug(words: str) -> str:
    """Words as a file may be named by them: “What you see?” → `what-you-see`, “Überblick” → `uberblick`."""
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", words.casefold())
        if unicodedata.category(letter) != "Mn"
    )
    return "-".join("".join(letter if letter.isalnum() else " " for letter in plain).split())
