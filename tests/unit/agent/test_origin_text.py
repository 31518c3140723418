"""A name is shown in its letters only when it cannot pass for another."""

from __future__ import annotations

import pytest

from smartid.agent.origin_text import origin_text


def puny(text: str) -> str:
    return "xn--" + text.encode("punycode").decode()


def test_a_plain_host() -> None:
    shown = origin_text("https://bank.example.ir")
    assert (shown.labels, shown.port, shown.ascii, shown.suspicious) == (
        ("bank", "example", "ir"),
        "",
        "",
        False,
    )


def test_a_port_is_shown() -> None:
    assert origin_text("https://bank.example:8443").port == "8443"
    assert origin_text("wss://[::1]:8443").labels == ("[::1]",)
    assert origin_text("https://[::1]").labels == ("[::1]",)


@pytest.mark.parametrize("label", ["بانک", "شاپرک", "سازمان-ثبت", "بانک2", "ایران"])
def test_persian_names_are_shown_with_what_travels_beside_them(label: str) -> None:
    shown = origin_text(f"https://{puny(label)}.example.ir")
    assert shown.labels == (label, "example", "ir")
    assert shown.ascii == f"{puny(label)}.example.ir"
    assert not shown.suspicious


def test_the_country_in_persian() -> None:
    """xn--mgba3a4f16a is the country-code domain of Iran in the IANA root zone."""
    assert origin_text("https://xn--mgba3a4f16a").labels == ("ایران",)


@pytest.mark.parametrize(
    "label",
    [
        "аррӏе",  # Cyrillic throughout, looks like Latin
        "pаypal",  # one Cyrillic letter
        "bаnк",
        "münchen",
        "ελλάς",
        "例え",
        "بانكa",  # Persian and Latin
        "بانك",  # Arabic kaf
        "ملي",  # Arabic yeh
        "بانک۱",  # Persian digits pass for Arabic ones
        "بان\u200cک",  # an invisible joiner
        "با\u064eنک",  # a vowel mark
        "٣بانک",
        "بانک-",
        "3بانک",
    ],
)
def test_names_that_could_deceive_are_shown_as_they_travel(label: str) -> None:
    shown = origin_text(f"https://{puny(label)}.ir")
    assert shown.labels == (puny(label), "ir")
    assert shown.suspicious
    assert shown.ascii == ""


@pytest.mark.parametrize(
    "label", ["xn--", "xn---", "xn--999999999", "xn--\x00", "xn--mgbb5gwr-", "xn--" + "a" * 70]
)
def test_what_is_no_punycode_is_left_alone(label: str) -> None:
    shown = origin_text(f"https://{label}.ir")
    assert shown.labels == (label, "ir")
    assert shown.suspicious
