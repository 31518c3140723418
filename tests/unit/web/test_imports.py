"""What a site must not load before somebody asks for it."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("cryptography", "asn1crypto", "jinja2", "starlette", "fastapi", "flask", "django", "click", "rich")


def test_the_core_loads_no_framework() -> None:
    code = (
        "import sys, smartid.web.login, smartid.web.asgi, smartid.web.wsgi; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_login_without_a_page_needs_no_template_engine() -> None:
    code = (
        "import sys, smartid; from smartid.web.login import CardLogin; from smartid.web.http import Request; "
        "login = CardLogin('https://shop.example', smartid.Policy()); "
        "headers = {'sec-fetch-site': 'same-origin'}; "
        "answer = login.handle(Request(method='GET', path='/challenge', headers=headers)); "
        f"print(answer.status, [name for name in {HEAVY[2:]!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "200 []"
