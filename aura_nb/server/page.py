"""The observer page: a few static files, no other asset, under a policy that allows nothing else."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from aura_nb.server.access import Access
from aura_nb.server.problem import Problem

FOLDER = Path(__file__).with_name("static")
WIDGETS = Path(__file__).parents[1] / "widgets"
VIEWS = ("elements", "film_player", "focus", "job_view", "keys", "player", "pulse", "resource_bar", "watch")
FILES = {
    **{f"{name}.js": (FOLDER, "text/javascript") for name in ("page", "job", "link", "history", "fold")},
    "page.css": (FOLDER, "text/css"),
    # The notebook's own views: the page has no others.
    **{f"{name}.js": (WIDGETS, "text/javascript") for name in VIEWS},
    **{f"{name}.css": (WIDGETS, "text/css") for name in ("job_view", "resource_bar")},
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""https://www.w3.org/TR/CSP3/: nothing from elsewhere, no inline script, in no foreign frame."""


def routes(access: Access) -> list[Route]:
    """What to mount."""
    return [
        Route("/", partial(_page, access), methods=["GET"]),
        Route("/static/{name}", _file, methods=["GET"]),
    ]


async def _page(access: Access, request: Request) -> Response:
    """The page. A token in the link becomes a cookie, so that it stays in no history, bookmark or referrer."""
    given = parse_qs(request.url.query).get("token", [])
    if not given:
        answer = _answer(FOLDER / "index.html", "text/html")
        # RFC 8631: programs find the way from the page.
        answer.headers["link"] = '<api/openapi.json>; rel="service-desc"; type="application/json"'
        return answer
    rest = [(name, value) for name, value in request.query_params.multi_items() if name != "token"]
    # Relative, so that it holds behind any proxy.
    response = RedirectResponse(f"./?{urlencode(rest)}" if rest else "./", 303, {"Cache-Control": "no-store"})
    # Without a path the browser takes that of the link, which behind a proxy only it knows. Lax, for a
    # strict one would not be sent on by the redirect when the link was clicked on a page of Jupyter's.
    response.set_cookie(access.cookie, access.token, path=None, httponly=True, samesite="lax")
    return response


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in FILES:
        raise Problem(404, "NOT_FOUND", "There is no such file.")
    folder, kind = FILES[name]
    return _answer(folder / name, kind)


def _answer(path: Path, kind: str) -> Response:
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
    return Response(path.read_bytes(), headers=headers, media_type=f"{kind}; charset=utf-8")
