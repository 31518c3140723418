"""Pages, words and the files that browsers fetch, without a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jinja2")

from jinja2 import TemplateNotFound, UndefinedError

from smartid.agent.reasons import AgentReason
from smartid.errors import ExtraMissing
from smartid.web.headers import CONTENT_SECURITY_POLICY
from smartid.web.pages import STATIC, render, static_file
from smartid.web.words import LANGUAGES, language, words

VALUES: dict[str, Any] = {
    "site": "فروشگاه",
    "origin": "https://shop.test",
    "prefix": "/auth",
    "here": "/auth/",
    "query": {"next": "/a?b=c&d"},
    "csrf": "token",
    "next": "/a?b=c&d",
    "throw_away": False,
    "message": "نشد.",
    "remedy": "",
    "reason": "no_reason",
    "back": "/auth/",
}
ROOT = Path(__file__).resolve().parents[3]
HOSTILE = "\"'><script>alert(1)</script>"


def _shape(value: Any) -> Any:
    """The names of a table, and how many texts stand under each."""
    if isinstance(value, dict):
        return {name: _shape(one) for name, one in value.items()}
    return len(value) if isinstance(value, list) else str


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    else:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def test_both_languages_say_the_same_things() -> None:
    persian, english = words()["fa"], words()["en"]
    assert _shape(persian) == _shape(english)
    for ours, theirs in zip(_texts(persian), _texts(english), strict=True):
        assert set(re.findall(r"\{\w+\}", ours)) == set(re.findall(r"\{\w+\}", theirs))
    assert all(re.search("[\u0600-\u06ff]", text) for text in _texts(persian["codes"]))


def test_every_code_of_web_eid_has_words() -> None:
    """The thirteen codes of Web eID's library, and two of our own."""
    names = {
        *(
            "ACTION_PENDING",
            "ACTION_TIMEOUT",
            "CONTEXT_INSECURE",
            "EXTENSION_UNAVAILABLE",
            "MISSING_PARAMETER",
        ),
        *("NATIVE_FATAL", "NATIVE_INVALID_ARGUMENT", "NATIVE_UNAVAILABLE", "UNKNOWN_ERROR"),
        *("USER_CANCELLED", "USER_TIMEOUT", "VERSION_INVALID", "VERSION_MISMATCH"),
    }
    wanted = {f"ERR_WEBEID_{name}" for name in names} | {"SERVER_UNREACHABLE", "SERVER_REFUSED"}
    assert set(words()["fa"]["codes"]) == wanted


def test_remedies_are_for_reasons_that_the_card_program_has() -> None:
    assert set(words()["en"]["remedies"]) <= {reason.value for reason in AgentReason}


def test_the_table_is_a_module_for_browsers_and_json_for_us() -> None:
    text = files("smartid.web").joinpath("static/words.js").read_text(encoding="utf-8")
    assert text.startswith("export default {")
    assert json.loads(text[len("export default ") : -2]) == words()


@pytest.mark.parametrize(
    ("wishes", "found"),
    [
        ((), "fa"),
        (("en",), "en"),
        (("EN-GB",), "en"),
        ((None, "de", "en"), "en"),
        (("", "fa", "en"), "fa"),
        (("x" * 10_000,), "fa"),
        (("en\n",), "fa"),
    ],
)
def test_the_first_wish_that_can_be_met_is_the_language(wishes: tuple[str | None, ...], found: str) -> None:
    assert language(*wishes) == found


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["login", "error"])
def test_a_page_has_its_language_and_direction(name: str, lang: str) -> None:
    page = render(name, lang, **VALUES)
    assert f'<html lang="{lang}" dir="{words()[lang]["dir"]}">' in page
    assert '<meta name="csrf-token" content="token">' in page
    assert page.count("<h1>") == 1
    assert words()[lang]["page"]["throw_away"] not in page
    assert words()[lang]["page"]["throw_away"] in render(name, lang, **{**VALUES, "throw_away": True})


def test_the_language_switch_keeps_the_other_parameters() -> None:
    assert 'href="/auth/?next=%2Fa%3Fb%3Dc%26d&amp;lang=en"' in render("login", "fa", **VALUES)


def test_pages_obey_the_content_security_policy() -> None:
    """No script, style or handler stands in a page: ``script-src 'self'; style-src 'self'``."""
    assert "script-src 'self'" in CONTENT_SECURITY_POLICY
    for page in (render(name, "fa", **VALUES) for name in ("login", "error")):
        assert not re.search(r"<style|style=|\son\w+=|javascript:|https?://(?!shop\.test)", page)
        assert all(re.search(r'\ssrc="/auth/static/', tag) for tag in re.findall(r"<script[^>]*>", page))


@pytest.mark.parametrize("name", ["site", "origin", "csrf", "next", "message", "remedy", "reason", "back"])
def test_values_are_text_and_never_markup(name: str) -> None:
    pages = [render(page, "en", **{**VALUES, name: HOSTILE}) for page in ("login", "error")]
    assert not any("<script>alert" in page or f'"{HOSTILE[:3]}' in page for page in pages)
    assert any("&lt;script&gt;" in page for page in pages)


def test_a_value_or_a_template_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("login", "fa", **{name: value for name, value in VALUES.items() if name != "origin"})
    with pytest.raises(TemplateNotFound):
        render("../pages", "fa")


def test_without_jinja_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(ExtraMissing) as caught:
        render("login", "fa", package="smartid", **VALUES)
    assert caught.value.extra == "web"


def test_only_the_files_of_the_list_are_given() -> None:
    for name, media_type in STATIC.items():
        content, told = static_file(name) or (b"", "")
        assert content
        assert told == media_type
    assert {one.name for one in files("smartid.web").joinpath("static").iterdir()} == set(STATIC)
    assert [static_file(name) for name in ("", ".", "../pages.py", "smartid.js/", "x.js")] == [None] * 5


@pytest.mark.parametrize("name", [name for name in STATIC if name.endswith(".js")])
def test_node_can_read_the_modules(name: str) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed (apt-get install nodejs)")
    source = static_file(name)
    assert source
    command = [node, "--input-type=module", "--check"]
    done = subprocess.run(command, input=source[0], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    broken = subprocess.run(command, input=source[0] + b"}", capture_output=True, check=False)
    assert broken.returncode != 0


def test_styles_follow_the_direction_of_the_text() -> None:
    """Logical properties only: what is left in English is right in Persian."""
    for name in ("smartid.css", "page.css"):
        text, _ = static_file(name) or (b"", "")
        assert not re.search(rb"[-: ](left|right)\b|(?<![-\w(])(width|height)\s*:", text), name
        assert b"@import" not in text
        assert b"url(" not in text


def test_the_reference_names_every_code_attribute_event_and_variable() -> None:
    page = (ROOT / "docs" / "reference" / "login-element.md").read_text(encoding="utf-8")
    script, style = (
        (static_file(name) or (b"", ""))[0].decode() for name in ("smartid-login.js", "smartid.css")
    )
    attributes = set(re.findall(r'(?:get|has)Attribute\("([a-z-]+)"\)', script))
    attributes -= {"content"}  # of the page's meta element
    events = set(re.findall(r'CustomEvent\("([a-z-]+)"', script))
    variables = set(re.findall(r"^\s+(--smartid-[a-z-]+):", style, re.M))
    assert {"challenge-url", "csrf", "lang"} <= attributes
    assert events == {"smartid-login", "smartid-error"}
    names = {*attributes, *events, *variables, *words()["en"]["codes"]}
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []
