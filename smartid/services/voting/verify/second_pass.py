"""The second pass: every credential and every ballot by itself, and the product of those that count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from smartid.services.voting.verify.chunks import Chunk, Fault, Missing, Outcome, RollChunk, chunks
from smartid.services.voting.verify.pool import outcomes
from smartid.services.voting.verify.products import Products, Texts, from_texts, multiply, nothing
from smartid.services.voting.verify.resume import Notes
from smartid.services.voting.verify.survey import Survey

Progress: TypeAlias = Callable[[int, int], None]
"""Is told how many credentials and ballots are verified, and how many there are."""


class SecondPass:
    """The work on one board, or on several that share workers: errands out, outcomes in.

    products              of the ballots that count, as far as their outcomes came in
    credentials, ballots  verified so far, now or before an interruption
    """

    def __init__(self, found: Survey, notes: Notes) -> None:
        self.found = found
        self.products: Products = nothing(found.election, found.group)
        self.credentials = self.ballots = 0
        self._notes = notes

    @property
    def total(self) -> int:
        """Credentials and ballots."""
        return len(self.found.roll) + self.found.ballots

    def errands(self) -> Iterator[Chunk]:
        """Give what is still to do. Raises EncodingError for notes that are broken."""
        for chunk in chunks(self.found):
            texts = self._notes.find(chunk)
            if texts is None:
                yield chunk
            else:
                self._take(chunk, texts)

    def finish(self, chunk: Chunk, outcome: Outcome) -> None:
        """Take an outcome. Raises ElectionInvalid for what a worker found wrong, ExtraMissing."""
        if isinstance(outcome, Fault | Missing):
            raise outcome.error()
        self._take(chunk, outcome)
        self._notes.add(chunk, outcome)

    def _take(self, chunk: Chunk, texts: Texts) -> None:
        if isinstance(chunk, RollChunk):
            self.credentials += len(chunk)
        else:
            self.ballots += len(chunk)
            group = self.found.group
            self.products = multiply(self.products, from_texts(texts, self.found.election, group), group)


def verified_product(
    found: Survey, notes: Notes, *, workers: int, cluster: Any = None, progress: Progress | None = None
) -> Products:
    """Verify every credential and ballot of a board and give the product of the ballots that count.

    Raises ElectionInvalid.
    """
    work = SecondPass(found, notes)
    for chunk, outcome in outcomes(work.errands(), workers=workers, cluster=cluster):
        work.finish(chunk, outcome)
        if progress is not None:
            progress(work.credentials + work.ballots, work.total)
    if progress is not None:
        progress(work.total, work.total)
    return work.products
