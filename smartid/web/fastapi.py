"""Card login in a FastAPI application.

::

    login = CardLogin("https://shop.example", policy)
    install(app, login)

    @app.get("/account")
    async def account(person: Person) -> dict[str, str]: ...

``Person`` leads who is not signed in to the login page; with ``MaybePerson`` the parameter is None then.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from smartid.web.sessions import SignedIn
from smartid.web.starlette import csrf_token, install, person, require

__all__ = ["CSRFToken", "MaybePerson", "Person", "install"]

Person = Annotated[SignedIn, Depends(require)]
MaybePerson = Annotated[SignedIn | None, Depends(person)]
CSRFToken = Annotated[str, Depends(csrf_token)]
