"""``smartid election verify``: everything that a stranger can check, from the archive alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smartid.cli.election_folder import require_archive
from smartid.cli.election_show import show_result
from smartid.cli.errors import NO, WrongUsage
from smartid.cli.output import print_json, print_table, say, shown, tell
from smartid.cli.progress import growing_bar
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.errors import ElectionInvalid, EncodingError, ExtraMissing

if TYPE_CHECKING:
    from smartid.services.voting.receipts import ReceiptStanding
    from smartid.services.voting.verify.report import ElectionReport
    from smartid.services.voting.verify.shards import ShardsReport

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NOTES = "notes"
"""What a broken file of ``--resume`` is called in its error."""
CONNECT = 10.0
"""Seconds to wait for a scheduler."""
STAGES = {
    "setup": ("The vote has not begun.", "رأی‌گیری آغاز نشده است."),
    "voting": ("Voting goes on.", "رأی‌گیری در جریان است."),
    "closed": ("Voting has ended.", "رأی‌گیری پایان یافته است."),
    "tallied": ("The sums are published.", "جمع‌های رمزشده منتشر شده است."),
    "decrypted": ("The trustees have decrypted.", "امینان رمزگشایی کرده‌اند."),
    "result": ("The result is published.", "نتیجه منتشر شده است."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How to verify."""

    workers: int
    earlier: Path | None
    receipt: Path | None
    resume: Path | None
    cluster: str | None
    key: Path | None


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path), metavar="PATH")
@click.option("--earlier", type=FILE, metavar="COPY", help="An older copy that this archive must continue.")
@click.option("--receipt", type=FILE, metavar="FILE", help="A ballot receipt that the archive must keep to.")
@click.option(
    "--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes to verify with."
)
@click.option(
    "--resume",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep the state there, and go on from it after an interruption.",
)
@click.option("--key", type=FILE, metavar="FILE", help="Public key that must have signed an index (PEM).")
@click.option(
    "--cluster", metavar="ADDRESS", help="Dask scheduler whose machines verify the boards of an index."
)
@settings_options
@with_settings
def command(
    settings: Settings,
    path: Path,
    *,
    earlier: Path | None,
    receipt: Path | None,
    workers: int,
    resume: Path | None,
    key: Path | None,
    cluster: str | None,
) -> int:
    """Verify PATH: an archive UUID.bel, the folder of an election, or an index of constituencies.

    Needs nothing but the file. Exit status 0 when everything that is there holds, 1 when something does not.
    """
    order = Order(workers=workers, earlier=earlier, receipt=receipt, resume=resume, cluster=cluster, key=key)
    if cluster and path.suffix != ".json":
        raise WrongUsage("--cluster is for an index of constituencies.")
    require_archive(path)
    try:
        return _index(settings, path, order) if path.suffix == ".json" else _archive(settings, path, order)
    except (ElectionInvalid, EncodingError) as error:
        if resume and isinstance(error, EncodingError) and error.what == NOTES:
            raise WrongUsage(
                f"{resume} is no state of this verification.", remedy="Name a new file."
            ) from error
        return _invalid(settings, error)


def _archive(settings: Settings, path: Path, order: Order) -> int:
    from smartid.services.voting.checking import verify_election  # noqa: PLC0415

    with growing_bar("Ballots") as progress:
        report = verify_election(
            path, workers=order.workers, progress=progress, resume=order.resume, earlier=order.earlier
        )
    standing = _receipt(path, order.receipt) if order.receipt else None
    if settings.as_json:
        receipt = {"receipt": asdict(standing)} if standing else {}
        print_json({"valid": True, **report.as_dict(), **receipt})
        return 0
    _show(report, path)
    if standing:
        _show_standing(standing)
    return 0


def _receipt(path: Path, receipt: Path) -> ReceiptStanding:
    from smartid.services.voting.checking import check_receipt, load_receipt  # noqa: PLC0415

    try:
        found = load_receipt(receipt)
    except EncodingError as error:
        raise WrongUsage(f"{receipt} is no receipt of a ballot: {error.message}") from error
    return check_receipt(path, found)


def _show_standing(standing: ReceiptStanding) -> None:
    if standing.counted:
        tell("برگهٔ این رسید روی تابلو است و جای آن را برگهٔ دیگری نگرفته است.")
        tell("The ballot of this receipt is on the board, and no later one replaced it.")
        return
    if standing.revoked:
        tell("برگهٔ این رسید روی تابلو است؛ صاحبش روی کاغذ رأی داده است و این برگه شمرده نمی‌شود.")
        tell("The ballot of this receipt is on the board; its owner voted on paper, so it does not count.")
        return
    tell("برگهٔ این رسید روی تابلو است؛ رأی دیگری جای آن را گرفته است.")
    tell(f"The ballot of this receipt is on the board; event {standing.superseded_by} replaced it.")


def _index(settings: Settings, path: Path, order: Order) -> int:
    from smartid.services.journal.keys import load_public_key  # noqa: PLC0415
    from smartid.services.voting.verify.shards import verify_shards  # noqa: PLC0415

    if order.key is None:
        raise WrongUsage(
            "An index is signed.", remedy="Name the public key that must have signed it: --key FILE"
        )
    with growing_bar("Ballots") as progress, _cluster(order.cluster) as cluster:
        report = verify_shards(
            path,
            keys=[load_public_key(order.key)],
            workers=order.workers,
            cluster=cluster,
            resume=order.resume,
            progress=progress,
        )
    if settings.as_json:
        print_json({"valid": True, **report.as_dict()})
    else:
        _show_index(report)
    return 0


@contextmanager
def _cluster(address: str | None) -> Iterator[Any]:
    """Lend a client of a Dask scheduler; None without an address. Raises ExtraMissing, WrongUsage."""
    if address is None:
        yield None
        return
    try:
        distributed = import_module("distributed")  # optional, and without types
    except ImportError as error:
        raise ExtraMissing("cluster", "Verifying on a cluster") from error
    try:
        client = distributed.Client(address, timeout=CONNECT)
    except (OSError, ValueError) as error:
        raise WrongUsage(f"No Dask scheduler answers at {address}.") from error
    with client:
        yield client


def _show(report: ElectionReport, path: Path) -> None:
    english, persian = STAGES[report.stage]
    say(shown(report.name))
    tell(persian)
    tell(english)
    print_table(
        [
            ("Archive", str(path)),
            ("Election", report.uuid),
            ("Fingerprint", report.fingerprint),
            ("Voters on the list", f"{report.voters:,}"),
            ("Ballots", f"{report.ballots:,}"),
            ("Counted (the last of each voter)", f"{report.counted:,}"),
            ("Head", f"{report.height}  {report.head}"),
        ]
    )
    print_table([("✓", name, f"{count:,}") for name, count in report.checks])
    _caution(report)
    if report.result is not None:
        from smartid.services.voting.checking import questions_of  # noqa: PLC0415

        show_result(questions_of(path), report.result)
    tell("هر آنچه در این بایگانی هست درست است.", fg="green", bold=True)
    tell("Everything in this archive holds.", fg="green", bold=True)


def _caution(report: ElectionReport) -> None:
    """Say what the first proofs of shares cannot exclude, where the second ones are not published."""
    names = {name for name, _ in report.checks}
    if "share-proof" not in names or "share-binding" in names:
        return
    tell("اثبات دوم سهم‌ها (UUID.shares) کنار بایگانی نیست.")
    tell("امینی که آخرین رأی را داده باشد می‌توانسته عددها را عوض کند.")
    tell("The second proofs of the shares (UUID.shares) are not beside the archive.")
    tell("A trustee who cast the last ballot could have changed the numbers.")


def _show_index(report: ShardsReport) -> None:
    say(shown(report.title))
    print_table(
        [
            (shard.constituency, f"{one.ballots:,}", STAGES[one.stage][0], one.head[:16])
            for shard, one in report.shards
        ],
        ("Constituency", "Ballots", "Stage", "Head"),
    )
    for total in report.totals:
        show_result(total.questions, total.result)
    tell("همهٔ حوزه‌ها درست است.", fg="green", bold=True)
    tell("Every constituency holds.", fg="green", bold=True)


def _invalid(settings: Settings, error: ElectionInvalid | EncodingError) -> int:
    """Say that the answer is no: bytes that no election has are an answer here, not a mishap."""
    if not settings.as_json:
        if isinstance(error, ElectionInvalid):
            raise error
        raise ElectionInvalid("format", error.message.rstrip(".")) from error
    found = error if isinstance(error, ElectionInvalid) else ElectionInvalid("format", error.message)
    print_json({"valid": False, "check": found.check, "where": found.where, "why": found.why})
    return NO
