"""Customer by customer: what the bank says they have, beside what they took, brought and sent."""

from __future__ import annotations

from collections.abc import Iterator

from smartid.services.demo.atm_site import ACCOUNTS, FIRST_BALANCE, Site
from smartid.services.spine.casefile import read_case
from smartid.services.spine.states import State
from smartid.services.spine.values import Case

_MOST = 1_000_000
_BY_TAIL = {account[-4:]: account for account in ACCOUNTS}


def compare(site: Site) -> tuple[int, int]:
    """Give the rials that appeared and the rials that vanished, never one against the other."""
    expected = dict.fromkeys(ACCOUNTS, FIRST_BALANCE)
    unclaimed = site.device.pockets()
    for case in _cases(site):
        account = _BY_TAIL[str(case.terms.details["account"])[-4:]]
        moved = site.device.pocket(str(case.terms.details.get("bunch", case.id)))
        unclaimed -= moved
        expected[account] -= moved
        if case.terms.verb == "transfer" and case.state is State.COMPLETED:
            expected[account] -= case.completed
            expected[case.terms.payee] += case.completed
    over = [site.balance(account) - due for account, due in expected.items()]
    over.append(unclaimed)  # notes in a pocket that no case explains
    return sum(one for one in over if one > 0), -sum(one for one in over if one < 0)


def _cases(site: Site) -> Iterator[Case]:
    for record in site.book.run(lambda entry: entry.find("atm/case", limit=_MOST)):
        yield read_case(record)
