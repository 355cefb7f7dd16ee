"""Cards: every kind of picture, typeset by Typst from a theme's templates. The default illustrator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aura_nb.errors import FieldIssue, InvalidBrief, RenderError, refused
from aura_nb.figures import kind_of
from aura_nb.providers.base import Drawing, DrawRequest, ProviderInfo
from aura_nb.providers.illustrators import fonts, formula, mat, wording
from aura_nb.providers.illustrators.notices import Card, called, notices
from aura_nb.providers.illustrators.typesetter import TypesettingError, png_file, typeset, version
from aura_nb.script import EquationCard, FigureCard, Picture
from aura_nb.settings import Settings
from aura_nb.themes.theme import Theme, load

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Goes up when the same card and theme would come out differently.
REVISION = 2

_ROLES = {"code": ("display", "text", "code"), "equation": ("display", "text", "math")}
_FORMULA = '#math.equation(eval(json(bytes(sys.inputs.input)), mode: "math"))'
_PHOTO = "/photo.rgb"
_IMAGE = "#image(json(bytes(sys.inputs.input)))"
# Typst's math font has these; it has no file to look them up in.
_MATH = frozenset({*range(0x370, 0x400), *range(0x2070, 0x2B00), *range(0x1D400, 0x1D800)})


@dataclass(frozen=True)
class _Copy:
    """A card's words made ready to set: cleaned, with missing characters replaced."""

    data: dict[str, Any]
    fonts: dict[str, tuple[str, ...]]
    setting: dict[str, str | None]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image is shown on a figure card, in pixels: the size it has, and the most it could have."""

    size: tuple[float, float]
    room: tuple[float, float]

    def filling(self, aspect: float) -> float:
        """`aspect`, or the nearest to it with which an image fills half of the room."""
        best = self.room[0] / self.room[1]
        return min(max(aspect, best / 2), best * 2)


class Cards:
    """Draws cards from theme folders. Safe to use from several threads.

    Parameters
    ----------
    settings:
        Where to look for further fonts (`AURA_NB_FONTS`).
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()

    @property
    def info(self) -> ProviderInfo:
        return ProviderInfo(
            name="cards",
            socket="illustrator",
            local=True,
            licence="Apache-2.0",
            version=f"{REVISION}+typst{version()}",
            summary="Typeset cards: titles, points, quotes, equations, code, tables and figures.",
        )

    def missing(self) -> str | None:
        return None

    def draws(self, picture: Picture) -> bool:
        """Whether `picture` is a card or an image file: live figures are for `figures`, which sets them here."""
        return not (isinstance(picture, FigureCard) and kind_of(picture.image))

    def depends(self, request: DrawRequest) -> str:
        """What beside the picture decides how it is drawn: the theme's part in it, and the fonts."""
        return self.look_of(request.picture, theme=request.theme, language=request.language)

    def look_of(self, card: Card, *, theme: str, language: str) -> str:
        """A digest of the theme's part in `card` and of the fonts it takes."""
        look = load(theme)
        families = self._copy(card, look, language).fonts
        return f"{look.digest(card.kind)}-{self._book.digest(f for chain in families.values() for f in chain)}"

    def draw(self, request: DrawRequest, out: Path, *, photo: NDArray[np.uint8] | None = None) -> Drawing:
        """Draw the picture at exactly its size as an opaque RGB PNG at `out`.

        `photo` (blue, green and red of every pixel) is shown beside the card, or above it where it is as
        wide as the picture; the card is set in what is left.

        Raises `InvalidBrief` for a formula or an image that cannot be drawn or a theme that is none,
        and `RenderError` when a template of the theme fails.
        """
        return self.draw_card(request.picture, request.size, request.theme, request.language, out, photo=photo)[0]

    def draw_card(
        self,
        card: Card,
        size: tuple[int, int],
        theme: str,
        language: str,
        out: Path,
        *,
        photo: NDArray[np.uint8] | None = None,
    ) -> tuple[Drawing, bool]:
        """Draw `card` as `draw` does; say as well whether all of it found room."""
        copy = self._copy(card, look := load(theme), language)
        pixels, report = self._typeset(card, copy, look, size, photo=photo)
        out.write_bytes(png_file(pixels[..., :3]))
        return Drawing(out, tuple(notices(card, report, copy.missing))), not report.get("cut")

    def fits(self, request: DrawRequest, photo: tuple[int, int]) -> bool:
        """Whether all of the picture's words can be read beside a photo of this size."""
        picture = request.picture
        copy = self._copy(picture, look := load(request.theme), request.language)
        _, report = self._typeset(picture, copy, look, request.size, photo=_plain(photo))
        return not (report.get("cut") or report.get("small"))

    def place(self, request: DrawRequest, aspect: float) -> Place:
        """Where on a figure card an image of `aspect` (width over height) would be shown."""
        picture = request.picture
        copy = self._copy(picture, look := load(request.theme), request.language)
        stand_in = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {1000 * aspect:.3f} 1000"/>'
        _, report = self._typeset(picture, copy, look, request.size, image=("/figure.svg", stand_in.encode()))
        # A theme's own template may not say.
        width, height = (0.84 * request.size[0], 0.6 * request.size[1])
        shown = (min(width, height * aspect), min(height, width / aspect))
        return Place(_pair(report.get("figure", shown)), _pair(report.get("room", (width, height))))

    def background(self, picture: Card, *, size: tuple[int, int], theme: str, out: Path) -> Path:
        """Draw what lies behind `picture`, and nothing of it, as an opaque RGB PNG at `out`."""
        copy = self._copy(picture, look := load(theme), "en")
        pixels, _ = self._typeset(picture, copy, look, size, blank=True)
        out.write_bytes(png_file(pixels[..., :3]))
        return out

    @cached_property
    def _book(self) -> fonts.FontBook:
        return fonts.book(fonts.folders(self._settings.fonts))

    def _copy(self, picture: Card, look: Theme, tag: str) -> _Copy:
        data = _words(picture)
        texts = tuple(_strings(data))
        whole = "".join(texts)
        chosen = look.tokens(picture.kind)["fonts"]
        missing = self._book.missing((chosen["text"], chosen["display"]), whole, tag)
        if isinstance(picture, EquationCard):
            missing = tuple(character for character in missing if ord(character) not in _MATH)
        chains = {
            role: self._book.chain((chosen[role], chosen["text"]), whole, tag)
            for role in _ROLES.get(picture.kind, ("display", "text"))
        }
        shown = _replaced(data, missing) if missing else data
        return _Copy(shown, chains, wording.setting(tag, texts), missing)

    def _typeset(
        self,
        picture: Card,
        copy: _Copy,
        look: Theme,
        size: tuple[int, int],
        *,
        blank: bool = False,
        photo: NDArray[np.uint8] | None = None,
        image: tuple[str, bytes] | None = None,
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        files = look.templates(picture.kind)
        card = {"kind": picture.kind, **copy.data}
        bitmap = mat.Bitmap()
        if isinstance(picture, FigureCard):
            name, content = image or (f"/figure{picture.image.suffix.lower()}", _read(picture.image))
            files[name] = content
            bitmap = mat.look_at(content)
            card |= {"image": name, "paper": bitmap.paper}
        tokens = look.tokens(picture.kind) | {"fonts": copy.fonts}
        data = {"card": card, "theme": tokens, "size": size, "blank": blank, **copy.setting}
        if photo is not None:
            height, width = photo.shape[:2]
            files[_PHOTO] = photo[..., ::-1].tobytes()
            data["photo"] = {"file": _PHOTO, "size": (width, height)}
        try:
            pixels, report = typeset(look.source(picture.kind), files, data, self._book)
            return pixels, report | {"bitmap": bitmap.size}
        except TypesettingError as error:
            if isinstance(picture, EquationCard) and self._fails_alone(_FORMULA, {}, copy.data["equation"]):
                hint = "Write Typst math, e.g. `frac(a, b)`, and put words in quotes; or LaTeX."
                raise formula.invalid(picture.equation, error.reason, hint) from None
            if isinstance(picture, FigureCard) and self._fails_alone(_IMAGE, files, card["image"]):
                raise _bad_image(picture.image, error.reason) from None
            raise RenderError(
                f"{called(picture)}: {error.message}", remedy=f"Mend the templates of theme {look.name!r}."
            ) from None

    def _fails_alone(self, source: str, files: Mapping[str, bytes], data: str) -> bool:
        """Whether the user's part is to blame and not the theme's: set by itself it fails as well."""
        try:
            typeset(source, files, data, self._book)
        except TypesettingError:
            return True
        return False


def _pair(sides: Sequence[float]) -> tuple[float, float]:
    width, height = sides
    return float(width), float(height)


def _plain(size: tuple[int, int]) -> NDArray[np.uint8]:
    import numpy as np

    width, height = size
    return np.zeros((height, width, 3), np.uint8)


def _words(picture: Card) -> dict[str, Any]:
    data = picture.model_dump(mode="json", exclude={"kind", "image"})
    clean: dict[str, Any] = {name: _apply(wording.prose, value) for name, value in data.items()}
    match picture.kind:
        case "equation":
            clean["equation"] = formula.typst_math(picture.equation)
        case "code":
            clean |= {"code": wording.listing(picture.code), "language": picture.language}
    return clean


def _apply(change: Any, value: Any) -> Any:
    match value:
        case dict():
            return {name: _apply(change, item) for name, item in value.items()}
        case list():
            return [_apply(change, item) for item in value]
    return change(value)


def _replaced(data: Mapping[str, Any], missing: tuple[str, ...]) -> dict[str, Any]:
    return {name: _apply(lambda text: fonts.replace_missing(text, missing), value) for name, value in data.items()}


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for item in (value.values() if isinstance(value, dict) else value) for text in _strings(item)]


def _read(image: Path) -> bytes:
    try:
        return image.read_bytes()
    except OSError as error:
        raise _bad_image(image, refused(error)[0]) from None


def _bad_image(image: Path, reason: str) -> InvalidBrief:
    issue = FieldIssue(
        "picture.image", f"{image} cannot be drawn ({reason})", "Give a PNG, JPEG, SVG or WebP file that opens."
    )
    return InvalidBrief([issue], subject="script")
