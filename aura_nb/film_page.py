"""How a film looks in a page, as HTML: with all of it inside, or as a poster that leads to it."""

from __future__ import annotations

import base64
import html
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from aura_nb.film import Film

# A translucent grey is seen on white and on black alike.
FRAME = "position:relative;overflow:hidden;border-radius:4px;background:rgba(128,128,128,.2)"


def whole(film: Film) -> str:
    """A player with captions that has all of the film in it: a third more than the file. Raises OSError."""
    source = _data_uri("video/mp4", film.path.read_bytes())
    track = ""
    if film.vtt is not None and film.vtt.is_file():
        track = _track(film, _data_uri("text/vtt", film.vtt.read_bytes()))
    return _figure(film, _video(film, source, track, 'preload="metadata"'))


def poster(film: Film, picture: bytes = b"", key: str = "") -> str:
    """`picture`, a JPEG, with what the film is and how it is played: some kB, however long it is.

    It plays by itself where the film lies within the notebook's folder, by a link. The page of a living
    kernel that knows it by `key` makes the rest play (`widgets/projector.js`).
    """
    if not film.path.is_file():
        name = html.escape(film.path.name)
        return _figure(film, f"<p>The film <b>{name}</b> is no longer where it was made.</p>")
    shown = _data_uri("image/jpeg", picture) if picture else ""
    if (link := _link(film.path)) is not None:
        track = film.vtt is not None and film.vtt.is_file() and (_link(film.vtt) or "")
        waits = f'preload="none" poster="{shown}"' if shown else 'preload="metadata"'
        return _figure(film, _video(film, link, _track(film, track) if track else "", waits), key=key)
    look = f'style="display:block;width:100%;margin:0;{_shape(film)}"'
    title, name = html.escape(film.title), html.escape(film.path.name)
    image = f'<img src="{shown}" alt="{title}" {look}>' if shown else f"<p {look}>{name}</p>"
    button = f'<button type="button" hidden data-aura-play aria-label="Play {title}"></button>'
    way = "Run the cell in Jupyter to play it here" if key else "A video player opens <code>film.path</code>"
    how = (
        f"<p data-aura-still>The film itself is not in this document. {way}, or show <code>film.embed()</code>, "
        "which puts it in.</p>"
    )
    return _figure(film, image + button, after=how, key=key)


def _figure(film: Film, inner: str, *, after: str = "", key: str = "") -> str:
    width = 640 if film.size[0] >= film.size[1] else 360
    caption = html.escape(repr(film)[5:-1])
    if film.codec == "h265":
        caption += ". A browser without a decoder for H.265 plays its sound only: then use a video player."
    mark = f' data-aura-film="{key}"' if key else ""
    return (
        f'<figure{mark} style="margin:0;max-width:{width}px"><div style="{FRAME}">{inner}</div>'
        f"<figcaption>{caption}</figcaption>{after}</figure>"
    )


def _shape(film: Film) -> str:
    return f"aspect-ratio:{film.size[0]}/{film.size[1]}"


def _video(film: Film, source: str, track: str, attributes: str) -> str:
    return (
        f'<video controls playsinline {attributes} style="display:block;width:100%;'
        f'{_shape(film)}" aria-label="{html.escape(film.title)}" '
        f'src="{html.escape(source)}">{track}This browser plays no video.</video>'
    )


def _track(film: Film, source: str) -> str:
    language = html.escape(film.language)
    return f'<track kind="captions" srclang="{language}" label="{language}" default src="{html.escape(source)}">'


def _link(path: Path) -> str | None:
    """Where a page finds the file by a path relative to the notebook's folder; None outside that."""
    try:
        return quote(path.resolve().relative_to(Path.cwd().resolve()).as_posix())
    except ValueError:
        return None


def _data_uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
