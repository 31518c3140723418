"""URLs and views of a Django project for the tests."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse
from django.urls import include, path

from smartid.web.django import csrf_token, require


def home(request: Any) -> JsonResponse:
    name = request.smartid.name if request.smartid else None
    return JsonResponse({"name": name, "csrf": csrf_token(request)})


@require
def account(request: Any) -> JsonResponse:
    return JsonResponse({"name": request.smartid.name})


urlpatterns = [path("", home), path("account", account), path("auth/", include("smartid.web.django"))]
