"""Verifying a ballot (Belenios specification 2.0 (2023), 4.12 to 4.15): most of the work of an election.

With S0 = φ|credential and S = S0|α,β,α,β… over all choices of an answer, what is hashed is::

    each choice is 0 or 1        prove|S0|α,β|A0,B0,A1,B1
    the sum is min … max         prove|S|Πα,Πβ|A0,B0 … Ak,Bk
    not blank, or nothing else   bproof0|S|A0,B0,AΣ,BΣ
    blank, or the sum is right   bproof1|S|A0,B0 … Ak,Bk

A = g^response · α^challenge, B = y^response · (β/g^M)^challenge; the hash is the sum of the challenges mod q.
"""

from __future__ import annotations

from collections.abc import Sequence

from smartid.errors import ElectionInvalid
from smartid.services.voting.ballot_form import Ballot, BallotForm
from smartid.services.voting.election import Election, Question
from smartid.services.voting.groups.named import named
from smartid.services.voting.proofs import check_commitment, hash_to_exponent, sig_prefix
from smartid.services.voting.values import Answer, Ciphertext, Proof

ELECTION = "ballot-election"
SIGNATURE = "ballot-signature"
PROOF = "ballot-proof"


class BallotContext:
    """What is the same for all ballots of an election: group, key with its table, form, fingerprint.

    Building one costs some 20 ms and 4 MB with BELENIOS-2048. Raises EncodingError, ExtraMissing.
    """

    def __init__(self, election: Election) -> None:
        self.election = election
        self.group = named(election.group)
        self.fingerprint = election.fingerprint
        self.form = BallotForm(election, self.group)
        self._key_power = self.group.powers_of(self.group.decode(election.public_key, "public key"))

    def clauses(
        self, pair: Ciphertext, proofs: Sequence[Proof], shifts: Sequence[int], member: str = ""
    ) -> list[str]:
        """Give "A,B" for each of several proofs that a ciphertext holds a number.

        shifts  these numbers
        member  check that alpha and beta lie in the group, under this name
        Raises EncodingError.
        """
        group, key_power = self.group, self._key_power
        challenges = [proof.challenge for proof in proofs]
        alphas = group.powers(pair.alpha, challenges, member=member)
        betas = group.powers(pair.beta, challenges, shifts=shifts, member=member)
        texts = []
        for proof, alpha, beta in zip(proofs, alphas, betas, strict=True):
            first = group.encode(group.multiply(group.exponentiate(proof.response), alpha))
            texts.append(f"{first},{group.encode(group.multiply(key_power(proof.response), beta))}")
        return texts

    def require(self, text: str, proofs: Sequence[Proof], why: str, where: str) -> None:
        """Check that a text hashes to the sum of the challenges. Raises ElectionInvalid."""
        total = sum(proof.challenge for proof in proofs) % self.group.order
        if hash_to_exponent(self.group, text) != total:
            raise ElectionInvalid(PROOF, why, where=where)


def verify_ballot(ballot: Ballot, context: BallotContext, *, where: str = "") -> None:
    """Check that a well-formed ballot belongs to the election, and its signature and every proof.

    where  "event 17", for the error
    Raises ElectionInvalid (ballot-election, ballot-signature, ballot-proof).
    """
    _verify(ballot, context, where, member=False)


def verify_raw(raw: bytes, context: BallotContext, *, where: str = "") -> Ballot:
    """Read a ballot, and check everything that ``Ballot.parse`` and ``verify_ballot`` check, in one go.

    A third faster than one after the other: membership of an element is tested where its powers are computed.
    Raises EncodingError, ElectionInvalid.
    """
    ballot = Ballot(**context.form.fields(raw, members=False))
    _verify(ballot, context, where, member=True)
    return ballot


def _verify(ballot: Ballot, context: BallotContext, where: str, *, member: bool) -> None:
    if ballot.election_uuid != context.election.uuid or ballot.election_hash != context.fingerprint:
        raise ElectionInvalid(ELECTION, "the ballot was made for another election", where=where)
    _verify_signature(ballot, context, where, member="ballot: credential" if member else "")
    start = f"{context.fingerprint}|{ballot.credential}"
    name = "ballot: ciphertext" if member else ""
    answers = zip(context.election.questions, ballot.answers, ballot.spelled, strict=True)
    for number, (question, answer, spelled) in enumerate(answers, 1):
        place = f"of question {number} does not hold"
        _verify_choices(answer, spelled, context, start, (place, where, name))
        check = _verify_with_blank if question.blank else _verify_sum
        check(question, answer, context, f"{start}|{spelled}", (place, where))


def _verify_signature(ballot: Ballot, context: BallotContext, where: str, member: str) -> None:
    if ballot.signature_hash != ballot.signed_hash:
        raise ElectionInvalid(SIGNATURE, "the signature is about another ballot", where=where)
    group = context.group
    credential = group.spelled(ballot.credential, "ballot: credential")
    [power] = group.powers(credential, [ballot.signature.challenge], member=member)
    prefix = sig_prefix(ballot.signature_hash)
    check_commitment(group, power, ballot.signature, prefix, check=SIGNATURE, where=where)


def _verify_choices(
    answer: Answer, spelled: str, context: BallotContext, start: str, names: tuple[str, str, str]
) -> None:
    place, where, member = names
    texts = spelled.split(",")
    for number, (pair, proofs) in enumerate(zip(answer.choices, answer.individual, strict=True)):
        clauses = context.clauses(pair, proofs, (0, 1), member)
        text = f"prove|{start}|{texts[2 * number]},{texts[2 * number + 1]}|{','.join(clauses)}"
        context.require(text, proofs, f"the proof that choice {number + 1} is 0 or 1 {place}", where)


def _verify_sum(
    question: Question, answer: Answer, context: BallotContext, start: str, names: tuple[str, str]
) -> None:
    total = _sum(answer.choices, context)
    encode = context.group.encode
    clauses = context.clauses(total, answer.overall, range(question.minimum, question.maximum + 1))
    text = f"prove|{start}|{encode(total.alpha)},{encode(total.beta)}|{','.join(clauses)}"
    context.require(text, answer.overall, f"the proof about the number of choices {names[0]}", names[1])


def _verify_with_blank(
    question: Question, answer: Answer, context: BallotContext, start: str, names: tuple[str, str]
) -> None:
    blank, total = answer.choices[0], _sum(answer.choices[1:], context)
    nothing = answer.blank or ()
    allowed = range(question.minimum, question.maximum + 1)
    of_blank = context.clauses(blank, (*nothing[:1], answer.overall[0]), (0, 1))
    of_total = context.clauses(total, (*nothing[1:], *answer.overall[1:]), (0, *allowed))
    text = f"bproof0|{start}|{of_blank[0]},{of_total[0]}"
    context.require(text, nothing, f"the proof that a blank vote chooses nothing {names[0]}", names[1])
    text = f"bproof1|{start}|{','.join((of_blank[1], *of_total[1:]))}"
    context.require(text, answer.overall, f"the proof about the number of choices {names[0]}", names[1])


def _sum(choices: Sequence[Ciphertext], context: BallotContext) -> Ciphertext:
    """Multiply ciphertexts: the product holds the sum of what they hold."""
    product = context.group.product
    return Ciphertext(product(pair.alpha for pair in choices), product(pair.beta for pair in choices))
