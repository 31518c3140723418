"""What an applet gets when a card is made: an empty memory, and the keys of this card."""

from __future__ import annotations

import secrets

from smartid.mockcard.applets import names
from smartid.mockcard.applets.memory import Memory
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.base import CardProfile
from smartid.stored_value.keys import KeyPurpose, card_key
from smartid.stored_value.model import ID_SIZE, CardState

KEY_VERSION = 1


def applet_memory(
    profile: CardProfile, pki: ThrowAwayPKI
) -> tuple[dict[str, bytes | list[bytes]], dict[str, bytes]]:
    """Files and keys of the stored-value applications of a profile, each with an id drawn for it."""
    files: dict[str, bytes | list[bytes]] = {}
    keys: dict[str, bytes] = {}
    for application in profile.applications:
        spec = application.stored_value
        if spec is None:
            continue
        card_id = secrets.token_bytes(ID_SIZE)
        state = CardState(
            card_id=card_id,
            application=spec.kind,
            key_version=KEY_VERSION,
            counter=0,
            load_counter=0,
            slots=spec.slots,
            limits=spec.limits,
        )
        files[names.state(application)] = Memory(state=state).encode()
        files[names.records(application)] = []
        vault = pki.stored_value_vault(spec.kind)
        for purpose in KeyPurpose:
            key = card_key(vault, purpose, spec.kind, KEY_VERSION, card_id)
            keys[names.key(application, purpose)] = key
    return files, keys
