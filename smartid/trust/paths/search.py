"""The bounded walk from issuer to issuer, from a certificate to an anchor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.trust.algorithms import AlgorithmPolicy
from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.keys import lacks_parameters, with_parameters_of
from smartid.trust.paths.constraints import Problem, culprit, label
from smartid.trust.paths.links import may_have_issued, verify_certificate
from smartid.trust.store import Anchor, AnchorPurpose, TrustStore
from smartid.trust.verdict import SubIndication

MAX_DEPTH = 8
"""Longest path that is followed, in certificates, leaf and anchor included."""
MAX_SIGNATURES = 64
"""Most signatures that are checked while looking for one path."""

Chain = tuple[Certificate, ...]


@dataclass(slots=True)
class PathSearch:
    """One search. ``problems`` holds what stood against the links that were not followed."""

    store: TrustStore
    intermediates: tuple[Certificate, ...]
    usage: CertificateUsage
    algorithms: AlgorithmPolicy
    signatures: int = 0
    problems: list[Problem] = field(default_factory=list)

    def paths(self, chain: Chain) -> Iterator[tuple[Chain, Anchor]]:
        """Give each path that continues ``chain`` and ends in an anchor; every link is signed as it says.

        A DSA key that inherits its parameters stands in the path with them.
        """
        for found, anchor in self._walk(chain):
            settled = self._settled(found)
            if settled:
                yield settled, anchor

    def _walk(self, chain: Chain) -> Iterator[tuple[Chain, Anchor]]:
        if len(chain) == MAX_DEPTH:
            return
        for anchor in self.store.anchors_for(purpose_of(self.usage), chain[-1].issuer):
            if self._links(chain, anchor.certificate):
                yield (*chain, anchor.certificate), anchor
        for issuer in (*self.store.intermediates, *self.intermediates):  # ours first: junk must not hide it
            if self._links(chain, issuer):
                yield from self._walk((*chain, issuer))

    def _links(self, chain: Chain, issuer: Certificate) -> bool:
        """Tell whether ``issuer`` signed the end of ``chain``, and is not in it yet."""
        certificate = chain[-1]
        if not may_have_issued(issuer, certificate) or self.signatures >= MAX_SIGNATURES:
            return False
        if any(seen.spki == issuer.spki and seen.subject.key == issuer.subject.key for seen in chain):
            return False
        return self._signed(certificate, issuer, wait=True)

    def _signed(self, certificate: Certificate, issuer: Certificate, *, wait: bool = False) -> bool:
        """Check one link; with ``wait``, one whose key has yet to inherit parameters is put off."""
        self.signatures += 1
        try:
            if wait and lacks_parameters(issuer.spki):
                return True
            verify_certificate(certificate, issuer, algorithms=self.algorithms)
        except SignatureInvalid:
            self._note_forgery(certificate, issuer)
        except AlgorithmRefused as error:
            self._note(SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message, issuer)
        except EncodingError as error:
            self._note(SubIndication.FORMAT_FAILURE, error.message, issuer)
        else:
            return True
        return False

    def _settled(self, chain: Chain) -> Chain | None:
        """Hand DSA parameters down, and check the links that waited for them."""
        waiting = [index for index, issuer in enumerate(chain) if index and _lacks_parameters(issuer)]
        if not waiting:
            return chain
        whole = list(chain)
        for index in range(len(whole) - 2, -1, -1):
            spki = with_parameters_of(whole[index + 1].spki, whole[index].spki)
            whole[index] = replace(whole[index], spki=spki)
        if all(self._signed(whole[index - 1], whole[index]) for index in waiting):
            return tuple(whole)
        return None

    def _note(self, failure: SubIndication, detail: str, issuer: Certificate) -> None:
        self.problems.append(Problem(failure, detail, str(issuer.subject)))

    def _note_forgery(self, certificate: Certificate, issuer: Certificate) -> None:
        """Call it forgery only when the certificate names this very key; authorities share names."""
        if issuer.subject_key_id and issuer.subject_key_id == certificate.authority_key_id:
            called = label(certificate, self.usage)
            detail = f"{called} was not signed by {issuer.subject}, as it claims."
            blame = culprit(certificate, self.usage)
            self.problems.append(Problem(SubIndication.SIG_CRYPTO_FAILURE, detail, blame))


def purpose_of(usage: CertificateUsage) -> AnchorPurpose:
    """Give the purpose that an anchor has to serve for a usage."""
    if usage in {CertificateUsage.DOCUMENT_SIGNER, CertificateUsage.MASTER_LIST_SIGNER}:
        return AnchorPurpose.DOCUMENT_SIGNING
    return AnchorPurpose.CITIZEN_CERTIFICATES


def _lacks_parameters(certificate: Certificate) -> bool:
    try:
        return lacks_parameters(certificate.spki)
    except (AlgorithmRefused, EncodingError):
        return False  # a key that nothing here reads signs nothing: the link was refused before
