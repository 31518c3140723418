"""What the window says: who asks, what for, and what is at stake."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from smartid.agent.question import PINRequest, Question, Task
from smartid.agent.screen import Screen, screen_of

PIN = PINRequest(title="Identity PIN", title_fa="رمز هویت", min_digits=4, max_digits=8, tries_left=3)
LOGIN = Question(
    task=Task.LOGIN,
    origin="https://site.example",
    lang="fa",
    card_title=("National card", "کارت ملی"),
    holder="سارا احمدی",
    pin=PIN,
)


@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize("lang", ["fa", "en"])
def test_every_task_has_its_words_in_both_languages(task: Task, lang: str) -> None:
    screen = screen_of(replace(LOGIN, task=task, lang=lang))
    for name in ("title", "asks", "gives", "ok", "cancel", "busy", "tries", "pin", "card"):
        text = getattr(screen, name)
        assert text
        assert text.isascii() is (lang == "en"), name
    assert screen.rtl is (lang == "fa")
    assert screen.origin.labels == ("site", "example")
    assert (screen.test, screen.warning, screen.wrong, screen.last, screen.digest) == ("", "", "", "", "")


def test_the_tasks_differ_in_everything_that_is_asked() -> None:
    screens = [screen_of(replace(LOGIN, task=task, lang="en")) for task in Task]
    for name in ("title", "asks", "gives", "ok"):
        assert len({getattr(screen, name) for screen in screens}) == len(screens)


def test_a_digest_is_shown_with_both_ends_and_the_warning() -> None:
    asked = replace(LOGIN, task=Task.SIGNATURE, lang="en", hash_function="SHA-384", digest=bytes(range(48)))
    screen = screen_of(asked)
    assert screen.digest == "SHA-384  0001 0203 0405 0607 … 2829 2A2B 2C2D 2E2F"
    assert "only this digest" in screen.gives


def test_a_test_card_is_marked() -> None:
    assert "TEST" in screen_of(replace(LOGIN, lang="en", test=True)).test
    assert "آزمایشی" in screen_of(replace(LOGIN, test=True)).test


def test_tries_and_the_last_one() -> None:
    assert screen_of(LOGIN).tries.endswith("۳")
    last = screen_of(replace(LOGIN, lang="en", pin=replace(PIN, tries_left=1, wrong=True)))
    assert last.tries == "Tries left: 1"
    assert "blocks" in last.last
    assert last.wrong == "The PIN is wrong."
    assert screen_of(replace(LOGIN, pin=replace(PIN, tries_left=None))).tries == ""


def test_a_reader_with_keys_is_where_the_pin_is_typed() -> None:
    screen = screen_of(replace(LOGIN, lang="en", pin=replace(PIN, on_pad=True)))
    assert "keys of the reader" in screen.pin
    assert screen.pin.startswith("Identity PIN: press the button"), "which PIN, and what comes first"
    assert screen.busy == "Type the PIN on the keys of the reader."


def test_consent_alone_has_no_pin() -> None:
    screen = screen_of(replace(LOGIN, task=Task.CERTIFICATE, pin=None))
    assert (screen.pin, screen.tries, screen.last) == ("", "", "")


def test_a_deceiving_name_brings_a_warning() -> None:
    name = "аррӏе".encode("punycode").decode()
    assert "foreign letters" in screen_of(replace(LOGIN, lang="en", origin=f"https://xn--{name}.com")).warning


def test_no_sentence_has_marks_that_the_letters_would_lose() -> None:
    """The window leaves out what stands above letters; its own words need none of it."""
    import unicodedata

    for task in Task:
        screen = screen_of(replace(LOGIN, task=task, test=True, pin=replace(PIN, tries_left=1, wrong=True)))
        for field in fields(Screen):
            text = getattr(screen, field.name)
            if isinstance(text, str):
                assert all(unicodedata.category(char) != "Mn" for char in text), field.name
