"""Where the throw-away issuer keeps the master keys, and who never sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smartid.errors import EncodingError
from smartid.mockcard import pki_state
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.stored_value.keys import KeyPurpose, card_key, key_name
from smartid.stored_value.model import Kind


def test_a_pki_made_before_gets_the_keys_and_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "pki.json"
    ThrowAwayPKI.load_or_create(path)
    document = json.loads(path.read_text())
    del document["stored_value"]
    path.write_text(json.dumps(document))
    made = [ThrowAwayPKI.load_or_create(path).stored_value_vault(Kind.FUEL) for _ in range(2)]
    keys = {card_key(vault, KeyPurpose.TAC, Kind.FUEL, 1, bytes(8)) for vault in made}
    assert len(keys) == 1
    assert json.loads(path.read_text())["certificates"] == document["certificates"]


def test_the_trust_folder_has_no_key(tmp_path: Path) -> None:
    path, trust = tmp_path / "pki.json", tmp_path / "trust"
    ThrowAwayPKI.load_or_create(path).write_trust(trust)
    masters = pki_state.parse(path.read_bytes()).stored_value
    assert len(masters) == 2 * len(KeyPurpose)
    for file in (file for file in trust.rglob("*") if file.is_file()):
        content = file.read_bytes()
        assert not any(key in content or key.hex().encode() in content for key in masters.values())


def test_a_vault_has_what_was_asked_for() -> None:
    vault = ThrowAwayPKI.fresh().stored_value_vault(Kind.PURSE, KeyPurpose.DEBIT)
    assert len(vault.mac(key_name(Kind.PURSE, KeyPurpose.DEBIT, 1), b"")) == 16
    with pytest.raises(KeyError):
        vault.mac(key_name(Kind.PURSE, KeyPurpose.TAC, 1), b"")


@pytest.mark.parametrize(
    "keys", [{"purse/debit/1": "AAAA"}, {"purse/debit/2": "AAAAAAAAAAAAAAAAAAAAAA=="}, []]
)
def test_master_keys_of_another_shape_are_refused(keys: object, tmp_path: Path) -> None:
    path = tmp_path / "pki.json"
    ThrowAwayPKI.load_or_create(path)
    document = json.loads(path.read_text()) | {"stored_value": keys}
    with pytest.raises(EncodingError):
        pki_state.parse(json.dumps(document).encode())
