"""The configuration of a provider: what it may say, and how errors name the place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("joserfc", reason="joserfc is absent: pip install 'smartid[oidc]'")

from smartid.errors import EncodingError
from smartid.oidc.assemble import make_provider, read_secret
from smartid.oidc.clients import ClientMethod
from smartid.oidc.config import load_configuration, parse_configuration
from smartid.oidc.keys import KeyRing
from tests.unit.oidc.house import SECRET_HASH, SHOP_KEY

GOOD = """\
issuer = "https://id.example"
listen = "127.0.0.1:8443"
trust = "trust"
keys = "keys.json"
secret = "secret"
"""
SHOP = f"""
[[clients]]
id = "shop"
name = "Shop"
method = "client_secret_basic"
secret_sha256 = "{SECRET_HASH}"
redirect_uris = ["https://shop.example/back"]
"""


def test_a_small_configuration(tmp_path: Path) -> None:
    found = parse_configuration((GOOD + SHOP).encode(), tmp_path)
    assert (found.host, found.port) == ("127.0.0.1", 8443)
    assert found.keys == tmp_path / "keys.json"
    assert list(found.clients) == ["shop"]
    assert found.clients["shop"].method is ClientMethod.CLIENT_SECRET_BASIC


def test_a_password_of_the_store_is_not_shown(tmp_path: Path) -> None:
    text = 'store = "postgresql://id:Geheim-7@db.example/id"\n' + GOOD + SHOP
    assert "Geheim-7" not in repr(parse_configuration(text.encode(), tmp_path))


def test_keys_of_a_client_stand_in_a_file(tmp_path: Path) -> None:
    keys = {"keys": [SHOP_KEY.as_dict(private=False)]}
    (tmp_path / "bank.json").write_text(json.dumps(keys))
    table = '[[clients]]\nid="bank"\nname="Bank"\nmethod="private_key_jwt"\njwks="bank.json"\n'
    text = GOOD + table + 'redirect_uris=["https://bank.example/back"]\nrequire_par=true\n'
    bank = parse_configuration(text.encode(), tmp_path).clients["bank"]
    assert bank.jwks == keys
    assert bank.require_par


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("issuer = 1 2\n", "line 1"),
        ("\x80", "UTF-8"),
        (GOOD + "more = 1\n", "more"),
        (GOOD.replace('keys = "keys.json"\n', ""), "keys"),
        (GOOD.replace("https:", "http:"), "issuer"),
        (GOOD.replace("id.example", "id.example/path"), "issuer"),
        (GOOD.replace("127.0.0.1:8443", "0.0.0.0:8443"), "listen"),
        (GOOD.replace("127.0.0.1:8443", "8443"), "listen"),
        (GOOD.replace(":8443", ":99999"), "listen"),
        (GOOD.replace('trust = "trust"\n', ""), "trust"),
        (GOOD + 'policy = "policy.toml"\n', "trust"),
        (GOOD + "store = 1\n", "store"),
        (GOOD + 'clients = "shop"\n', "clients"),
        (GOOD + SHOP + SHOP, "clients"),
        (GOOD + SHOP.replace('name = "Shop"\n', ""), r"clients\[1\].name"),
        (GOOD + SHOP + "color = 1\n", r"clients\[1\].color"),
        (GOOD + SHOP + "native = 1\n", r"clients\[1\].native"),
        (GOOD + SHOP.replace("client_secret_basic", "client_secret_post"), r"clients\[1\].method"),
        (GOOD + SHOP.replace("https://shop", "http://shop"), "redirect URI"),
        (GOOD + SHOP + 'jwks = "absent.json"\n', "absent.json"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, names: str) -> None:
    data = text.encode("latin-1") if text == "\x80" else text.encode()
    with pytest.raises(EncodingError, match=names):
        parse_configuration(data, tmp_path)


def test_a_folder_becomes_a_provider(tmp_path: Path) -> None:
    (tmp_path / "oidc.toml").write_text(GOOD + SHOP)
    (tmp_path / "trust").mkdir()
    (tmp_path / "secret").write_text("s" * 32)
    (tmp_path / "secret").chmod(0o600)
    KeyRing.create(tmp_path / "keys.json")
    provider = make_provider(load_configuration(tmp_path))
    assert provider.context.issuer == "https://id.example"
    (tmp_path / "oidc.toml").write_text(GOOD + f'store = "sqlite:///{tmp_path}/store"\n' + SHOP)
    make_provider(load_configuration(tmp_path))
    assert (tmp_path / "store").exists()
    (tmp_path / "oidc.toml").write_text(GOOD + 'store = "mysql://"\n')
    with pytest.raises(EncodingError, match="store"):
        make_provider(load_configuration(tmp_path))
    (tmp_path / "oidc.toml").write_text(GOOD + 'trusted_proxies = ["nobody"]\n')
    with pytest.raises(EncodingError, match="trusted_proxies"):
        make_provider(load_configuration(tmp_path))


def test_the_secret_is_long_and_for_its_owner_alone(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s" * 31)
    secret.chmod(0o600)
    with pytest.raises(EncodingError, match="32"):
        read_secret(secret)
    secret.write_text("s" * 32)
    secret.chmod(0o644)
    with pytest.raises(EncodingError, match="chmod"):
        read_secret(secret)
