"""Card login in a Flask application.

smartid mock trust anchors && smartid mock tls tls
python examples/login_web/flask_app.py --trust anchors --tls tls
(then open https://localhost:8443 in a browser that trusts tls/ca.pem)
"""

from __future__ import annotations

from pathlib import Path

import flask
import home

import smartid
from smartid.web.flask import csrf_token, install, person, require
from smartid.web.login import CardLogin

app = flask.Flask(__name__)


@app.get("/")
def front() -> flask.Response:
    """For everybody: says who is there."""
    text = home.page(person(), csrf_token(), flask.request.args.get("lang", "fa"))
    return flask.Response(text, headers=home.HEADERS, mimetype="text/html")


@app.get("/members")
@require
def members() -> flask.Response:
    """For who is signed in; others are led to the login page and back."""
    lang = "en" if flask.request.args.get("lang") == "en" else "fa"
    return flask.Response(status=303, headers={"location": f"/?lang={lang}"})


def main() -> None:
    """Serve until Ctrl-C, with the server that Flask has for development."""
    options = home.options()
    policy = smartid.Policy(anchors=smartid.TrustStore.from_folder(options.trust))
    login = CardLogin(f"https://localhost:{options.port}", policy)
    install(app, login)
    tls = Path(options.tls)
    app.run(port=options.port, ssl_context=(tls / "server.pem", tls / "server.key"))


if __name__ == "__main__":
    main()
