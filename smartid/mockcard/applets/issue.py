"""What an applet gets when a card is made: an empty memory, and the keys of this card."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from smartid.mockcard.applets import names
from smartid.mockcard.applets.memory import Memory
from smartid.profiles.base import CardProfile
from smartid.stored_value.keys import KeyPurpose, KeyVault, card_key
from smartid.stored_value.model import ID_SIZE, CardState, Kind

KEY_VERSION = 1


def applet_memory(
    profile: CardProfile, vault_of: Callable[[Kind], KeyVault]
) -> tuple[dict[str, bytes | list[bytes]], dict[str, bytes]]:
    """Files and keys of the stored-value applications of a profile, each with an id drawn for it.

    vault_of  gives the master keys of an application, of all purposes
    """
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
        vault = vault_of(spec.kind)
        for purpose in KeyPurpose:
            key = card_key(vault, purpose, spec.kind, KEY_VERSION, card_id)
            keys[names.key(application, purpose)] = key
    return files, keys
