"""Certificates of people in files: what is read, and that a name of an account is no pattern and no path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from asn1crypto.pem import armor
from hypothesis import given
from hypothesis import strategies as st

from smartid.auth.certificate_files import (
    MAX_CERTIFICATES,
    MAX_FILE,
    certificates_in,
    files_below,
    files_of_account,
    read_certificates,
)
from smartid.errors import EncodingError

DER = b"\x30\x03\x02\x01\x05"
PEM = armor("CERTIFICATE", DER)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    folder.mkdir(mode=0o755)
    for name in ("ali.pem", "ali.reza.pem", "alireza.pem", "ali-2.crt", "sara.der", "ali.txt", ".pem"):
        (folder / name).write_bytes(PEM)
    (folder / "sara").mkdir(mode=0o755)
    (folder / "sara" / "old.crt").write_bytes(PEM)
    (folder / "sara" / "notes.txt").write_bytes(b"")
    (tmp_path / "outside.pem").write_bytes(PEM)
    return folder


def names(people: Path, account: str) -> list[str]:
    return [str(file.relative_to(people)) for file in files_of_account(people, account)]


def test_the_files_of_an_account(people: Path) -> None:
    assert names(people, "ali") == ["ali.pem"]
    assert names(people, "ali.reza") == ["ali.reza.pem"]
    assert names(people, "sara") == ["sara.der", "sara/old.crt"]
    assert names(people, "nobody") == []


@pytest.mark.parametrize(
    "account",
    [
        "",
        ".",
        "..",
        "../outside",
        "/etc/passwd",
        "a/b",
        "*",
        "al?",
        "-x",
        ".hidden",
        "a b",
        "a\n",
        "a\0",
        "علی",
        "a" * 65,
    ],
)
def test_a_name_is_no_path_and_no_pattern(people: Path, account: str) -> None:
    with pytest.raises(EncodingError, match="account"):
        names(people, account)


@given(st.text())
def test_any_name_stays_in_the_folder(tmp_path_factory: pytest.TempPathFactory, account: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        found = list(files_of_account(folder, account))
    except EncodingError:
        return
    assert all(folder in file.parents for file in found)


def test_what_others_may_write_is_not_believed(people: Path) -> None:
    (people / "sara").chmod(0o775)
    with pytest.raises(EncodingError, match="nobody but the owner"):
        names(people, "sara")
    (people / "ali.pem").chmod(0o666)
    assert read_certificates(people / "ali.pem") == (DER,)
    with pytest.raises(EncodingError, match="nobody but the owner"):
        read_certificates(people / "ali.pem", guarded=True)
    people.chmod(0o777)
    with pytest.raises(EncodingError, match="nobody but the owner"):
        names(people, "ali")


def test_a_folder_that_may_not_be_searched_is_no_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: not (path == tmp_path and mode & 1))
    with pytest.raises(EncodingError, match="search"):
        list(files_of_account(tmp_path, "ali"))


def test_a_folder_without_an_account(people: Path) -> None:
    found = [file.name for file in files_below(people)]
    assert found == ["ali-2.crt", "ali.pem", "ali.reza.pem", "alireza.pem", "sara.der"]


def test_pem_and_der(tmp_path: Path) -> None:
    assert certificates_in(DER) == (DER,)
    assert certificates_in(b"Subject: somebody\n" + PEM * 2) == (DER, DER)


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", armor("X509 CRL", DER), PEM * (MAX_CERTIFICATES + 1), b"-----BEGIN CERTIFICATE-----\n"],
)
def test_what_is_no_file_of_certificates(data: bytes) -> None:
    with pytest.raises(EncodingError):
        certificates_in(data)


def test_only_regular_files_of_some_size_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pem")
    (tmp_path / "long.pem").write_bytes(bytes(MAX_FILE + 1))
    for name in ("pipe.pem", "long.pem", "missing.pem", "."):
        with pytest.raises(EncodingError):
            read_certificates(tmp_path / name)
    with pytest.raises(EncodingError):
        files_below(tmp_path / "missing")


@given(st.binary())
def test_any_bytes_are_certificates_or_an_encoding_error(data: bytes) -> None:
    for content in (data, b"-----BEGIN CERTIFICATE-----\n" + data):
        try:
            certificates_in(content)
        except EncodingError:
            continue
