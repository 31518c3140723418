"""The throw-away PKI as a file ("smartid mock pki 1"), made once for each user.

::

    {"format": "smartid mock pki 1", "keys": {SLUG: BASE64 of PKCS #8}, "certificates": {SLUG: BASE64 of DER},
     "revoked": {SERIAL in hexadecimal: TIME in UTC}, "stored_value": {NAME: BASE64 of 16 bytes}}

The keys in it protect nothing and are still nobody else's business: the file is 0600, its folder 0700.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from smartid.errors import EncodingError
from smartid.mockcard import strict_json as strict
from smartid.mockcard.certificates import Authority
from smartid.mockcard.storage import replace_file
from smartid.stored_value.keys import KEY_SIZE, KeyPurpose, key_name
from smartid.stored_value.model import Kind

FORMAT = "smartid mock pki 1"
FIRST_SLUGS = ("national-root", "citizen-ca", "csca", "document-signer")
"""The authorities of the first version; files that hold only these are read and then completed."""
SLUGS = (*FIRST_SLUGS, "time-stamp-authority", "ocsp-responder", "master-list-signer")
MASTER_KEYS = frozenset(key_name(kind, purpose, 1) for kind in Kind for purpose in KeyPurpose)
"""Names of the master keys of the stored-value applications."""
MAX_BYTES = 16 << 20
MAX_REVOKED = 100_000
"""No more revoked certificates than this are kept."""

_MEMBERS = frozenset(("format", "keys", "certificates", "revoked"))
_LATER = frozenset(("stored_value",))
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(slots=True, repr=False)
class State:
    """What the PKI keeps.

    authorities   by slug
    revoked       when each revoked citizen's certificate was revoked, by serial number
    stored_value  master keys of the stored-value applications, by name
    """

    authorities: dict[str, Authority]
    revoked: dict[int, datetime]
    stored_value: dict[str, bytes] = field(default_factory=dict)


def default_path() -> Path:
    """``$SMARTID_HOME/mock-pki.json``, else ``smartid/mock-pki.json`` in the user's data folder (XDG 0.8)."""
    if home := os.environ.get("SMARTID_HOME"):
        return Path(home) / "mock-pki.json"
    data = os.environ.get("XDG_DATA_HOME")
    folder = Path(data) if data and Path(data).is_absolute() else Path.home() / ".local" / "share"
    return folder / "smartid" / "mock-pki.json"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the folder of the file against every other process; make it (0700) when it is not there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def save(path: Path, state: State) -> None:
    """Replace the file in one step. Call it inside ``locked``. Raises OSError."""
    os.close(replace_file(path, dump(state).encode()))


def load(path: Path) -> State | None:
    """Read the file; None when it is not there. Raises EncodingError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    if len(data) > MAX_BYTES:
        raise _broken(f"at most {MAX_BYTES} bytes")
    return parse(data)


def dump(state: State) -> str:
    """The file's text."""
    document = {
        "format": FORMAT,
        "keys": {slug: strict.base64_text(_pkcs8(item)) for slug, item in state.authorities.items()},
        "certificates": {slug: strict.base64_text(item.der) for slug, item in state.authorities.items()},
        "revoked": {f"{serial:x}": when.strftime(_TIME) for serial, when in sorted(state.revoked.items())},
        "stored_value": {name: strict.base64_text(key) for name, key in state.stored_value.items()},
    }
    return json.dumps(document, indent=1) + "\n"


def parse(data: bytes) -> State:
    """Read the file's bytes, strictly. Raises EncodingError."""
    try:
        document = strict.load_object(strict.utf8(data, what=FORMAT), _MEMBERS, what=FORMAT, later=_LATER)
        if document["format"] != FORMAT:
            raise _broken(f'format "{FORMAT}"')
        keys, certificates = (_by_slug(document, name) for name in ("keys", "certificates"))
        document.setdefault("stored_value", {})
        masters = strict.mapping(document, "stored_value", strict.base64_value, known=MASTER_KEYS)
    except EncodingError as error:
        raise _broken(error.expected, error.offset) from error
    if keys.keys() != certificates.keys():
        raise _broken("a key for each certificate")
    authorities = {slug: _authority(slug, key, certificates[slug]) for slug, key in keys.items()}
    if any(len(key) != KEY_SIZE for key in masters.values()):
        raise _broken(f"master keys of {KEY_SIZE} bytes")
    return State(authorities, _revoked(document["revoked"]), masters)


def _by_slug(document: dict[str, Any], name: str) -> Mapping[str, bytes]:
    value = document[name]
    known = FIRST_SLUGS if isinstance(value, dict) and len(value) == len(FIRST_SLUGS) else SLUGS
    entries = strict.members(value, frozenset(known), name)
    return {slug: strict.base64_value(value, slug) for slug, value in entries.items()}


def _authority(slug: str, key: bytes, certificate: bytes) -> Authority:
    try:
        private = serialization.load_der_private_key(key, None)
        loaded = x509.load_der_x509_certificate(certificate)
        public = loaded.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise _broken(f"a private key and a certificate of {slug}") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.public_key() != public:
        raise _broken(f"the elliptic-curve key of the certificate of {slug}")
    return Authority(slug, private, loaded)


def _revoked(value: object) -> dict[int, datetime]:
    if not isinstance(value, dict) or len(value) > MAX_REVOKED:
        raise _broken(f"at most {MAX_REVOKED} revoked certificates")
    return dict(_entry(serial, when) for serial, when in value.items())


def _entry(serial: str, when: object) -> tuple[int, datetime]:
    try:
        number = int(serial, 16)
        moment = datetime.strptime(str(when), _TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise _broken("serial numbers with their times of revocation") from error
    if f"{number:x}" != serial or not 0 < number < 1 << 159:
        raise _broken("serial numbers in lower-case hexadecimal")
    return number, moment


def _pkcs8(authority: Authority) -> bytes:
    return authority.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _broken(expected: str, offset: int = 0) -> EncodingError:
    return EncodingError("throw-away PKI file", offset=offset, expected=expected, standard=FORMAT)
