"""A whole small election with mock cards, from the trustees' keys to the audit.

The trustees and the acceptance log are processes of their own. Cards stand in this process. Nothing that is
secret is drawn from the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Protocol

from smartid.errors import ServiceError
from smartid.files import write_whole
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.services.demo.election_people import CardOfVoter, invent
from smartid.services.demo.election_plan import (
    DESCRIPTION,
    MANDATORY,
    MEMBERS,
    MINIMUM,
    NAME,
    QUESTIONS,
    THRESHOLD,
    Act,
    Visit,
    make_plan,
)
from smartid.services.demo.election_words import Words
from smartid.services.reasons import Reason
from smartid.services.voting.audit import AuditReport
from smartid.services.voting.ballot import Ballot, Maker, check_opening
from smartid.services.voting.checking import audit_here, verify_election
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.election import Election
from smartid.services.voting.folder import ElectionFolder
from smartid.services.voting.groups.named import named
from smartid.services.voting.polling import OpenBox, open_box
from smartid.services.voting.preparing import Plan, found_election, freeze, open_desk
from smartid.services.voting.questions import Questionnaire
from smartid.services.voting.receipts import BallotReceipt
from smartid.services.voting.rehearsal import count_here, hold_ceremony_here, publish_sum
from smartid.services.voting.verify.report import ElectionReport
from smartid.services.voting.voter import cast, register
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore


class Watch(Protocol):
    """Who watches the demo."""

    def tell(self, persian: str, english: str) -> None:
        """Say what happens."""
        ...

    def bar(self, title: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Lend something that shows how much of a total is done."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came out; the members of ``smartid election demo --json``.

    voters, registered  people in the register; those who registered with their cards
    ballots, revotes    on the board, those of paper voters included; cast by somebody who had cast one
    counted             the last ballot of everybody who did not vote on paper
    paper, audited      people who voted on paper; ballots that were opened and thrown away
    result              for each question a number for each answer, the blank vote first
    verified            everything a stranger can check holds, and the numbers are what the voters chose
    """

    uuid: str
    group: str
    voters: int
    registered: int
    ballots: int
    revotes: int
    counted: int
    paper: int
    audited: int
    result: Sequence[Sequence[int]]
    verified: bool
    archive: str

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


class Demo:
    """An election while it goes on; ``hold`` does everything.

    path  a new or empty folder
    Raises EncodingError for an unknown group, ExtraMissing.
    """

    def __init__(
        self, path: Path, *, voters: int, group: str, seed: int, watch: Watch, workers: int = 1
    ) -> None:
        named(group)  # an optional part that is missing shall be told before anything is made
        self._folder = ElectionFolder(path)
        self._group = group
        self._watch = watch
        self._workers = workers
        self._people = invent(voters, Random(f"people/{seed}"))  # noqa: S311 - repeatable on purpose
        self._plan = make_plan(voters, Random(f"plan/{seed}"))  # noqa: S311 - repeatable on purpose
        self._cards: dict[int, CardOfVoter] = {}
        self._secrets: dict[int, CredentialSecret] = {}
        self._receipts: dict[int, list[BallotReceipt]] = {}

    def hold(self) -> Outcome:
        """Hold the election. Raises what its parts raise."""
        self._folder.make()
        self._policy = self._issue_cards()
        election = self._prepare()
        self._register(election)
        archive = freeze(self._folder, self._policy, _now())
        self._tell(Words.FROZEN, registered=len(self._plan.registering))
        with open_box(self._folder, self._policy) as box:
            self._vote(election, box)
            self._close(box)
        self._keep_receipts()
        audit = audit_here(self._folder, self._policy)  # before the count: what is opened cannot be shut
        self._count()
        return self._check(election, archive, audit)

    def _issue_cards(self) -> Policy:
        pki = ThrowAwayPKI.fresh()
        pki.write_trust(self._folder.trust)
        with self._watch.bar("Cards", len(self._people)) as done:
            for number, voter in enumerate(self._people):
                self._cards[number] = CardOfVoter(voter, pki)
                done(number + 1)
        self._tell(Words.CARDS, people=len(self._people))
        return Policy(anchors=TrustStore.from_folder(self._folder.trust))

    def _prepare(self) -> Election:
        self._tell(Words.CEREMONY, mandatory=MANDATORY, threshold=THRESHOLD, members=MEMBERS)
        minimum = MINIMUM if len(self._people) >= MINIMUM else 0
        if not minimum:
            self._tell(Words.SMALL, minimum=MINIMUM)
        record = hold_ceremony_here(
            self._folder,
            self._group,
            mandatory=MANDATORY,
            members=MEMBERS,
            threshold=THRESHOLD,
            minimum=minimum,
        )
        plan = Plan(
            questionnaire=Questionnaire(NAME, DESCRIPTION, QUESTIONS),
            group=self._group,
            people=[one.national_number for one in self._people],
            constituency="نارون",
        )
        return found_election(self._folder, plan, record, _now())

    def _register(self, election: Election) -> None:
        desk = open_desk(self._folder, self._policy)
        turns = [*self._plan.registering, *self._plan.changing]
        try:
            with self._watch.bar("Registration", len(turns)) as done:
                for count, number in enumerate(turns, 1):
                    secret = CredentialSecret.new(named(self._group))
                    with self._cards[number].signer() as signer:
                        register(desk, election, secret, signer, _now())
                    self._secrets[number] = secret
                    done(count)
        finally:
            desk.close()
        for number, secret in self._secrets.items():
            secret.save(self._folder.voters / f"{self._people[number].label}.credential")
        self._tell(Words.REGISTERED, registered=len(self._plan.registering), changed=len(self._plan.changing))

    def _vote(self, election: Election, box: OpenBox) -> None:
        maker = Maker(election)
        with self._watch.bar("Ballots", len(self._plan.visits)) as done:
            for count, visit in enumerate(self._plan.visits, 1):
                self._visit(visit, election, maker, box)
                done(count)
        self._tell(
            Words.VOTED, ballots=self._plan.ballots, revotes=self._plan.revotes, audited=self._plan.audited
        )

    def _visit(self, visit: Visit, election: Election, maker: Maker, box: OpenBox) -> None:
        made = maker.make(self._secrets[visit.voter], visit.choices)
        if visit.act is Act.AUDIT:
            opened = made.audit()
            ballot = Ballot.parse(opened.raw, election, named(self._group))
            if check_opening(ballot, opened.opening, election) != visit.choices:
                raise ServiceError("An opened ballot says something else.", reason=Reason.BALLOT_INVALID)
            return
        with self._cards[visit.voter].signer() as signer:
            receipt = cast(box, made.cast(), signer, _now())
        self._receipts.setdefault(visit.voter, []).append(receipt)

    def _close(self, box: OpenBox) -> None:
        for number in self._plan.paper:
            box.box.paper(self._people[number].national_number, _now())
        box.box.close(_now())
        self._tell(Words.CLOSED, paper=len(self._plan.paper))

    def _keep_receipts(self) -> None:
        for number, receipts in self._receipts.items():
            for receipt in receipts:
                name = f"{self._people[number].label}.receipt-{receipt.sequence}.json"
                write_whole(self._folder.voters / name, receipt.to_json().encode())

    def _count(self) -> None:
        self._tell(Words.COUNTING)
        with self._watch.bar("Trustees", MANDATORY + THRESHOLD) as done:
            publish_sum(self._folder, workers=self._workers)
            count_here(self._folder, workers=self._workers, progress=lambda count, _: done(count))

    def _check(self, election: Election, archive: Path, audit: AuditReport) -> Outcome:
        with self._watch.bar("Verification", 1) as done:
            report = verify_election(self._folder.path, workers=self._workers)
            done(1)
        self._tell(Words.CHECKED)
        return self._outcome(election, archive, report, audit)

    def _outcome(
        self, election: Election, archive: Path, report: ElectionReport, audit: AuditReport
    ) -> Outcome:
        result = [list(numbers) for numbers in report.result or ()]
        return Outcome(
            uuid=election.uuid,
            group=self._group,
            voters=len(self._people),
            registered=report.voters,
            ballots=audit.ballots,
            revotes=audit.superseded,
            counted=report.counted,
            paper=audit.on_paper,
            audited=self._plan.audited,
            result=result,
            verified=result == self._plan.expected() and audit.ballots == self._plan.ballots,
            archive=str(archive),
        )

    def _tell(self, words: Words, **numbers: int) -> None:
        self._watch.tell(*words.say(**numbers))


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
