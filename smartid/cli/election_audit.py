"""``smartid election audit``: the cards' signatures against the board."""

from __future__ import annotations

from pathlib import Path

import click

from smartid.cli.election_folder import folder_argument, opened, policy_for, trust_option
from smartid.cli.output import print_json, print_table, tell
from smartid.cli.progress import growing_bar
from smartid.cli.settings import Settings, settings_options, with_settings

ROWS = {
    "uuid": ("Election", "انتخابات"),
    "fingerprint": ("Fingerprint", "اثر انگشت"),
    "register_version": ("Version of the register", "نسخهٔ فهرست واجدان"),
    "registrations": ("Signatures that registered", "امضاهای ثبت‌نام"),
    "removed": ("Removed from the register later", "بعدتر از فهرست واجدان حذف‌شده"),
    "credentials": ("Credentials on the list of voters", "کلیدهای فهرست رأی‌دهندگان"),
    "ballots": ("Ballots on the board", "برگه‌های روی تابلو"),
    "voters": ("People who cast them", "کسانی که آن‌ها را دادند"),
    "superseded": ("Ballots that a later one replaced", "برگه‌هایی که رأی بعدی جایشان را گرفت"),
    "on_paper": ("People who voted on paper", "رأی‌دهندگان روی کاغذ"),
    "revoked": ("Credentials revoked by that", "کلیدهای باطل‌شده به‌سبب آن"),
    "late": ("Ballots late at the acceptance log", "برگه‌هایی که دیر به دفتر پذیرش رسید"),
    "throw_away": ("Signatures of mock cards", "امضاهای کارت‌های آزمایشی"),
    "board_head": ("Head of the board", "سر تابلو"),
    "registrations_root": ("Root of the registrations", "ریشهٔ ثبت‌نام‌ها"),
    "evidence_root": ("Root of the evidence", "ریشهٔ دفتر مدارک"),
    "acceptance_root": ("Root of the acceptance log", "ریشهٔ دفتر پذیرش"),
}


@click.command()
@folder_argument
@trust_option
@settings_options
@with_settings
def command(settings: Settings, folder: Path, *, trust: Path | None) -> None:
    """Audit the election of DIR: every counted ballot rests on the card of one eligible person.

    Reads the restricted logs, and publishes counts and hashes in DIR/audit.json: never who. Exit status 0
    when all of it fits, 1 when something does not.
    """
    from smartid.services.voting.checking import audit_here  # noqa: PLC0415

    place = opened(folder)
    with growing_bar("Ballots") as progress:
        report = audit_here(place, policy_for(place, trust), progress=lambda done: progress(done, None))
    found = report.as_dict()
    if settings.as_json:
        print_json({**found, "file": str(place.audit_file)})
        return
    print_table([(english, str(found[name]), persian) for name, (english, persian) in ROWS.items()])
    tell("هر برگه بر کارت یک واجد شرایط استوار است؛ گفته نشد که.", fg="green", bold=True)
    tell("Every ballot rests on the card of one eligible person; whose, is not told.", fg="green", bold=True)
    if report.throw_away:
        tell("کارت‌ها آزمایشی‌اند: بیرون از آزمون ارزشی ندارند.", fg="red", bold=True)
        tell("Cards of the throw-away PKI: worth nothing outside a test.", fg="red", bold=True)
