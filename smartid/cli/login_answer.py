"""The answer to a login: who came in, or why nobody did, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable

from smartid.cli.errors import NO
from smartid.cli.output import Composed, print_json, say, tell
from smartid.cli.settings import Settings
from smartid.errors import BadToken
from smartid.identity.model import VerifiedIdentity


def tell_login(settings: Settings, judge: Callable[[], VerifiedIdentity]) -> int:
    """Judge, print the answer and give the exit status: 0 accepted, 1 refused."""
    try:
        person = judge()
    except BadToken as error:
        _tell_refusal(settings, error)
        return NO
    if settings.as_json:
        print_json({"accepted": True, "reason": None, "identity": person.identity.as_dict()})
    else:
        _tell_person(person)
    return 0


def _tell_person(person: VerifiedIdentity) -> None:
    from smartid.cli.judge import print_verdict  # noqa: PLC0415
    from smartid.cli.person import print_identity  # noqa: PLC0415

    tell("Accepted. این ورود پذیرفته است.", fg="green", bold=True)
    print_identity(person.identity)
    print_verdict(person.verdict)


def _tell_refusal(settings: Settings, error: BadToken) -> None:
    from smartid.auth.words import remedy, sentence  # noqa: PLC0415

    if settings.as_json:
        print_json({"accepted": False, "reason": error.reason, "identity": None})
        return
    tell(f"Refused: {error.reason}", fg="red", bold=True)
    tell(error.message)
    tell(remedy(error.reason)[1])
    say()
    tell(Composed(f"{sentence(error.reason)[0]} {remedy(error.reason)[0]}"))
