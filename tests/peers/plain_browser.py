"""A browser without scripts: follows redirects over HTTPS, keeps cookies, fills in forms."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import urljoin

import httpx

MAX_STEPS = 20


class Form:
    """A form of a page: where it goes, how, and what stands in its hidden and pre-filled fields."""

    def __init__(self, action: str, method: str) -> None:
        self.action = action
        self.method = method.upper()
        self.fields: dict[str, str] = {}
        self.buttons: list[tuple[str, str]] = []


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "GET")))
        elif self.forms and values.get("name"):
            name, value = values["name"], values.get("value", "")
            if tag == "button" or values.get("type") == "submit":
                self.forms[-1].buttons.append((name, value))
            elif tag == "input" and (values.get("type") != "checkbox" or "checked" in values):
                self.forms[-1].fields[name] = value


def forms_of(page: httpx.Response) -> list[Form]:
    """Every form on a page."""
    parser = _Forms()
    parser.feed(page.text)
    return parser.forms


class PlainBrowser:
    """One person's browser. It stops before it would open an address that begins with ``until``."""

    def __init__(self, authority: str) -> None:
        context = ssl.create_default_context(cafile=authority)
        self.client = httpx.Client(verify=context, timeout=20, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.client.close()

    def open(self, address: str, *, until: str = "\0") -> httpx.Response | str:
        """Open an address. Gives the page, or the address it was to be sent to that begins with ``until``."""
        return self._follow(self.client.get(address), until)

    def submit(
        self,
        page: httpx.Response,
        *,
        values: Mapping[str, str] | None = None,
        button: str | None = None,
        form: int = 0,
        until: str = "\0",
    ) -> httpx.Response | str:
        """Send a form of a page as it stands but for ``values``; ``button`` is pressed, by its value."""
        found = forms_of(page)[form]
        data: dict[str, Any] = {**found.fields, **(values or {})}
        data.update(pair for pair in found.buttons if pair[1] == button)
        target = urljoin(str(page.url), found.action) if found.action else str(page.url)
        origin = {
            "origin": f"{page.url.scheme}://{page.url.netloc.decode()}",
            "sec-fetch-site": "same-origin",
        }
        if found.method == "GET":
            return self._follow(self.client.get(target, params=data), until)
        return self._follow(self.client.post(target, data=data, headers=origin), until)

    def _follow(self, answer: httpx.Response, until: str) -> httpx.Response | str:
        for _ in range(MAX_STEPS):
            if not answer.is_redirect:
                return answer
            target = urljoin(str(answer.url), answer.headers["location"])
            if target.startswith(until):
                return target
            answer = self.client.get(target)
        raise AssertionError(f"more than {MAX_STEPS} redirects, the last to {answer.url}")
