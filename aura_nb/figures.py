"""Live figures, of matplotlib and plotly, kept as files: a script is data, and its figures are part of it.

A figure is kept as it is when it is given to a scene: later edits of it do not reach the film. Its
file is named by what it looks like, so that a cell that is run again gives the same script. matplotlib's
are pickles, and loading a pickle runs code: only what we kept ourselves, in our own folder, is ever read.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import re
import threading
import uuid
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, Literal

from pydantic_core import PydanticCustomError

from aura_nb.errors import FieldIssue, InvalidBrief
from aura_nb.settings import Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Kind = Literal["matplotlib", "plotly"]

DRAWING = threading.RLock()
"""Held by whoever draws with matplotlib, which shares its caches between threads without care."""

# A figure is told from another by its pixels at this size: twice what a notebook shows.
_LONGER_SIDE = 1600
_NAME = re.compile(r"([0-9a-f]{64})\.(matplotlib|plotly)")
_SEAL = hashlib.sha256().digest_size


def figure_of(value: object) -> Any:
    """The whole figure that `value` is or is part of (axes, a line, a seaborn grid); None for anything else."""
    # A part's figure may be a subfigure, whose figure is the whole.
    for _ in range(4):
        if is_a(value, "matplotlib.figure.Figure") or is_a(value, "plotly.basedatatypes.BaseFigure"):
            return value
        if not is_a(value, "matplotlib.artist.Artist") and not is_a(value, "seaborn.axisgrid._BaseGrid"):
            return None
        value = getattr(value, "figure", None)
    return None


def is_a(value: object, name: str) -> bool:
    """Whether `value` is an instance of the class of this full name, whose package is not imported for it."""
    return any(f"{kind.__module__}.{kind.__qualname__}" == name for kind in type(value).__mro__)


def kind_of(path: Path) -> Kind | None:
    """What a kept figure is a figure of, by its file's name; None for any other file."""
    match path.suffix.lower():
        case ".matplotlib":
            return "matplotlib"
        case ".plotly":
            return "plotly"
    return None


def titled(figure: Any) -> bool:
    """Whether a figure (`figure_of`) says itself, above all, what it is about."""
    if is_a(figure, "plotly.basedatatypes.BaseFigure"):
        return bool(figure.layout.title.text)
    titles = [axes.get_title(side) for axes in figure.axes for side in ("left", "center", "right")]
    return any(title.strip() for title in (figure.get_suptitle(), *titles))


def keep(figure: Any) -> Path:
    """Keep a figure (`figure_of`) as it is now; its file. The same look gives the same file.

    Raises `PydanticCustomError` with the remedy, for a validator to hand on.
    """
    if is_a(figure, "plotly.basedatatypes.BaseFigure"):
        data = _canonical(figure)
        return _written(hashlib.sha256(data).hexdigest(), "plotly", data)
    data = _pickled(figure)
    return _written(_look(data), "matplotlib", hashlib.sha256(data).digest() + data)


def check_ours(path: Path) -> None:
    """Raise `PydanticCustomError` for a kept figure of another folder than ours, or named by somebody else."""
    folder = Settings().figures
    if path.expanduser().resolve().parent != folder.resolve() or not _NAME.fullmatch(path.name):
        raise PydanticCustomError(
            "figure_foreign",
            "{image} is a figure of another machine or folder, which is not opened: that would run code",
            {"image": str(path), "remedy": "Run the cell that made it again, or save it as an SVG or PNG."},
        )


def read(path: Path) -> Figure | dict[str, Any]:
    """A kept figure: matplotlib's `Figure`, bound to no window, or the data of plotly's.

    Raises `InvalidBrief` for one we did not keep, one that is lost or damaged, and one that cannot be
    brought to life here (made with another version, say).
    """
    try:
        check_ours(path)
        data = path.read_bytes()
        named, kind = _NAME.fullmatch(path.name).groups()  # type: ignore[union-attr]
        if kind == "plotly":
            if hashlib.sha256(data).hexdigest() != named:
                raise ValueError("its file is damaged")
            plain: dict[str, Any] = json.loads(data)
            return plain
        if hashlib.sha256(data[_SEAL:]).digest() != data[:_SEAL]:
            raise ValueError("its file is damaged")
        with DRAWING:
            figure: Figure = pickle.loads(data[_SEAL:])
            return figure
    except PydanticCustomError as error:
        remedy = (error.context or {}).get("remedy", "")
        issue = FieldIssue("picture.image", error.message(), remedy)
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        issue = FieldIssue(
            "picture.image", f"{path.name} cannot be opened ({why})", "Run the cell that made the figure again."
        )
    raise InvalidBrief([issue], subject="script")


class _Pickler(pickle.Pickler):
    """Pickles a figure for a life without windows, and nothing that only the running notebook knows."""

    def reducer_override(self, obj: Any) -> Any:
        if is_a(obj, "matplotlib.figure.Figure"):
            make, arguments, state, *rest = obj.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
            # With it, loading the figure would open it in pyplot.
            plain = {name: value for name, value in state.items() if name != "_restore_to_pylab"}
            return (make, arguments, plain, *rest)
        if isinstance(obj, FunctionType | type) and obj.__module__ == "__main__":
            raise pickle.PicklingError(f"{obj.__qualname__} is defined in the notebook itself")
        return NotImplemented


def _pickled(figure: Any) -> bytes:
    buffer = io.BytesIO()
    try:
        with DRAWING:
            _Pickler(buffer, pickle.HIGHEST_PROTOCOL).dump(figure)
    except Exception as error:
        raise PydanticCustomError(
            "figure_kept",
            "this matplotlib figure cannot be kept ({why})",
            {
                "why": " ".join(str(error).split()) or type(error).__name__,
                "remedy": 'Save it with fig.savefig("figure.svg") and give FigureCard(image="figure.svg").',
            },
        ) from None
    return buffer.getvalue()


def _look(data: bytes) -> str:
    """SHA-256 of what a pickled figure looks like. Pickles of the same figure differ from run to run."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with DRAWING:
        # A copy: drawing moves what a layout engine places.
        figure: Figure = pickle.loads(data)
        inches = [float(side) for side in figure.get_size_inches()]
        figure.set_dpi(_LONGER_SIDE / max(inches))
        canvas = FigureCanvasAgg(figure)
        try:
            canvas.draw()
        except Exception as error:
            raise PydanticCustomError(
                "figure_drawn",
                "matplotlib cannot draw this figure ({why})",
                {
                    "why": " ".join(str(error).split()) or type(error).__name__,
                    "remedy": 'Mend it until fig.savefig("figure.png") works.',
                },
            ) from None
        return hashlib.sha256(json.dumps(inches).encode() + bytes(canvas.buffer_rgba())).hexdigest()


def _canonical(figure: Any) -> bytes:
    """plotly's own JSON, keys sorted, without the ids that a widget gives its traces."""
    plain = json.loads(figure.to_json(validate=False))
    for trace in plain.get("data", ()):
        trace.pop("uid", None)
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _written(name: str, kind: Kind, data: bytes) -> Path:
    path = Settings().figures / f"{name}.{kind}"
    if not _is_whole(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"{uuid.uuid4().hex}.tmp")
        try:
            aside.write_bytes(data)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    return path


def _is_whole(path: Path) -> bool:
    """Whether the file of a figure is there, as it was written."""
    try:
        data = path.read_bytes()
    except OSError:
        return False
    if kind_of(path) == "plotly":
        return hashlib.sha256(data).hexdigest() == path.stem
    return hashlib.sha256(data[_SEAL:]).digest() == data[:_SEAL]
