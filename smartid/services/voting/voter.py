"""What a voter's device does with the card: register a credential, sign for a ballot.

The secret of the credential stays on the device; the card signs statements and never learns a choice.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from smartid.services.voting.ballot_form import Ballot
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.election import Election
from smartid.services.voting.polling import OpenBox
from smartid.services.voting.receipts import BallotReceipt
from smartid.services.voting.registration import Registered, RegistrationDesk, RegistrationStatement
from smartid.services.voting.statement import Statement

if TYPE_CHECKING:
    from smartid.signing.signer import Signer


def holder_of(signer: Signer) -> str:
    """Give the national number in the signer's certificate; empty when there is none."""
    from smartid.auth.holder import holder_identity  # noqa: PLC0415 - reaches asn1crypto
    from smartid.trust.x509 import parse_certificate  # noqa: PLC0415

    return holder_identity(parse_certificate(signer.certificate)).national_number or ""


def sign_statement(statement: Statement, signer: Signer) -> bytes:
    """Sign a statement that the voter was shown: detached CAdES. Raises what the signer raises."""
    from smartid.signing.sign import sign  # noqa: PLC0415 - reaches cryptography

    return sign(statement.encode(), signer, detached=True).data


def registration_statement(
    desk: RegistrationDesk, election: Election, secret: CredentialSecret, person: str, *, lang: str = "fa"
) -> RegistrationStatement:
    """Write what this person signs to register next."""
    return RegistrationStatement.make(
        election,
        credential=secret.public,
        register_version=desk.register_version,
        sequence=desk.next_sequence(person),
        lang=lang,
    )


def register(
    desk: RegistrationDesk, election: Election, secret: CredentialSecret, signer: Signer, now: datetime
) -> Registered:
    """Register a credential with a card. Raises what ``RegistrationDesk.register`` raises."""
    statement = registration_statement(desk, election, secret, holder_of(signer))
    return desk.register(statement.encode(), sign_statement(statement, signer), now)


def cast(box: OpenBox, ballot: Ballot, signer: Signer, now: datetime) -> BallotReceipt:
    """Cast a ballot with a card. Raises what ``BallotBox.cast`` raises."""
    statement = box.statement(ballot, holder_of(signer))
    return box.cast(ballot.raw, statement.encode(), sign_statement(statement, signer), now)
