"""What the demo of an election says while it goes on, in Persian and English."""

from __future__ import annotations

from enum import Enum


class Words(Enum):
    """A sentence in both languages, with places for numbers."""

    CARDS = (
        "{people} نفر که وجود ندارند، هر یک با کارت ملی آزمایشی خود.",
        "{people} people who do not exist, each with a mock card of their own.",
    )
    CEREMONY = (
        "امینان کلید می‌سازند: {mandatory} امین الزامی، و هر {threshold} نفر از {members} امین دیگر؛ "
        "هر یک فرایندی جدا.",
        "The trustees make their keys: {mandatory} who must take part, and any {threshold} of {members} "
        "others; each is a process of its own.",
    )
    SMALL = (
        "این انتخابات از {minimum} برگه کوچک‌تر است؛ امینان در این تمرین آن را هم می‌گشایند.",
        "This election may have fewer than {minimum} ballots; in this rehearsal the trustees decrypt it "
        "all the same.",
    )
    REGISTERED = (
        "{registered} نفر با کارت خود نام نوشتند؛ {changed} نفر دوباره، با کلید رأی تازه.",
        "{registered} people registered with their cards; {changed} did it again, with a new credential.",
    )
    FROZEN = (
        "فهرست {registered} رأی‌دهنده بسته شد؛ تابلوی آرا باز است.",
        "The list of {registered} voters is final; the board is open.",
    )
    VOTED = (
        "{ballots} برگهٔ رأی به صندوق رفت، {revotes} تای آن رأی دوباره؛ "
        "{audited} برگه باز و دور انداخته شد تا درستی دستگاه دیده شود.",
        "Ballots cast: {ballots}, of them {revotes} by voters who had voted before. Opened and thrown away, "
        "to see that the device is honest: {audited}.",
    )
    CLOSED = (
        "رأی‌گیری پایان یافت. {paper} نفر روی کاغذ رأی داد و رأی الکترونیکی‌اش شمرده نمی‌شود.",
        "Voting has ended. People who voted on paper, so that their ballots here do not count: {paper}.",
    )
    COUNTING = (
        "هر امین تابلو را خود وارسی و جمع رمزشده را خود حساب می‌کند و تنها همان را می‌گشاید.",
        "Each trustee verifies the board, adds up the ballots itself, and decrypts that sum and nothing "
        "else.",
    )
    CHECKED = (
        "هر بیگانه‌ای می‌تواند همین بایگانی را وارسی کند؛ ممیز نیز امضای کارت‌ها را با تابلو سنجید.",
        "Any stranger can verify this archive; the auditor also compared the cards' signatures with the "
        "board.",
    )

    def say(self, **numbers: int) -> tuple[str, str]:
        """Give the Persian and the English sentence."""
        persian, english = self.value
        return persian.format(**numbers), english.format(**numbers)
