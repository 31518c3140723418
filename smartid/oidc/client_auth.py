"""How a client proves who it is, with the one method that it is registered for.

``private_key_jwt`` (RFC 7523 (2015), 2.2 and 3; OpenID Connect Core 1.0, 9), ``client_secret_basic``
(RFC 6749 (2012), 2.3.1) and ``none``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import InvalidClientError

from smartid.crypto.strict_json import parse_object
from smartid.errors import EncodingError
from smartid.oidc.clients import Client, ClientMethod
from smartid.oidc.key_set import fits, rules, usable_key

if TYPE_CHECKING:
    from smartid.oidc.context import Context

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("ES256", "ES384", "PS256", "RS256")
MAX_ASSERTION = 8 << 10
"""Longest assertion, in characters."""
MAX_JTI = 256
SKEW = 30
"""How far a client's clock may be ahead, in seconds."""


def authenticate(
    context: Context, form: Mapping[str, str], headers: Mapping[str, str], endpoint: str
) -> Client:
    """Give the client that sent a request to an endpoint. Raises InvalidClientError, with status 401.

    endpoint  address of the endpoint, which an assertion may name as its audience, as it may name the issuer
    """
    basic = headers.get("authorization", "")
    assertion = form.get("client_assertion")
    if "client_secret" in form or (basic and assertion):
        _refuse("The client has to use the one method that it is registered for.")
    if assertion is not None:
        return _by_assertion(context, form, assertion, endpoint)
    if basic:
        return _by_secret(context, form, basic)
    client = context.clients.get(form.get("client_id", ""))
    if client is None or client.method is not ClientMethod.NONE:
        _refuse("The client has to prove itself.")
    return client


def _by_secret(context: Context, form: Mapping[str, str], authorization: str) -> Client:
    scheme, _, credentials = authorization.partition(" ")
    try:
        pair = base64.b64decode(credentials.strip(), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        _challenge("The Authorization header cannot be read.")
    name, _, secret = (unquote_plus(part) for part in pair.partition(":"))
    client = _registered(context, name, ClientMethod.CLIENT_SECRET_BASIC)
    right = client is not None and client.knows_secret(secret)
    if scheme.lower() != "basic" or client is None or not right or form.get("client_id", name) != name:
        _challenge("The client or its secret is wrong.")
    return client


def _by_assertion(context: Context, form: Mapping[str, str], assertion: str, endpoint: str) -> Client:
    if form.get("client_assertion_type") != ASSERTION_TYPE or len(assertion) > MAX_ASSERTION:
        _refuse("The client assertion has to be a JWT of at most 8192 characters.")
    header, claims = _opened(assertion)
    client = _registered(context, claims.get("sub"), ClientMethod.PRIVATE_KEY_JWT)
    if client is None or not _signed(client, header, assertion):
        _refuse("The client assertion is not signed with a registered key of this client.")
    if claims.get("iss") != client.id or form.get("client_id", client.id) != client.id:
        _refuse("The client assertion names another client.")
    if claims.get("aud") not in _audiences(context, endpoint):
        _refuse("The client assertion is for another server.")
    _require_fresh(context, client, claims)
    return client


def _audiences(context: Context, endpoint: str) -> list[Any]:
    """The issuer or the endpoint, as a text or as a list of one: an assertion for two servers is for none."""
    names = [context.issuer, f"{context.issuer}/token", endpoint]
    return [*names, *([name] for name in names)]


def _opened(assertion: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Read header and claims before anybody has checked the signature."""
    from joserfc import jws  # noqa: PLC0415
    from joserfc.errors import JoseError  # noqa: PLC0415

    try:
        found = jws.extract_compact(assertion.encode("ascii"), registry=rules(*ALGORITHMS))
        return found.headers(), parse_object(found.payload, "client assertion")
    except (JoseError, EncodingError, ValueError):
        _refuse("The client assertion cannot be read.")


def _signed(client: Client, header: Mapping[str, Any], assertion: str) -> bool:
    from joserfc import jws  # noqa: PLC0415
    from joserfc.errors import JoseError  # noqa: PLC0415

    algorithm = header.get("alg")
    key = _key(client, header)
    if key is None or algorithm not in ALGORITHMS:
        return False
    try:
        jws.deserialize_compact(assertion.encode("ascii"), key, registry=rules(algorithm))
    except (JoseError, ValueError):
        return False
    return True


def _key(client: Client, header: Mapping[str, Any]) -> Any:
    """Find the registered key that the header names; without a name there may be only one.

    A key has to fit the algorithm, so that no public key is ever taken for a shared secret.
    """
    kid = header.get("kid")
    listed = (client.jwks or {}).get("keys", [])
    named = [one for one in listed if one.get("kid") == kid] if kid is not None else listed
    if len(named) != 1 or not fits(named[0], header.get("alg")):
        return None
    return usable_key(named[0])


def _require_fresh(context: Context, client: Client, claims: Mapping[str, Any]) -> None:
    """Require a short life and a name that was never used before."""
    now, longest = context.now(), int(context.lifetimes.assertion.total_seconds())
    ends, begins, issued = claims.get("exp"), claims.get("nbf", now), claims.get("iat", now)
    if type(ends) is not int or type(begins) is not int or type(issued) is not int:
        _refuse("The client assertion needs exp, in whole seconds.")
    if not now < ends <= now + longest + SKEW or begins > now + SKEW or issued > now + SKEW:
        _refuse("The client assertion is not valid now, or for too long.")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= MAX_JTI:
        _refuse("The client assertion needs a jti.")
    kept = timedelta(seconds=longest + 2 * SKEW)
    if not context.tickets.first("jti", f"{client.id} {jti}", kept):
        _refuse("The client assertion was used before.")


def _registered(context: Context, name: Any, method: ClientMethod) -> Client | None:
    client = context.clients.get(name) if isinstance(name, str) else None
    return client if client is not None and client.method is method else None


class UnprovenClient(InvalidClientError):  # type: ignore[misc] # Authlib has no types
    """A client that failed with a method other than HTTP's: there is nothing to challenge it to.

    RFC 6749 (2012), 5.2, wants ``WWW-Authenticate`` only where ``Authorization`` was used; with it, clients
    look at the challenge and never see ``invalid_client``.
    """

    def get_headers(self) -> list[tuple[str, str]]:
        """The headers of the answer, without a challenge."""
        return [(name, value) for name, value in super().get_headers() if name != "WWW-Authenticate"]


def _refuse(why: str) -> NoReturn:
    raise UnprovenClient(why, status_code=401)


def _challenge(why: str) -> NoReturn:
    raise InvalidClientError(why, status_code=401)
