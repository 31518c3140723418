"""An election of the neighbourhood with a few invented voters, registered and ready to vote."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import smartid
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.services.demo.election_people import SIGNATURE_PIN, VOTING_CARD, invent
from smartid.services.demo.election_plan import NAME, QUESTIONS
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.folder import ElectionFolder
from smartid.services.voting.groups.named import named
from smartid.services.voting.preparing import Plan, found_election, freeze, open_desk
from smartid.services.voting.questions import Questionnaire
from smartid.services.voting.rehearsal import hold_ceremony_here
from smartid.services.voting.voter import register

PIN = SIGNATURE_PIN
DESCRIPTION = "انتخاباتی ساختگی با کارت‌های آزمایشی. هیچ‌یک از این مردم وجود ندارند."


def make_election(path: Path, *, voters: int = 6, group: str = "BELENIOS-2048") -> ElectionFolder:
    """Make the folder of an election whose list is frozen; cards and credentials lie in ``voters``.

    Two mandatory trustees, each a process of its own, who open a sum from two ballots on.
    """
    folder = ElectionFolder(path)
    folder.make()
    pki = ThrowAwayPKI.fresh()
    pki.write_trust(folder.trust)
    policy = policy_of(folder)
    people = invent(voters, Random(7))  # noqa: S311 - invented names
    record = hold_ceremony_here(folder, group, mandatory=2, members=0, threshold=0, minimum=2)
    plan = Plan(
        questionnaire=Questionnaire(NAME, DESCRIPTION, QUESTIONS),
        group=group,
        people=[one.national_number for one in people],
        constituency="نارون",
    )
    election = found_election(folder, plan, record, _now())
    desk = open_desk(folder, policy)
    for one in people:
        place = folder.voters / f"{one.label}.card"
        mock = smartid.MockCard.personalize(VOTING_CARD, holder=one.identity, pins={"signature": PIN}, pki=pki)
        mock.image.save(place)
        secret = CredentialSecret.new(named(group))
        secret.save(place.with_suffix(".credential"))
        with (
            smartid.connect(transport=mock.insert(), profiles=[VOTING_CARD]) as card,
            card.unlock(smartid.PIN(PIN), purpose=smartid.Purpose.SIGNATURE) as unlocked,
        ):
            register(desk, election, secret, unlocked.signer, _now())
    desk.close()
    freeze(folder, policy, _now())
    return folder


def policy_of(folder: ElectionFolder) -> smartid.Policy:
    """Whom the collector believes: the anchors in the folder."""
    return smartid.Policy(anchors=smartid.TrustStore.from_folder(str(folder.trust)))


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
