"""What the references of an XML signature stand for, and whether their digests are right.

Few transforms are known, and none is a program: leaving out the signature itself, canonical forms, base64.
The two XPath expressions in common use that leave out every signature are known by their exact words.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import unquote

from smartid.errors import AlgorithmRefused, EncodingError
from smartid.signing.content import Content
from smartid.signing.printable import printable
from smartid.signing.xades.document import (
    CANONICALIZATIONS,
    DEFAULT_CANONICALIZATION,
    Canonicalization,
    XMLDocument,
)
from smartid.signing.xades.names import (
    BASE64,
    DIGESTS,
    ENVELOPED,
    MANIFEST_TYPE,
    SIGNED_PROPERTIES_TYPE,
    XPATH_FILTER_2,
    ds,
)
from smartid.signing.xades.signature import Reference, Transform, XMLSignature, with_prefixes
from smartid.trust.policy import Policy
from smartid.trust.verdict import SubIndication

External = Callable[[str], Content | None]
"""Gives the file that a relative reference names, None when there is none of that name."""

_WITHOUT_SIGNATURES = {
    ("http://www.w3.org/TR/1999/REC-xpath-19991116", "not(ancestor-or-self::ds:Signature)"),
    (XPATH_FILTER_2, "subtract /descendant::ds:Signature"),
}


class Kind(Enum):
    """What a reference is about."""

    WHOLE = auto()
    OBJECT = auto()
    ELEMENT = auto()
    FILE = auto()
    PROPERTIES = auto()
    KEY_INFO = auto()


class ReferenceRefused(Exception):
    """A reference that does not hold, with the reason."""

    def __init__(self, reason: SubIndication, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Target:
    """What a reference stands for, after its digest was found right.

    name    for people: the file name, or the element's
    node    the element, None for a file
    octets  what was hashed; empty for a file
    """

    kind: Kind
    name: str
    node: Any = None
    octets: bytes = b""


def resolve(
    document: XMLDocument, signature: XMLSignature, reference: Reference, external: External, policy: Policy
) -> Target:
    """Follow a reference and check its digest. Raises ReferenceRefused, EncodingError."""
    hash_name = _hash_name(reference, policy)
    if reference.uri is None or reference.type == MANIFEST_TYPE:
        raise ReferenceRefused(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            "A reference without URI, or to a manifest, is not known here.",
        )
    if reference.uri and not reference.uri.startswith("#"):
        return _file(reference, hash_name, external)
    node, kind = _node(document, signature, reference)
    octets = _octets(document, signature, node, kind, reference.transforms)
    _require_digest(hashlib.new(hash_name, octets).digest(), reference)
    return Target(kind=kind, name=node.tag.rpartition("}")[2], node=node, octets=octets)


def _hash_name(reference: Reference, policy: Policy) -> str:
    name = DIGESTS.get(reference.digest_method)
    if name is None:
        raise ReferenceRefused(
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE, "The hash of a reference is unknown here."
        )
    try:
        policy.algorithms.require_hash(name)
    except AlgorithmRefused as error:
        raise ReferenceRefused(SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message) from error
    return name


def _require_digest(digest: bytes, reference: Reference) -> None:
    if not hmac.compare_digest(digest, reference.digest):
        name = f"“{printable(reference.uri)}”" if reference.uri else "the document"
        raise ReferenceRefused(
            SubIndication.HASH_FAILURE,
            f"What the reference to {name} names has been changed since it was signed.",
        )


def _file(reference: Reference, hash_name: str, external: External) -> Target:
    name = unquote(reference.uri or "")
    content = external(name)
    if content is None:
        raise ReferenceRefused(
            SubIndication.SIGNED_DATA_NOT_FOUND, f"The signed file “{printable(name)}” is not at hand."
        )
    if not reference.transforms:
        digest = content.digest(hash_name)
    elif len(reference.transforms) == 1 and reference.transforms[0].algorithm in CANONICALIZATIONS:
        step = reference.transforms[0]
        form = with_prefixes(CANONICALIZATIONS[step.algorithm], step.prefixes)
        other = XMLDocument.parse(content.read(), "signed file")
        digest = hashlib.new(hash_name, other.canonical(other.root, form, whole=True)).digest()
    else:
        raise _unknown_transform(reference.transforms[0])
    _require_digest(digest, reference)
    return Target(kind=Kind.FILE, name=printable(name))


def _node(document: XMLDocument, signature: XMLSignature, reference: Reference) -> tuple[Any, Kind]:
    if not reference.uri:
        return document.root, Kind.WHOLE
    found = document.by_id(reference.uri[1:])
    if len(found) > 1:
        raise EncodingError("XML signature", offset=0, expected="each referenced Id once")
    if not found:
        raise ReferenceRefused(
            SubIndication.SIGNED_DATA_NOT_FOUND, f"No element has the Id “{printable(reference.uri[1:])}”."
        )
    return found[0], _kind(document, signature, reference, found[0])


def _kind(document: XMLDocument, signature: XMLSignature, reference: Reference, node: Any) -> Kind:
    if reference.type == SIGNED_PROPERTIES_TYPE:
        if node is not signature.properties:
            raise EncodingError("XML signature", offset=0, expected="signed properties of its own")
        return Kind.PROPERTIES
    if node is signature.key_info:
        return Kind.KEY_INFO
    if any(node is item for item in signature.objects):
        return Kind.OBJECT
    alone = node.getprevious() is None and node.getnext() is None  # no processing instruction beside it
    return Kind.WHOLE if node is document.root and alone else Kind.ELEMENT


def _octets(
    document: XMLDocument, signature: XMLSignature, node: Any, kind: Kind, transforms: tuple[Transform, ...]
) -> bytes:
    """Apply the transforms: signatures out first, then one canonical form, or base64 alone."""
    if [step.algorithm for step in transforms] == [BASE64]:
        return _decoded(node)
    without: list[Any] = []
    steps = list(transforms)
    while steps and (left_out := _left_out(steps[0], signature, node)) is not None:
        without += [item for item in left_out if item not in without]
        steps.pop(0)
    form = DEFAULT_CANONICALIZATION
    if steps and steps[0].algorithm in CANONICALIZATIONS:
        step = steps.pop(0)
        form = with_prefixes(CANONICALIZATIONS[step.algorithm], step.prefixes)
    if steps:
        raise _unknown_transform(steps[0])
    # A same-document reference never has the comments in its node set (XML Signature 1.1, 4.4.3.3).
    form = Canonicalization(form.exclusive, comments=False, inherited=form.inherited, prefixes=form.prefixes)
    whole = kind is Kind.WHOLE and node is document.root
    return document.canonical(node, form, whole=whole, without=tuple(without))


def _left_out(step: Transform, signature: XMLSignature, node: Any) -> list[Any] | None:
    """Give the signatures that a transform leaves out; None when it is of another kind."""
    if step.algorithm == ENVELOPED:
        if not any(outer is node for outer in signature.element.iterancestors()):
            raise EncodingError("XML signature", offset=0, expected="the signature inside of what it signs")
        return [signature.element]
    if (step.algorithm, step.expression) in _WITHOUT_SIGNATURES:
        name = ds("Signature")
        return [item for item in node.iterdescendants(name) if next(item.iterancestors(name), None) is None]
    return None


def _decoded(node: Any) -> bytes:
    try:
        return base64.b64decode("".join("".join(node.xpath(".//text()")).split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise EncodingError("XML signature", offset=0, expected="base64 in the signed object") from error


def _unknown_transform(step: Transform) -> ReferenceRefused:
    return ReferenceRefused(
        SubIndication.SIG_CONSTRAINTS_FAILURE, f"The transform {printable(step.algorithm)} is not known here."
    )
