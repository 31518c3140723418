"""Levels above B by the command line alone, with the mock authority on the loopback interface."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smartid.mockcard.authority_server import AuthorityServer
from tests.unit.signing.pdfs import make_pdf


@pytest.fixture
def tsa(pki) -> Iterator[str]:
    with AuthorityServer(lambda: pki) as server:
        yield server.addresses["tsa"]


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "نامه.txt"
    path.write_text("یک نامه\n", encoding="utf-8")
    return path


@pytest.fixture
def sign(cli, sample):
    card = sample()

    def call(*arguments: object, status: int = 0):
        pins = (card.pin("signature"),)
        outcome = cli("--reader", card.reader, "sign", *map(str, arguments), "--json", pins=pins)
        assert outcome.status == status, outcome.err
        return outcome.document

    return call


def level_of(cli, path: Path, anchors: str) -> str:
    outcome = cli("verify", str(path), "--trust", anchors, "--json")
    assert outcome.status == 0, outcome.out
    (signature,) = outcome.document["signatures"]
    return signature["level"]


@pytest.mark.parametrize("level", ["T", "LT", "LTA"])
def test_an_address_that_the_user_typed_may_be_on_this_machine(
    cli, sign, letter, anchors, tsa, level
) -> None:
    made = sign(letter, "--level", level, "--tsa", tsa, "--trust", anchors)
    assert level_of(cli, Path(made["output"]), anchors) == level


@pytest.mark.parametrize("level", ["T", "LT", "LTA"])
def test_a_signature_is_raised(cli, sign, letter, anchors, tsa, level) -> None:
    made = Path(sign(letter, "--detached")["output"])
    raised = made.with_name("raised.p7s")
    arguments = ("--level", level, "--tsa", tsa, "--trust", anchors, "--content", str(letter))
    outcome = cli("extend", str(made), *arguments, "-o", str(raised), "--json")
    assert outcome.status == 0, outcome.err
    assert outcome.document == {"document": str(made), "output": str(raised), "level": level}
    checked = cli("verify", str(raised), "--content", str(letter), "--trust", anchors, "--json")
    assert checked.document["signatures"][0]["level"] == level


@pytest.mark.parametrize("level", ["T", "LT", "LTA"])
@pytest.mark.parametrize("before", ["B", "T"])
def test_a_pdf_is_raised_and_what_it_was_stays(cli, sign, tmp_path, anchors, tsa, before, level) -> None:
    pytest.importorskip("pyhanko")
    plain = tmp_path / "contract.pdf"
    plain.write_bytes(make_pdf())
    made = Path(sign(plain, "--level", before, "--tsa", tsa)["output"])
    signed = made.read_bytes()
    outcome = cli("extend", str(made), "--level", level, "--tsa", tsa, "--trust", anchors, "--force")
    assert outcome.status == 0, outcome.err
    assert made.read_bytes().startswith(signed)
    assert level_of(cli, made, anchors) == level


def test_a_file_is_replaced_only_when_that_is_wanted(cli, sign, letter, tsa) -> None:
    made = Path(sign(letter)["output"])
    signed = made.read_bytes()
    outcome = cli("extend", str(made), "--level", "T", "--tsa", tsa)
    assert (outcome.status, made.read_bytes()) == (2, signed)
    assert "--force" in outcome.err


def test_a_content_beside_is_found_and_another_one_refused(cli, sign, letter, tsa) -> None:
    made = Path(sign(letter, "--detached")["output"])
    assert cli("extend", str(made), "--level", "T", "--tsa", tsa, "--force").status == 0
    letter.write_text("یک نامهٔ دیگر\n", encoding="utf-8")
    outcome = cli(
        "extend", str(made), "--level", "LTA", "--tsa", tsa, "--force", "--trust", str(letter.parent)
    )
    assert outcome.status in {1, 2}


def test_what_is_missing_is_named(cli, sign, letter, anchors) -> None:
    made = sign(letter)["output"]
    for arguments, word in (
        (("--level", "T"), "--tsa URL"),
        (("--level", "LT"), "--trust DIR"),
    ):
        outcome = cli("extend", made, *arguments, "--force")
        assert outcome.status == 1
        assert word in outcome.err
    bare = sign(letter, "--form", "jws")["output"]
    refused = cli("extend", bare, "--level", "LT", "--trust", anchors, "--force")
    assert refused.status == 1
    assert "up to level B" in refused.err
    nothing = cli("extend", str(letter), "--level", "T", "--force")
    assert nothing.status == 2
