"""A trustee's folder: its secrets, how few ballots it decrypts, and what it has decrypted already.

::

    FOLDER/              mode 0700
      secrets.json       mode 0600: see ``keys``; replaced whole at every step of a ceremony
      settings.json      {"minimum": 5}: the owner's own choice, never asked from outside
      decrypted.json     {FINGERPRINT: SHA-256 of the encrypted tally}: one tally for each election
      lock
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from smartid.errors import Refused
from smartid.files import sync_folder
from smartid.services.reasons import Reason
from smartid.services.voting.groups.base import Group
from smartid.services.voting.trustees import limits
from smartid.services.voting.trustees.keys import TrusteeKey, load_secrets, read_exponent, save_secrets
from smartid.services.voting.trustees.mute import Mute
from smartid.services.voting.trustees.pedersen import Drawn, Seat
from smartid.services.voting.trustees.published import Context
from smartid.services.voting.trustees.record import Item, Single, Trustees
from smartid.services.voting.trustees.steps import require_whole

SECRETS = "secrets.json"


class TrusteeFolder(Mute):
    """A trustee: what it knows, and what it is willing to do."""

    __slots__ = ("_group", "_held", "_passphrase", "_secrets", "path")

    def __init__(self, path: Path, passphrase: bytes) -> None:
        self.path = path
        self._passphrase = passphrase
        self._held = False
        self._group: Group | None = None
        self._secrets: dict[str, Any] = {}

    @classmethod
    def create(cls, path: Path, *, minimum: int = limits.MINIMUM, passphrase: bytes = b"") -> Self:
        """Make the folder of a new trustee. Raises OSError (FileExistsError) rather than use one again.

        minimum     of how many ballots at least a result is decrypted; 0 allows any, for tests
        passphrase  the secrets are sealed under it; without one, the disk has to be safe
        """
        path.mkdir(mode=0o700, parents=True)
        limits.write_minimum(path, minimum)
        return cls(path, passphrase)

    @classmethod
    def open(cls, path: Path, *, passphrase: bytes = b"") -> Self:
        """Open a trustee's folder. Raises EncodingError, Refused for another passphrase, OSError."""
        if not (path / limits.SETTINGS).is_file():
            raise FileNotFoundError(2, "There is no trustee's folder", str(path))
        folder = cls(path, passphrase)
        folder._load()
        return folder

    @property
    def minimum(self) -> int:
        """Of how many ballots at least this trustee decrypts a result. Raises EncodingError, OSError."""
        return limits.read_minimum(self.path)

    @property
    def key(self) -> TrusteeKey:
        """The key that the result needs. Raises Refused before there is one."""
        if self._group is None or "key" not in self._secrets:
            raise _wrong_state("This trustee has no key yet.")
        return TrusteeKey(self._group, read_exponent(self._secrets["key"]))

    @property
    def group(self) -> Group:
        """The group in which the key is, or will be. Raises Refused before that is known."""
        if self._group is None:
            raise _wrong_state("This trustee has no key and no seat yet.")
        return self._group

    @property
    def context(self) -> Context:
        """The seat in a group of trustees. Raises Refused for a trustee who has none."""
        return self._seat().context

    @property
    def certificates_seen(self) -> str:
        """Fingerprint of the certificates for which the polynomial was drawn. Raises Refused before that."""
        return self._drawn().certificates

    @property
    def published(self) -> dict[str, Any]:
        """What this trustee has published so far: "key", or "certificate", "polynomial" and "key"."""
        found = self._secrets.get("published")
        return dict(found) if isinstance(found, dict) else {}

    def make_key(self, group: Group) -> dict[str, Any]:
        """Make the key of a mandatory trustee, once; give its public part. Raises Refused, OSError."""
        if not self._secrets:
            self._adopt(TrusteeKey.new(group))
        if "certificate" in self.published:
            raise _wrong_state("This trustee has a seat in a group.")
        self._require(group, "key")
        return dict(self.published["key"])

    def adopt(self, key: TrusteeKey) -> dict[str, Any]:
        """Take over a key that was made elsewhere; give its public part. Raises Refused, OSError."""
        if self._secrets:
            raise _wrong_state("This trustee has secrets already.")
        self._adopt(key)
        return dict(self.published["key"])

    def certificate(self, group: Group, context: Context) -> dict[str, Any]:
        """Take a seat in a group, once; give the certificate. Raises Refused, OSError."""
        if not self._secrets:
            seat = Seat.take(group, context)
            self._keep(
                group,
                {
                    "signing": str(seat.signing),
                    "decryption": str(seat.decryption),
                    "context": context.as_dict(),
                    "published": {"certificate": seat.certificate},
                },
            )
        self._require(group, "certificate")
        if self._secrets["context"] != context.as_dict():
            raise _wrong_state("This trustee has taken another seat.")
        return dict(self.published["certificate"])

    def polynomial(self, certificates: object) -> dict[str, Any]:
        """Draw the polynomial for these certificates, once; give what is published of it.

        Raises Refused, EncodingError, OSError.
        """
        seat = self._seat()
        if "polynomial" not in self.published:
            drawn = seat.draw(certificates)
            self._keep(
                seat.group,
                {
                    **self._secrets,
                    "certificates": drawn.certificates,
                    "published": {**self.published, "polynomial": drawn.published},
                },
            )
        self._drawn().require(certificates)
        return dict(self.published["polynomial"])

    def receive(self, certificates: object, polynomials: object) -> dict[str, Any]:
        """Check what all members published, make the key of it, once; give its public part.

        Raises Refused, with the number of the member whose message does not hold, EncodingError, OSError.
        """
        drawn = self._drawn()
        secret, public = drawn.receive(certificates, polynomials)
        if "key" not in self._secrets:
            published = {**self.published, "key": public}
            self._keep(drawn.seat.group, {**self._secrets, "key": str(secret), "published": published})
        if read_exponent(self._secrets["key"]) != secret:
            raise _wrong_state("This trustee has made its key of other values.")
        return dict(self.published["key"])

    def owner(self, trustees: Trustees) -> int:
        """Give the number of this trustee in a record, from 1: where its key is, and its certificate.

        Raises Refused when it is not in it, or has no key yet, and where two sets of trustees suffice that
        have nobody in common: what they remember would not keep them from decrypting two different tallies.
        """
        public = self.key.public
        _require_overlap(trustees)
        for item, seats in trustees.seats():
            place = self._place(item)
            if place is not None and item.keys[place].public == public:
                return seats[place]
        raise Refused("This trustee is not in the record of the trustees.", reason=Reason.BAD_PROOF)

    def _place(self, item: Item) -> int | None:
        """Give this trustee's place in an item of the record, from 0."""
        certificate = self.published.get("certificate")
        if isinstance(item, Single):
            return None if certificate else 0
        shown = [one.message.as_dict() for one in item.certificates]
        return shown.index(certificate) if certificate in shown else None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes with this folder out for the length of a block. Raises as ``open`` does."""
        if self._held:
            yield
            return
        with (self.path / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._held = True
            try:
                self._load()
                yield
            finally:
                self._held = False

    def remember(self, fingerprint: str, tally: str) -> None:
        """Write down which tally of an election is decrypted, before it is; see ``limits.remember``."""
        with self.alone():
            limits.remember(self.path, fingerprint, tally)

    def _load(self) -> None:
        path = self.path / SECRETS
        if path.exists():
            group, secrets = load_secrets(path, passphrase=self._passphrase)
            require_whole(secrets)
            self._group, self._secrets = group, secrets

    def _seat(self) -> Seat:
        if self._group is None or "context" not in self._secrets:
            raise _wrong_state("This trustee has no seat in a group yet.")
        return Seat(
            group=self._group,
            context=Context(**self._secrets["context"]),
            signing=read_exponent(self._secrets["signing"]),
            decryption=read_exponent(self._secrets["decryption"]),
            certificate=self.published["certificate"],
        )

    def _drawn(self) -> Drawn:
        if "certificates" not in self._secrets:
            raise _wrong_state("This trustee has drawn no polynomial yet.")
        published = self.published["polynomial"]
        return Drawn(seat=self._seat(), certificates=self._secrets["certificates"], published=published)

    def _require(self, group: Group, what: str) -> None:
        if self._group is None or self._group.name != group.name or what not in self.published:
            raise _wrong_state("This trustee holds something else: another group, or another kind of key.")

    def _adopt(self, key: TrusteeKey) -> None:
        self._keep(key.group, {"key": str(key.exponent), "published": {"key": key.public_record()}})

    def _keep(self, group: Group, secrets: dict[str, Any]) -> None:
        save_secrets(self.path / SECRETS, group, secrets, passphrase=self._passphrase)
        sync_folder(self.path)
        self._group, self._secrets = group, secrets


def _require_overlap(trustees: Trustees) -> None:
    if not trustees.overlap:
        raise Refused(
            "Two sets of these trustees suffice that have nobody in common: each could see another board.",
            reason=Reason.DECLINED,
            limit="threshold",
            remedy="Set the threshold above half of the members, or add a trustee who has to take part.",
        )


def _wrong_state(what: str) -> Refused:
    return Refused(what, reason=Reason.WRONG_STATE, remedy="A new trustee begins with a new folder.")
