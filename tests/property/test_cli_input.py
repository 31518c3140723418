"""Whatever stands on the command line: a sentence and an exit status, never a traceback."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smartid.cli.apdu import parse
from smartid.cli.errors import WrongUsage
from smartid.cli.output import POP_DIRECTIONAL_ISOLATE, shown, width
from smartid.cli.tree import run
from smartid.errors import NoService
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.image import CardImage
from smartid.mockcard.personalize import personalize
from smartid.profiles.registry import PROFILES
from smartid.transport import pcsc
from tests.property.examples import MANY as EXAMPLES

MANY = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


def _run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    hook = sys.excepthook
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            return run(arguments), out.getvalue(), err.getvalue()
    finally:
        sys.excepthook = hook


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    profile = next(profile for profile in PROFILES if profile.name == "iran_nid")
    path = tmp_path_factory.mktemp("card") / "nid.card"
    personalize(profile, holder=CITIZENS["sara"]).save(path)
    return path


@pytest.fixture(autouse=True, scope="module")
def no_service() -> Iterator[None]:
    """Keep pcsc-lite out: it remembers the first service of a process, which other tests choose."""

    def absent() -> None:
        raise NoService("No PC/SC service answers.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pcsc, "load_scard", absent)
        yield


@MANY
@given(words)
@example("")
@example("mock:")
@example("trace:")
@example("mock:/dev/zero")
@example("trace:/etc")
@example("mock:" + "a" * 300)
@example("trace:/proc/self/mem")
@example("\udcff")
def test_any_reader_name_ends_in_a_sentence(name: str) -> None:
    status, out, err = _run("--reader", f"{name}", "pin", "status", "--json")
    assert status in {2, 3, 4}
    assert json.loads(out)["error"]["message"]
    assert err.startswith("Error: ")
    assert "Traceback" not in err


@MANY
@given(st.sampled_from(["mock:", "trace:"]), words)
def test_any_file_name_ends_in_a_sentence(prefix: str, name: str) -> None:
    status, out, _ = _run("--reader", prefix + name, "read", "--json")
    assert status in {2, 4}
    assert json.loads(out)["error"]["message"]


@MANY
@given(st.lists(words, min_size=1, max_size=4))
@example(["00", "20", "00", "81"])
@example(["-h"])
def test_any_apdu_text_is_sent_or_refused(card: Path, texts: list[str]) -> None:
    status, out, _ = _run("--reader", f"mock:{card}", "apdu", "--json", "--", *texts)
    assert status in {0, 2, 4}
    assert ("error" in json.loads(out)) == (status == 2)


@MANY
@given(st.binary(min_size=4, max_size=40))
def test_any_bytes_that_are_a_command_are_answered(card: Path, raw: bytes) -> None:
    try:
        parse(raw.hex())
    except WrongUsage:
        return
    before = CardImage.load(card).pins["identity"].tries_left
    status, out, _ = _run("--reader", f"mock:{card}", "apdu", raw.hex(), "--json")
    assert status in {0, 2, 4}
    json.loads(out)
    assert CardImage.load(card).pins["identity"].tries_left == before


@settings(max_examples=EXAMPLES, deadline=None)
@given(words | st.text("0123456789abcdefABCDEF :-", max_size=40))
def test_any_text_is_a_command_or_wrong_usage(text: str) -> None:
    try:
        parse(text)
    except WrongUsage as error:
        assert error.message


@given(st.text(max_size=200))
def test_shown_text_moves_no_cursor_and_turns_no_line(text: str) -> None:
    safe = shown(text)
    assert all(
        char.isprintable() or char in "\u2068\u2069\u200c\u200d" or not _harmful(char) for char in safe
    )
    assert safe.count("\u2068") == safe.count(POP_DIRECTIONAL_ISOLATE) <= 1
    assert width(safe) >= 0


def _harmful(char: str) -> bool:
    return (
        ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067"
    )
