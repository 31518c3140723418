"""Our signer, time stamper and event loop in the shapes that pyHanko wants."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from asn1crypto import algos, cms, x509
from pyhanko.sign import timestamps
from pyhanko.sign.signers import pdf_cms
from pyhanko_certvalidator.registry import SimpleCertificateStore

from smartid.crypto.ber import encode
from smartid.crypto.der import decoding
from smartid.crypto.signature import SignatureAlgorithm
from smartid.signing.request import SigningRequest, TimeStamper
from smartid.signing.touch import signature_over
from smartid.trust.x509 import parse_certificate

_LONGEST_ECDSA = 150
_LONGEST_RSA = 1024

T = TypeVar("T")


def run_private(job: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a loop of its own; also for callers that run in a loop themselves.

    Without a running loop everything stays in the caller's thread, so that a card is used by one thread.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run_here(job)
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(_run_here, job).result()


def _run_here(job: Coroutine[Any, Any, T]) -> T:
    loop = asyncio.new_event_loop()  # asyncio.run would take away the loop that the caller has set
    try:
        return loop.run_until_complete(job)
    finally:
        loop.close()


class RequestSigner(pdf_cms.Signer):
    """The signer of a request. Estimates of length never reach it.

    Raises EncodingError for broken certificates.
    """

    def __init__(self, request: SigningRequest) -> None:
        chain = [_read(der) for der in request.chain]
        super().__init__(
            signing_cert=_read(request.signer.certificate),
            cert_registry=SimpleCertificateStore.from_certs(chain),
            signature_mechanism=mechanism(request.algorithm),
            embed_roots=False,
        )
        self._request = request
        self._algorithm = request.algorithm

    async def async_sign_raw(
        self,
        data: bytes,
        digest_algorithm: str,
        dry_run: bool = False,  # noqa: FBT001, FBT002 - pyHanko's signature
    ) -> bytes:
        """Sign the DER of the signed attributes, or give as many octets as a signature may take."""
        if dry_run:
            return bytes(_LONGEST_ECDSA if self._algorithm.key_type == "EC" else _LONGEST_RSA)
        return signature_over(self._request, hashlib.new(digest_algorithm, data).digest())

    async def unsigned_attrs(
        self,
        digest_algorithm: str,
        signature: bytes,
        signed_attrs: cms.CMSAttributes,
        timestamper: timestamps.TimeStamper | None = None,
        dry_run: bool = False,  # noqa: FBT001, FBT002 - pyHanko's signature
    ) -> cms.CMSAttributes | None:
        """Give the time stamp over the signature, as the authority wrote it."""
        found = await super().unsigned_attrs(digest_algorithm, signature, signed_attrs, timestamper, dry_run)
        return None if found is None else _Finished.load(found.dump())


class _Finished(cms.CMSAttributes):  # type: ignore[misc]
    """Attributes that are written as they are.

    asn1crypto encodes a value anew when its header happens to end in 80, like that of an indefinite length.
    That costs seconds for a time stamp inside, and gives other bytes where those were not DER.
    """

    def dump(self, force: bool = False) -> bytes:  # noqa: ARG002, FBT001, FBT002 - asn1crypto's signature
        return encode(self.class_ << 6 | self.method << 5 | self.tag, self.contents)


def _as_it_came(token: bytes) -> cms.ContentInfo:
    """Read a token that is written as it is, for the same reason."""
    found = cms.ContentInfo.load(token)
    found.dump = lambda force=False: token  # noqa: ARG005 - asn1crypto's signature
    return found


class RequestStamper(timestamps.TimeStamper):
    """The time stamper of a request; its first token serves all estimates of length."""

    def __init__(self, stamper: TimeStamper) -> None:
        super().__init__(include_nonce=False)  # type: ignore[no-untyped-call]
        self._stamper = stamper
        self._samples: dict[str, bytes] = {}

    def sample(self, hash_name: str) -> bytes:
        """Give a token over a digest of zeros, asked for once."""
        if hash_name not in self._samples:
            digest = bytes(hashlib.new(hash_name).digest_size)
            self._samples[hash_name] = self._stamper.stamp(digest, hash_name)
        return self._samples[hash_name]

    async def async_dummy_response(self, md_algorithm: str) -> cms.ContentInfo:
        """Give the sample."""
        return _as_it_came(self.sample(md_algorithm))

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Ask for a token over this digest."""
        return _as_it_came(self._stamper.stamp(bytes(message_digest), md_algorithm))


def mechanism(algorithm: SignatureAlgorithm) -> algos.SignedDigestAlgorithm:
    """Name the algorithm in full: pyHanko's own choice for RSASSA-PSS is a salt that no card makes."""
    hash_name = algorithm.hash_name
    if algorithm.key_type == "EC":
        return algos.SignedDigestAlgorithm({"algorithm": f"{hash_name}_ecdsa"})
    if not algorithm.is_pss:
        return algos.SignedDigestAlgorithm({"algorithm": f"{hash_name}_rsa"})
    digest = algos.DigestAlgorithm({"algorithm": hash_name})
    parameters = {
        "hash_algorithm": digest,
        "mask_gen_algorithm": algos.MaskGenAlgorithm({"algorithm": "mgf1", "parameters": digest}),
        "salt_length": algorithm.digest_size,
    }
    return algos.SignedDigestAlgorithm(
        {"algorithm": "rsassa_pss", "parameters": algos.RSASSAPSSParams(parameters)}
    )


def _complete_names() -> None:
    """Finish what pyHanko leaves undone when asn1crypto named an attribute or extension before it came."""
    for names in (cms.CMSAttributeType, x509.ExtensionId):
        if names._reverse_map is not None:  # else it is made, complete, at the first use
            names._reverse_map.update({name: dotted for dotted, name in names._map.items()})


_complete_names()


def _read(der: bytes) -> x509.Certificate:
    parse_certificate(der)
    with decoding("certificate", "RFC 5280 (2008), 4.1"):
        return x509.Certificate.load(der, strict=True)
