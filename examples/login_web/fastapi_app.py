"""Card login in a FastAPI application.

smartid mock trust anchors && smartid mock tls tls
python examples/login_web/fastapi_app.py --trust anchors --tls tls
(then open https://localhost:8443 in a browser that trusts tls/ca.pem)
"""

from __future__ import annotations

from pathlib import Path

import home
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, RedirectResponse

import smartid
from smartid.web.fastapi import CSRFToken, MaybePerson, Person, install
from smartid.web.login import CardLogin
from smartid.web.loopback import serve

app = FastAPI()


@app.get("/")
def front(person: MaybePerson, csrf: CSRFToken, lang: str = "fa") -> HTMLResponse:
    """For everybody: says who is there."""
    return HTMLResponse(home.page(person, csrf, lang), headers=home.HEADERS)


@app.get("/members")
def members(_person: Person, lang: str = "fa") -> RedirectResponse:
    """For who is signed in; others are led to the login page and back."""
    return RedirectResponse("/?lang=" + ("en" if lang == "en" else "fa"))


@app.get("/me")
def me(person: Person) -> dict[str, str]:
    """What the site received, as JSON."""
    return person.identity.as_dict()


def main() -> None:
    """Serve until Ctrl-C."""
    options = home.options()
    policy = smartid.Policy(anchors=smartid.TrustStore.from_folder(options.trust))
    login = CardLogin(f"https://localhost:{options.port}", policy)
    install(app, login)
    print(f"https://localhost:{options.port}", flush=True)
    serve(app, options.port, tls=Path(options.tls))


if __name__ == "__main__":
    main()
