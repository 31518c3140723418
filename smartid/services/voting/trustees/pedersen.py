"""A ceremony after which t of n trustees can decrypt together, and fewer cannot; nobody ever knew the key.

Four rounds. What travels is public JSON; the host only carries it::

    certificate   each member shows the keys that it signs with and receives with
    polynomial    each member is shown all certificates, draws a polynomial, publishes g^a of its
                  coefficients, and seals the value f(j) for every member j
    receive       each member checks the values that it got, and shows its key
    assemble      anybody puts the record together and checks all of it

Members say who is to blame: a value that does not fit what its sender published ends the ceremony with that
sender's number. Members sign the certificates that they were shown, so that a host that shows different ones
to different members is found out at ``assemble``; whether they are the right people's is for people to say:
``fingerprint`` is short enough to be read aloud.

A polynomial is drawn for one list of certificates and never used for another: the same one under other
certificates would hand over its values, and t of them are the secret.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Self

from smartid.errors import ElectionInvalid, EncodingError, Refused
from smartid.services.reasons import Reason
from smartid.services.voting import proofs
from smartid.services.voting.compact import broken, compact, members, sha256_base64
from smartid.services.voting.groups.base import Element, Group, Random
from smartid.services.voting.trustees import statements
from smartid.services.voting.trustees.published import (
    WHAT,
    Certificate,
    Context,
    Message,
    PublicKey,
    listed,
)
from smartid.services.voting.trustees.sealing import seal, unseal
from smartid.services.voting.trustees.threshold import (
    Pedersen,
    certificates_text,
    check_certificates,
    check_member_key,
    check_message,
    evaluate,
    member_keys,
    read_coefficients,
)
from smartid.services.voting.values import Proof

_VALUE_BYTES = 32


def read_certificates(values: object, context: Context, group: Group) -> tuple[Certificate, ...]:
    """Read the certificates of a group in the order of its seats, and check them. Raises Refused.

    context  the seat of the one who reads
    """
    found = []
    for index, value in enumerate(listed(values), 1):
        with_blame = _Blame(index, "its certificate")
        with with_blame:
            found.append(Certificate.from_dict(value, group))
    if len(found) != context.size:
        raise broken(WHAT, f"{context.size} certificates")
    try:
        check_certificates(found, group, context.threshold)
    except ElectionInvalid as error:
        raise _refused(f"The certificates do not fit together: {error.why}.") from error
    return tuple(found)
