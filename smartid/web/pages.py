"""Pages from templates: Jinja2 with everything escaped, and every name that a template uses demanded."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from smartid.errors import ExtraMissing
from smartid.web.words import LANGUAGES, language, words

if TYPE_CHECKING:
    from jinja2 import Environment

STATIC = {
    "smartid.js": "text/javascript; charset=utf-8",
    "smartid-login.js": "text/javascript; charset=utf-8",
    "words.js": "text/javascript; charset=utf-8",
    "smartid.css": "text/css; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
}
"""The files that a browser may fetch, and their media types."""


def render(name: str, lang: str, *, package: str = "smartid.web", **values: Any) -> str:
    """Give a page as HTML text.

    name     of a template, without ".html": "login", "error"
    lang     "fa" or "en"; another one is read as Persian
    package  where the folder ``templates`` lies; those of smartid.web are found from everywhere
    values   what the template uses. Pages that extend ``base`` need ``site`` (its name), ``prefix`` (where
             the login is mounted, "/auth") and ``here`` (path of this page, for the change of language), and
             take ``query`` (its other parameters), ``throw_away`` (bool) and ``csrf``.

    Raises ExtraMissing without Jinja2; LookupError for a template that is not there; jinja2.UndefinedError
    for a value that is missing.
    """
    code = language(lang)
    template = _environment(package).get_template(f"{name}.html")
    return template.render({"t": words()[code]["page"], "w": words()[code], "lang": code, **values})


def static_file(name: str) -> tuple[bytes, str] | None:
    """Give the content and the media type of a file that pages use, None for any other name."""
    if name not in STATIC:
        return None
    return files("smartid.web").joinpath("static", name).read_bytes(), STATIC[name]


@cache
def _environment(package: str) -> Environment:
    try:
        from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined  # noqa: PLC0415
    except ImportError as error:
        raise ExtraMissing("web", "A page") from error
    packages = dict.fromkeys((package, "smartid.web"))
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(one) for one in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["languages"] = [(code, words()[code]["language"]) for code in LANGUAGES]
    environment.globals["address"] = _address
    return environment


def _address(path: str, query: dict[str, str], **changed: str) -> str:
    """Give a path with parameters: those of the page, and those that change."""
    return f"{path}?{urlencode({**query, **changed})}"
