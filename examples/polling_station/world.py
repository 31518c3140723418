"""An election of a neighbourhood with a few sample citizens, registered and ready to vote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import smartid
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.election import Question
from smartid.services.voting.folder import ElectionFolder
from smartid.services.voting.groups.named import named
from smartid.services.voting.preparing import Plan, found_election, freeze, open_desk
from smartid.services.voting.questions import Questionnaire
from smartid.services.voting.registration import RegistrationDesk
from smartid.services.voting.rehearsal import hold_ceremony_here
from smartid.services.voting.voter import register

PIN = "920318"
PEOPLE = ("sara", "reza", "maryam", "zahra")
NAME = "انتخابات نمونهٔ محلهٔ نارون"
DESCRIPTION = "انتخاباتی ساختگی با کارت‌های آزمایشی. هیچ‌یک از این مردم وجود ندارند."
QUESTIONS = (
    Question(
        text="آیا زمین خالی محله بوستان شود؟",
        answers=("موافقم", "مخالفم"),
        minimum=1,
        maximum=1,
        blank=True,
    ),
    Question(
        text="نمایندهٔ محله که باشد؟",
        answers=("شیرین نوری", "آرش بهرامی", "پروین مرادی", "بابک صادقی"),
        minimum=0,
        maximum=1,
    ),
    Question(
        text="بودجهٔ امسال به کدام کارها برسد؟",
        answers=("کتابخانه", "روشنایی خیابان", "پیاده‌رو", "درمانگاه", "زمین بازی"),
        minimum=1,
        maximum=3,
    ),
)


def make_election(
    path: Path,
    *,
    people: Sequence[str] = PEOPLE,
    group: str = "BELENIOS-2048",
    trustees: int = 2,
    minimum: int = 2,
) -> ElectionFolder:
    """Make the folder of an election whose list is frozen; cards and credentials lie in ``voters``.

    trustees  how many keep a part of the key, each a process of its own; all of them are needed
    minimum   fewest ballots that they open a sum of
    Raises Refused (wrong_state) for a folder that holds something.
    """
    if path.exists() and any(path.iterdir()):
        raise smartid.Refused(f"{path} is not empty. Name a new folder.", reason="wrong_state")
    folder = ElectionFolder(path)
    folder.make()
    pki = ThrowAwayPKI.fresh()
    pki.write_trust(folder.trust)
    policy = policy_of(folder)
    record = hold_ceremony_here(folder, group, mandatory=trustees, members=0, threshold=0, minimum=minimum)
    plan = Plan(
        questionnaire=Questionnaire(NAME, DESCRIPTION, QUESTIONS),
        group=group,
        people=[CITIZENS[name].identity.national_number or "" for name in people],
        constituency="نارون",
    )
    found_election(folder, plan, record, _now())
    desk = open_desk(folder, policy)
    for name in people:
        _issue(folder, desk, name, pki)
    desk.close()
    freeze(folder, policy, _now())
    return folder


def policy_of(folder: ElectionFolder) -> smartid.Policy:
    """Whom the collector believes: the anchors in the folder."""
    return smartid.Policy(anchors=smartid.TrustStore.from_folder(str(folder.trust)))


def _issue(folder: ElectionFolder, desk: RegistrationDesk, name: str, pki: ThrowAwayPKI) -> None:
    """Make a card and a credential, and register it with the card."""
    mock = smartid.MockCard.personalize(
        NATIONAL_REFERENCE, holder=CITIZENS[name], pins={"signature": PIN}, pki=pki
    )
    secret = CredentialSecret.new(named(folder.election().group))
    secret.save(folder.voters / f"{name}.credential")
    with (
        smartid.connect(transport=mock.insert()) as card,
        card.unlock(smartid.PIN(PIN), purpose=smartid.Purpose.SIGNATURE) as unlocked,
    ):
        register(desk, folder.election(), secret, unlocked.signer, _now())
    mock.image.save(folder.voters / f"{name}.card")


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
