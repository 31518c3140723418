"""What the time stamps of a signature prove (ETSI EN 319 102-1 V1.4.1 (2024-06), 5.4, 5.5 and 5.6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from smartid.signing.facts import SignatureFacts, TimeStampFacts, TimeStampKind
from smartid.trust.findings import Finding, failed, passed
from smartid.trust.policy import Policy
from smartid.trust.time_stamp import TimeStampResult, verify_time_stamp
from smartid.trust.verdict import SubIndication

ORDER = "time_stamp_order"
_NAMES = {
    TimeStampKind.CONTENT: "content_time_stamp",
    TimeStampKind.SIGNATURE: "time_stamp",
    TimeStampKind.ARCHIVE: "archive_time_stamp",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """One time stamp and what came of it.

    control  the time for which its authority was judged: that of a later archive time stamp over it, or now
    """

    name: str
    facts: TimeStampFacts
    result: TimeStampResult
    control: datetime

    @property
    def proves(self) -> bool:
        """Whether it proves its time."""
        return self.result.passed

    @property
    def time(self) -> datetime:
        """Its time; the time it was judged for when it states none."""
        return self.result.gen_time or self.control


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Between which times the signature was made, as far as there is proof.

    latest    best signature time: it existed then
    earliest  it did not exist before: the time of the last content time stamp; None without one
    source    what proves ``latest``, one phrase; empty when only the present does
    """

    stamps: tuple[Stamp, ...]
    latest: datetime
    earliest: datetime | None
    source: str

    @property
    def proved(self) -> bool:
        """Whether more than the present proves that the signature existed."""
        return bool(self.source)

    def passed(self, kind: TimeStampKind) -> tuple[Stamp, ...]:
        """Give the time stamps of a kind that prove something."""
        return tuple(stamp for stamp in self.stamps if stamp.facts.kind is kind and stamp.proves)


def weigh_stamps(facts: SignatureFacts, policy: Policy, at: datetime) -> Proof:
    """Verify all time stamps: the archive ones first, the newest of them first. Never raises."""
    stamps = tuple(_verified(facts, policy, at))
    proving = [stamp for stamp in stamps if stamp.proves and stamp.facts.kind is not TimeStampKind.CONTENT]
    contents = [stamp.time for stamp in stamps if stamp.proves and stamp.facts.kind is TimeStampKind.CONTENT]
    first = min(proving, key=lambda stamp: stamp.time, default=None)
    return Proof(
        stamps=stamps,
        latest=min(at, first.time) if first else at,
        earliest=max(contents, default=None),
        source=f"time stamp by {first.result.tsa}" if first else "",
    )


def stamp_findings(proof: Proof) -> Iterator[Finding]:
    """Give a finding for each time stamp. A broken one proves nothing, and counts against nothing else."""
    for stamp in proof.stamps:
        against = stamp.result.against
        if against is None:
            detail = f"Existed at {stamp.time:%Y-%m-%d %H:%M:%S} UTC, says {stamp.result.tsa}."
            yield passed(stamp.name, detail)
        else:
            why = against.reason.value if against.reason else ""
            detail = f"Proves nothing ({why}): {against.check.detail}"
            check = replace(against.check, name=stamp.name, detail=detail)
            yield Finding(check)
    yield from _order(proof)


def _verified(facts: SignatureFacts, policy: Policy, at: datetime) -> list[Stamp]:
    """Verify each for the time of the oldest good archive time stamp that is over it, else for now."""
    numbered = _numbered(facts)
    done: dict[int, Stamp] = {}
    archive = [place for place, _, stamp in numbered if stamp.kind is TimeStampKind.ARCHIVE]
    others = [place for place, _, stamp in numbered if stamp.kind is not TimeStampKind.ARCHIVE]
    for place in [*reversed(archive), *others]:
        _, name, stamp = numbered[place]
        control = _control(place, stamp, done, at)
        result = verify_time_stamp(stamp.token, stamp.digest, policy, control, data=facts.data + stamp.data)
        done[place] = Stamp(name=name, facts=stamp, result=_not_later(result, at, policy), control=control)
    return [done[place] for place in sorted(done)]


def _numbered(facts: SignatureFacts) -> list[tuple[int, str, TimeStampFacts]]:
    counts = dict.fromkeys(TimeStampKind, 0)
    found = []
    for place, stamp in enumerate(facts.time_stamps):
        counts[stamp.kind] += 1
        found.append((place, f"{_NAMES[stamp.kind]}_{counts[stamp.kind]}", stamp))
    return found


def _control(place: int, stamp: TimeStampFacts, done: dict[int, Stamp], at: datetime) -> datetime:
    over = (
        later.time
        for number, later in done.items()
        if later.facts.kind is TimeStampKind.ARCHIVE
        and later.proves
        and _is_over(later, number, stamp, place)
    )
    return min([at, *over])


def _is_over(later: Stamp, number: int, stamp: TimeStampFacts, place: int) -> bool:
    """Tell whether an archive time stamp is over another. What is signed is always under it."""
    if number == place:
        return False
    covered = later.facts.covered
    if covered is None:
        return place < number
    return stamp.kind is TimeStampKind.CONTENT or stamp.token in covered


def _not_later(result: TimeStampResult, at: datetime, policy: Policy) -> TimeStampResult:
    """A stamp from after the time that is asked about says nothing about that time."""
    if result.gen_time is None or result.gen_time - at <= policy.freshness.skew:
        return result
    detail = "The time stamp states a time after the one that is asked about."
    late = failed("time_stamp", SubIndication.TIMESTAMP_ORDER_FAILURE, detail)
    return replace(result, findings=(*result.findings, late))


def _order(proof: Proof) -> Iterator[Finding]:
    """Check that no time stamp is older than one that it is over."""
    good = [(place, stamp) for place, stamp in enumerate(proof.stamps) if stamp.proves]
    later = [(place, stamp) for place, stamp in good if stamp.facts.kind is not TimeStampKind.CONTENT]
    for place, stamp in later:
        for number, earlier in good:
            under = earlier.facts.kind is TimeStampKind.CONTENT or (
                stamp.facts.kind is TimeStampKind.ARCHIVE and _is_over(stamp, place, earlier.facts, number)
            )
            if under and stamp is not earlier and earlier.time > stamp.time:
                detail = f"{earlier.name} is later than {stamp.name}, which is over it."
                yield failed(ORDER, SubIndication.TIMESTAMP_ORDER_FAILURE, detail)
                return
