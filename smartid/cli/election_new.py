"""``smartid election new``: trustees' keys, the election record, the register of voters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli.election_folder import now, read_number
from smartid.cli.errors import WrongUsage
from smartid.cli.output import note, print_json, print_table, say, tell
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.services.voting.groups.named import NAMES, named

if TYPE_CHECKING:
    from smartid.services.voting.election import Election
    from smartid.services.voting.folder import ElectionFolder

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MAX_REGISTER = 1 << 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusteeship:
    """Who keeps the keys.

    record     the public record of a ceremony that was held elsewhere; None holds one here
    mandatory  trustees who must all take part
    threshold  how many of ``members`` others suffice; 0 for no such group
    minimum    fewest ballots that the trustees here decrypt a sum of
    """

    record: Path | None
    mandatory: int
    threshold: int
    members: int
    minimum: int

    def __post_init__(self) -> None:
        if bool(self.threshold) != bool(self.members) or self.threshold > self.members:
            raise WrongUsage("--threshold T and --members N go together, T at most N.")
        if not self.record and not self.mandatory and not self.members:
            raise WrongUsage("Somebody has to keep the keys: --trustees, or --threshold and --members.")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--questions", type=FILE, required=True, help="What is asked: JSON or TOML.")
@click.option("--name", default="", help="How the election is called; default: as the questions say.")
@click.option(
    "--group", type=click.Choice(NAMES), default=NAMES[0], show_default=True, help="Where the numbers live."
)
@click.option(
    "--trustees",
    type=click.IntRange(0, 20),
    default=1,
    show_default=True,
    metavar="N",
    help="Trustees who must all take part in the count.",
)
@click.option(
    "--threshold", type=click.IntRange(1, 20), default=None, metavar="T", help="So many of --members suffice."
)
@click.option(
    "--members", type=click.IntRange(1, 20), default=None, metavar="N", help="Trustees of whom T suffice."
)
@click.option(
    "--trustees-record", type=FILE, metavar="FILE", help="Public record of a ceremony held elsewhere."
)
@click.option(
    "--register",
    type=FILE,
    metavar="FILE",
    help="National numbers of those who may vote, one on each line; default: the sample citizens.",
)
@click.option("--constituency", default="1", show_default=True, help="Whose voters these are.")
@click.option(
    "--minimum-ballots",
    type=click.IntRange(0, 1_000_000),
    default=5,
    show_default=True,
    metavar="N",
    help="The trustees decrypt no sum of fewer ballots.",
)
@click.option(
    "--trust",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Trust anchors for the voters' cards, copied into the folder; default: the configured store.",
)
@settings_options
@with_settings
def command(
    settings: Settings,
    folder: Path,
    *,
    questions: Path,
    name: str,
    group: str,
    trustees: int,
    threshold: int | None,
    members: int | None,
    trustees_record: Path | None,
    register: Path | None,
    constituency: str,
    minimum_ballots: int,
    trust: Path | None,
) -> None:
    """Prepare an election in DIR, a new folder.

    The trustees of a rehearsal are processes here, each with a folder of its own that no other one reads.
    In earnest every trustee uses a machine of their own, and brings the record with --trustees-record.
    """
    from dataclasses import replace  # noqa: PLC0415

    from smartid.services.voting.folder import ElectionFolder  # noqa: PLC0415
    from smartid.services.voting.preparing import Plan, found_election, require_nothing  # noqa: PLC0415
    from smartid.services.voting.questions import load_questions  # noqa: PLC0415

    wanted = Trusteeship(
        record=trustees_record,
        mandatory=trustees,
        threshold=threshold or 0,
        members=members or 0,
        minimum=minimum_ballots,
    )
    asked = load_questions(questions)
    named(group)  # an optional part that is missing shall be told before anything is made
    place = ElectionFolder(folder)
    require_nothing(place)
    plan = Plan(
        questionnaire=replace(asked, name=name or asked.name),
        group=group,
        people=_people(register),
        constituency=constituency,
    )
    place.make()
    if trust:
        _keep_trust(trust, place.trust)
    election = found_election(place, plan, _record(place, wanted, group), now())
    _tell(settings, place, election, len(plan.people))


def _record(folder: ElectionFolder, wanted: Trusteeship, group: str) -> bytes:
    from smartid.services.voting.folder import read_record  # noqa: PLC0415
    from smartid.services.voting.rehearsal import hold_ceremony_here  # noqa: PLC0415

    if wanted.record:
        return read_record(wanted.record)
    note("… the trustees make their keys")
    return hold_ceremony_here(
        folder,
        group,
        mandatory=wanted.mandatory,
        members=wanted.members,
        threshold=wanted.threshold,
        minimum=wanted.minimum,
    )


def _keep_trust(given: Path, kept: Path) -> None:
    """Copy trust anchors into the folder, once they are seen to be some. Raises EncodingError, OSError."""
    import shutil  # noqa: PLC0415

    from smartid.cli.judge import store_for  # noqa: PLC0415

    store_for(given)
    shutil.copytree(given, kept, dirs_exist_ok=True)


def _people(register: Path | None) -> list[str]:
    """The national numbers in a file, or those of the sample citizens. Raises WrongUsage, OSError."""
    if register is None:
        from smartid.mockcard.citizens import list_citizens  # noqa: PLC0415

        return sorted({one.identity.national_number or "" for one in list_citizens()})
    with register.open(encoding="utf-8", errors="replace") as file:
        text = file.read(MAX_REGISTER)
    return [read_number(line) for line in text.splitlines() if line.strip()]


def _tell(settings: Settings, folder: ElectionFolder, election: Election, people: int) -> None:
    if settings.as_json:
        print_json(
            {
                "folder": str(folder.path),
                "uuid": election.uuid,
                "fingerprint": election.fingerprint,
                "group": election.group,
                "people": people,
                "trustees": [one.name for one in folder.trustees()],
            }
        )
        return
    say()
    tell(election.name, bold=True)
    print_table(
        [
            ("Election", election.uuid),
            ("Fingerprint", election.fingerprint),
            ("Group", election.group),
            ("In the register", f"{people:,}"),
        ]
    )
    tell("گام بعد: ثبت‌نام رأی‌دهندگان با کارت.")
    tell(f"Next, voters register with their cards: smartid --reader NAME election register {folder.path}")
