"""What the glue of all frameworks shares: paths below a mount, long bodies, HEAD."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from smartid.web.headers import SECURITY_HEADERS
from smartid.web.http import MAX_BODY, Handler, Request, Response
from smartid.web.refusals import Refusal


def run(handler: Handler, request: Request, prefix: str = "") -> Response:
    """Run a handler that is mounted at ``prefix``.

    What lies elsewhere is answered with 404, a body over 64 KiB with 413; HEAD reaches the handler as GET.
    """
    path = below(request.path, prefix)
    if path is None:
        return Refusal(404, "not_found").response().having(*SECURITY_HEADERS)
    if len(request.body) > MAX_BODY:
        return Refusal(413, "body_too_large").response().having(*SECURITY_HEADERS)
    return handler(replace(request, path=path, method="GET" if request.method == "HEAD" else request.method))


def below(path: str, prefix: str) -> str | None:
    """Give what of a path lies below a prefix, with its first slash; None when it lies elsewhere."""
    if path == prefix or path.startswith(f"{prefix}/"):
        return path[len(prefix) :] or "/"
    return None


def joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give headers under lower-case names; of a name that comes twice the values are joined."""
    found: dict[str, str] = {}
    for raw, value in headers:
        name = raw.lower()
        joint = "; " if name == "cookie" else ", "
        found[name] = f"{found[name]}{joint}{value}" if name in found else value
    return found
