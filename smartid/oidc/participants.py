"""Who took part in a person's session: the sites that have to hear when it ends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta

from smartid.auth.store import ExpiringStore


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Participation:
    """One site in one session, by the names that the site knows.

    client_id  the site
    sub        what its ID token called the person
    sid        what its ID token called the session
    """

    client_id: str
    sub: str
    sid: str

    def __repr__(self) -> str:
        return f"Participation({self.client_id})"


class Participants:
    """The sites of each session, in a store that all processes of the provider share.

    A session is named by the text that the caller uses for it; the store sees a digest only. What a session
    holds is a numbered list that only grows, so two logins at once lose nothing.
    """

    def __init__(self, store: ExpiringStore, lifetime: timedelta) -> None:
        self._store = store
        self._lifetime = lifetime

    def join(self, session: str, member: Participation) -> None:
        """Remember that a site was told who is logged in. Once for each site is enough.

        The mark comes last: when the store fails in between, the next call does all of it again.
        """
        place = _place(session)
        mark = _mark(place, member.client_id)
        if self._store.get(mark) is None:
            number = self._store.count(f"rp-count:{place}", self._lifetime)
            self._store.put(f"rp:{place}:{number}", json.dumps(asdict(member)).encode(), self._lifetime)
            self._store.put(mark, b"", self._lifetime)

    def leave(self, session: str) -> tuple[Participation, ...]:
        """Give every site of a session and forget them: of two callers at once, each gets some."""
        place = _place(session)
        end = self._store.count(f"rp-count:{place}", self._lifetime)
        return tuple(dict.fromkeys(self._taken(place, end)))

    def _taken(self, place: str, end: int) -> Iterator[Participation]:
        for number in range(1, end):
            if found := self._store.take(f"rp:{place}:{number}"):
                member = Participation(**json.loads(found))
                self._store.take(_mark(place, member.client_id))
                yield member


def _place(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


def _mark(place: str, client_id: str) -> str:
    return f"rp-has:{place}:{hashlib.sha256(client_id.encode()).hexdigest()}"
