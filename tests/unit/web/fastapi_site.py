"""Two pages of a FastAPI application for the tests; FastAPI reads annotations where functions are defined."""

from __future__ import annotations

from fastapi import FastAPI

from smartid.web.fastapi import CSRFToken, MaybePerson, Person, install
from smartid.web.login import CardLogin


async def home(person: MaybePerson, csrf: CSRFToken) -> dict[str, str | None]:
    return {"name": person.name if person else None, "csrf": csrf}


async def account(person: Person) -> dict[str, str]:
    return {"name": person.name}


def application(login: CardLogin) -> FastAPI:
    app = FastAPI()
    app.get("/")(home)
    app.get("/account")(account)
    install(app, login)
    return app
