"""Card login in a Django project, which is all in this file.

smartid mock trust anchors && smartid mock tls tls
python examples/login_web/django_app.py --trust anchors --tls tls
(then open https://localhost:8443 in a browser that trusts tls/ca.pem)
"""

from __future__ import annotations

from pathlib import Path

import django
import home
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import include, path

import smartid
from smartid.web.django import csrf_token, require
from smartid.web.login import CardLogin
from smartid.web.loopback import serve


def front(request: HttpRequest) -> HttpResponse:
    """For everybody: says who is there."""
    text = home.page(request.smartid or None, csrf_token(request), request.GET.get("lang", "fa"))
    return HttpResponse(text, headers=home.HEADERS)


@require
def members(request: HttpRequest) -> HttpResponse:
    """For who is signed in; others are led to the login page and back."""
    return HttpResponseRedirect("/?lang=" + ("en" if request.GET.get("lang") == "en" else "fa"))


urlpatterns = [path("", front), path("members", members), path("auth/", include("smartid.web.django"))]


def main() -> None:
    """Serve until Ctrl-C."""
    options = home.options()
    policy = smartid.Policy(anchors=smartid.TrustStore.from_folder(options.trust))
    settings.configure(
        ALLOWED_HOSTS=["localhost"],
        ROOT_URLCONF=__name__,
        MIDDLEWARE=["smartid.web.django.middleware"],
        SMARTID_LOGIN=CardLogin(f"https://localhost:{options.port}", policy),
        USE_TZ=True,
    )
    django.setup()
    print(f"https://localhost:{options.port}", flush=True)
    serve(get_asgi_application(), options.port, tls=Path(options.tls))


if __name__ == "__main__":
    main()
