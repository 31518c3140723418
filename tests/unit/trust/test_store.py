"""Folders of trust anchors."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from smartid.errors import EncodingError
from smartid.trust import store as module
from smartid.trust.store import AnchorPurpose, TrustStore
from tests.unit.trust.country import CA_USAGE, Country, issue, name


def test_a_folder_is_sorted_by_content(trust_folder: Path, country: Country) -> None:
    store = TrustStore.from_folder(trust_folder)
    assert [anchor.certificate.der for anchor in store.anchors] == [country.csca.der, country.root.der]
    assert [item.der for item in store.intermediates] == [country.citizen_ca.der]
    anchor = store.anchors[0]
    assert anchor.origin == str(trust_folder / "csca.der")
    assert anchor.purpose is AnchorPurpose.ANY
    assert anchor.added is not None
    assert abs(datetime.now(UTC) - anchor.added).total_seconds() < 3600
    assert store
    assert not TrustStore()


def test_purposes_are_kept_apart(trust_folder: Path) -> None:
    store = TrustStore.from_folder(trust_folder, purpose=AnchorPurpose.DOCUMENT_SIGNING)
    assert len(store.anchors_for(AnchorPurpose.DOCUMENT_SIGNING)) == 2
    assert store.anchors_for(AnchorPurpose.CITIZEN_CERTIFICATES) == ()


def test_many_certificates_in_one_file(tmp_path: Path, country: Country) -> None:
    (tmp_path / "all.PEM").write_bytes(b"# comment\n" + country.root.pem + country.csca.pem)
    assert len(TrustStore.from_folder(tmp_path).anchors) == 2


def test_other_files_are_not_looked_at(tmp_path: Path, country: Country) -> None:
    (tmp_path / "ca.csr").write_bytes(b"junk")
    (tmp_path / "folder.pem").mkdir()
    assert not TrustStore.from_folder(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"junk",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nAAAA",
        b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        b"-----BEGIN CERTIFICATE-----\n\xff\xff\n-----END CERTIFICATE-----\n",
        bytes(module.MAX_FILE_LENGTH + 1),
    ],
)
def test_a_bad_file_is_named(trust_folder: Path, content: bytes) -> None:
    (trust_folder / "bad.crt").write_bytes(content)
    with pytest.raises(EncodingError, match=r"bad\.crt"):
        TrustStore.from_folder(trust_folder)


def test_a_citizen_is_no_anchor(trust_folder: Path, country: Country) -> None:
    (trust_folder / "citizen.pem").write_bytes(country.citizen().pem)
    with pytest.raises(EncodingError, match=r"citizen\.pem.*authority"):
        TrustStore.from_folder(trust_folder)


def test_a_name_that_is_its_own_issuer_is_not_enough(country: Country) -> None:
    """Self-issued, but signed by another key: a link certificate, or a forgery. Never an anchor."""
    forged = issue(name(COMMON_NAME="x"), ca=True, usage=CA_USAGE, sign_with=country.root.key)
    store = TrustStore.from_certificates(forged.der)
    assert not store.anchors
    assert len(store.intermediates) == 1


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.pem").write_text("hello\n")
    with pytest.raises(EncodingError, match="notes.pem .*expected a certificate in PEM or DER"):
        TrustStore.from_folder(tmp_path)


def test_a_crowd_of_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 2)
    for number in range(3):
        (tmp_path / f"{number}.pem").touch()
    with pytest.raises(EncodingError, match="at most 2"):
        TrustStore.from_folder(tmp_path)


def test_the_configured_folder(
    trust_folder: Path, tmp_path: Path, country: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMARTID_TRUST", str(trust_folder))
    assert len(TrustStore.configured().anchors) == 2
    monkeypatch.setenv("SMARTID_TRUST", str(tmp_path / "missing"))
    with pytest.raises(EncodingError, match="missing"):
        TrustStore.configured()
    monkeypatch.delenv("SMARTID_TRUST")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    empty = TrustStore.configured()
    assert not empty
    assert empty.folder == str(tmp_path / "config" / "smartid" / "trust")
    Path(empty.folder).mkdir(parents=True)
    (Path(empty.folder) / "root.pem").write_bytes(country.root.pem)
    assert len(TrustStore.configured().anchors) == 1


def test_stores_add_up(country: Country) -> None:
    both = TrustStore.from_certificates(country.root.der) + TrustStore.from_certificates(country.csca.der)
    assert len(both.anchors) == 2


@pytest.mark.parametrize(
    "content", [b"", b"junk", b"-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"]
)
def test_a_file_that_is_no_revocation_list_is_named(trust_folder: Path, content: bytes) -> None:
    (trust_folder / "bad.crl").write_bytes(content)
    with pytest.raises(EncodingError, match=r"bad\.crl"):
        TrustStore.from_folder(trust_folder)
