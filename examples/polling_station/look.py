"""How the pages of the polling station and of the voter's own computer are made, Persian first."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from smartid.identity.persian import to_persian_digits
from smartid.web.headers import SECURITY_HEADERS

HERE = Path(__file__).parent
HEADERS = {**dict(SECURITY_HEADERS), "cache-control": "no-store"}
MAX_FORM = 16 << 10
PAGES = Environment(
    loader=FileSystemLoader(HERE / "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
ASSETS = {
    "/look.css": HERE.parent / "look.css",
    "/station.css": HERE / "station.css",
    "/station.js": HERE / "station.js",
    "/icon.svg": HERE / "icon.svg",
    **{f"/check/{path.name}": path for path in (HERE / "check").iterdir() if path.suffix in {".js", ".html"}},
}
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}


def lang_of(request: Request) -> str:
    """Persian unless English is asked for."""
    return "en" if request.query_params.get("lang") == "en" else "fa"


def say(lang: str, fa: str, en: str) -> str:
    """Give the words of a language."""
    return fa if lang == "fa" else en


def number(value: object, lang: str) -> str:
    """Write a number in the digits of a language."""
    return to_persian_digits(str(value)) if lang == "fa" else str(value)


def page(request: Request, name: str, title: tuple[str, str], status: int = 200, **values: Any) -> Response:
    """Give a page; ``menu`` and ``base`` come with the application."""
    lang = lang_of(request)
    turned = request.url.include_query_params(lang="fa" if lang == "en" else "en")
    text = PAGES.get_template(f"{name}.html").render(
        lang=lang,
        fa=lang == "fa",
        title=say(lang, *title),
        turned=f"{turned.path if request.method == 'GET' else back(request)}?{turned.query}",
        here=request.url.path,
        say=lambda fa, en: say(lang, fa, en),
        n=lambda value: number(value, lang),
        **{name: getattr(request.app.state, name) for name in ("menu", "base", "check")} | values,
    )
    return HTMLResponse(text, status, headers=HEADERS)


def back(request: Request) -> str:
    """Where somebody goes on who turned the language of an answer to a form."""
    path, base = request.url.path, f"{request.app.state.base}/"
    if path.startswith(base):
        return base
    return "/mine" if path in {"/again", "/compare"} else "/staff" if path.startswith("/staff") else path


async def fields(request: Request) -> list[tuple[str, str]]:
    """The fields of a form of this site; a form that another site sent has none."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return []
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_FORM:
            return []
    return parse_qsl(body.decode("ascii", "replace"), max_num_fields=500)


async def asset(request: Request) -> Response:
    """Give a style, a script or the page of the second device."""
    path = ASSETS[request.url.path]
    return FileResponse(path, media_type=TYPES[path.suffix], headers=HEADERS)


def assets() -> list[Route]:
    """The routes of everything that does not change."""
    return [Route(address, asset) for address in ASSETS]
