"""Signing keys: rotation, and another library that believes what they sign."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("joserfc", reason="joserfc is absent: pip install 'smartid[oidc]'")

from joserfc.jwk import ECKey

from smartid.errors import EncodingError
from smartid.oidc.keys import KeyRing
from tests.unit.oidc.house import ISSUER, House

NOW = datetime(2027, 1, 2, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def id_token(house: House) -> str:
    tokens = json.loads(house.token(house.code()).body)
    return str(tokens["id_token"])


def published(house: House) -> dict[str, object]:
    found: dict[str, object] = json.loads(house.send("GET", "/jwks").body)
    return found


def test_every_token_names_its_key() -> None:
    house = House()
    house.sign_in()
    import base64

    head = id_token(house).split(".")[0]
    header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    current = next(one for one in house.keys.keys if one.state == "current")
    assert header == {"alg": "ES256", "kid": current.kid, "typ": "JWT"}


def test_no_private_part_is_published() -> None:
    listed = published(House())["keys"]
    assert isinstance(listed, list)
    assert [set(one) for one in listed] == [{"kty", "crv", "x", "y", "kid", "use", "alg"}] * 2


def test_another_library_believes_the_tokens() -> None:
    """PyJWT shares no code with joserfc but the primitives."""
    jwt = pytest.importorskip("jwt", reason="PyJWT is absent: pip install pyjwt")
    house = House()
    house.sign_in()
    token = id_token(house)
    keys = jwt.PyJWKSet.from_dict(published(house))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    options = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(token, key, algorithms=["ES256"], audience="shop", issuer=ISSUER, options=options)
    assert claims["nonce"] == "no"
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token[:-6] + "AAAAAA", key, algorithms=["ES256"], audience="shop", options=options)


def test_tokens_of_a_retired_key_verify_as_long_as_it_is_kept() -> None:
    house = House()
    house.sign_in()
    token = id_token(house)
    announced = next(one.kid for one in house.keys.keys if one.state == "next")
    house.keys.rotate(house.clock())
    assert house.keys.verify(token) is not None
    assert len(published(house)["keys"]) == 3  # type: ignore[arg-type]
    assert next(one.kid for one in house.keys.keys if one.state == "current") == announced
    house.clock.pass_by(hours=9)
    house.keys.rotate(house.clock())
    assert house.keys.verify(token) is None
    assert len(published(house)["keys"]) == 3  # type: ignore[arg-type]


def test_a_retired_key_goes_when_its_time_is_over_and_nobody_rotates() -> None:
    house = House()
    house.sign_in()
    token = id_token(house)
    house.keys.rotate(house.clock())
    house.clock.pass_by(hours=8, minutes=59)
    assert house.keys.verify(token, house.clock()) is not None
    assert len(published(house)["keys"]) == 3  # type: ignore[arg-type]
    house.clock.pass_by(minutes=1)
    assert house.keys.verify(token, house.clock()) is None
    assert len(published(house)["keys"]) == 2  # type: ignore[arg-type]
    assert house.send("GET", f"/logout?id_token_hint={token}").status == 400


def test_a_logout_token_is_no_id_token() -> None:
    ring = KeyRing.generate()
    assert ring.verify(ring.sign({"a": 1}, typ="logout+jwt")) is None


def test_a_file_that_breaks_does_not_stop_a_provider_that_runs(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    KeyRing.create(path)
    house = House(keys=KeyRing.open(path))
    house.sign_in()
    whole, before = path.read_bytes(), published(house)
    path.write_bytes(b'{"keys"')
    assert published(house) == before
    assert house.token(house.code()).status == 200
    with pytest.raises(EncodingError):
        house.keys.rotate(NOW)
    path.unlink()
    assert house.token(house.code()).status == 200
    with pytest.raises(FileNotFoundError):
        house.keys.rotate(NOW)
    assert caplog.text.count("the keys of before go on") == 2, "once for each thing that happened"
    path.write_bytes(whole)
    path.chmod(0o600)
    KeyRing.open(path).rotate(NOW)
    assert len(published(house)["keys"]) == 3  # type: ignore[arg-type]


def test_a_full_disk_leaves_the_keys_as_they_were(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = KeyRing.create(path)
    before = ring.public()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("smartid.oidc.keys.write_whole", full)
        with pytest.raises(OSError, match="No space"):
            ring.rotate(NOW)
    assert ring.public() == before == KeyRing.open(path).public()


def test_a_rotation_while_the_ring_is_opened_is_noticed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from smartid.oidc import keys

    ring, read = KeyRing.create(path), keys._read

    def slowly(place: Path) -> object:
        found = read(place)
        monkeypatch.setattr(keys, "_read", read)
        ring.rotate(NOW)
        return found

    monkeypatch.setattr(keys, "_read", slowly)
    assert KeyRing.open(path).public(NOW) == ring.public(NOW)


def test_a_changed_file_is_read_again(path: Path) -> None:
    ring = KeyRing.create(path)
    running = KeyRing.open(path)
    token = running.sign({"a": 1})
    ring.rotate(NOW)
    assert [one.kid for one in running.keys] == [one.kid for one in ring.keys]
    assert running.verify(token) == {"a": 1}
    assert ring.verify(running.sign({"b": 2})) == {"b": 2}


def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    KeyRing.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(EncodingError, match="chmod 600"):
        KeyRing.open(path)


def test_a_ring_is_never_replaced(path: Path) -> None:
    before = KeyRing.create(path).public()
    with pytest.raises(FileExistsError):
        KeyRing.create(path)
    assert KeyRing.open(path).public() == before


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"[]",
        b'{"keys": 1}',
        b'{"keys": []}',
        b'{"keys": [{"state": "current", "until": null, "jwk": {}}]}',
        b'{"keys": [{"state": "lost", "until": null, "jwk": {}}]}',
        b'{"keys": [1]}',
        json.dumps(
            {
                "keys": [
                    {"state": state, "until": None, "jwk": ECKey.generate_key("P-384").as_dict(private=True)}
                    for state in ("current", "next")
                ]
            }
        ).encode(),
        json.dumps(
            {
                "keys": [
                    {"state": state, "until": None, "jwk": ECKey.generate_key("P-256").as_dict(private=False)}
                    for state in ("current", "next")
                ]
            }
        ).encode(),
    ],
)
def test_broken_rings_are_refused(path: Path, broken: bytes) -> None:
    path.write_bytes(broken)
    path.chmod(0o600)
    with pytest.raises(EncodingError):
        KeyRing.open(path)


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "..", "é.é.é", "eyJhbGciOiJub25lIn0.e30."])
def test_no_token_of_ours(token: str) -> None:
    assert KeyRing.generate().verify(token) is None


def test_a_token_of_another_ring_is_none_of_ours() -> None:
    assert KeyRing.generate().verify(KeyRing.generate().sign({"iss": ISSUER})) is None


def test_keys_are_mute() -> None:
    ring = KeyRing.generate()
    private = ring.keys[0].key.as_dict(private=True)["d"]
    assert private not in repr(ring) + repr(ring.keys)
