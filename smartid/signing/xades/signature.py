"""The parts of one ds:Signature, read strictly from what is signed (XML Signature 1.1 (2013), 4).

References and signed properties are taken out of canonical octets, the same that are hashed, so that no
comment, entity or second element in the document can make them say something else.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from smartid.errors import EncodingError
from smartid.signing.plain import MAX_CERTIFICATES
from smartid.signing.xades.document import CANONICALIZATIONS, Canonicalization, XMLDocument, parse_xml
from smartid.signing.xades.names import EXCLUSIVE, ds, xades

STANDARD = "XML Signature 1.1 (2013)"
MAX_REFERENCES = 1024
MAX_TRANSFORMS = 8
MAX_OBJECTS = 64
MAX_PREFIXES = 64
MAX_BASE64 = 1 << 20
"""Longest base64 text of a digest, a signature value or a certificate, in characters."""


@dataclass(frozen=True, slots=True)
class Transform:
    """A step between what a reference names and the octets that are hashed.

    prefixes    of InclusiveNamespaces, for exclusive canonicalisation
    expression  the text of an XPath, with its Filter attribute before it: "subtract /descendant::…"
    """

    algorithm: str
    prefixes: tuple[str, ...] = ()
    expression: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Reference:
    """One reference of SignedInfo. ``uri`` is None when the attribute is missing."""

    id: str | None
    uri: str | None
    type: str | None
    transforms: tuple[Transform, ...]
    digest_method: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class XMLSignature:
    """One signature, read but not believed.

    signed_info   its canonical octets, which the signature value is about
    certificates  of KeyInfo, in DER
    properties    the SignedProperties element, None without one
    """

    element: Any
    id: str | None
    signed_info: bytes
    method: str
    references: tuple[Reference, ...]
    value: bytes
    certificates: tuple[bytes, ...]
    objects: tuple[Any, ...]
    key_info: Any
    properties: Any

    def __repr__(self) -> str:
        return f"XMLSignature({len(self.references)} references)"


def read_signature(document: XMLDocument, element: Any) -> XMLSignature:
    """Read one ds:Signature. Raises EncodingError."""
    info = only(element, ds("SignedInfo"))
    octets = document.canonical(info, _canonicalization_of(info))
    signed = parse_xml(octets, "SignedInfo")
    key_info = at_most_one(element, ds("KeyInfo"))
    objects = tuple(element.findall(ds("Object")))
    if len(objects) > MAX_OBJECTS:
        raise broken(f"at most {MAX_OBJECTS} objects")
    return XMLSignature(
        element=element,
        id=element.get("Id"),
        signed_info=octets,
        method=attribute(only(signed, ds("SignatureMethod")), "Algorithm"),
        references=_references(signed),
        value=base64_of(only(element, ds("SignatureValue"))),
        certificates=_certificates(key_info),
        objects=objects,
        key_info=key_info,
        properties=_signed_properties(objects, element.get("Id")),
    )


def _canonicalization_of(info: Any) -> Canonicalization:
    method = only(info, ds("CanonicalizationMethod"))
    form = CANONICALIZATIONS.get(attribute(method, "Algorithm"))
    if form is None:
        raise broken("a known canonicalisation of SignedInfo")
    return with_prefixes(form, _prefixes(method))


def with_prefixes(form: Canonicalization, prefixes: tuple[str, ...]) -> Canonicalization:
    """Give a canonical form that keeps these namespaces."""
    return Canonicalization(form.exclusive, form.comments, form.inherited, prefixes if form.exclusive else ())


def _references(signed: Any) -> tuple[Reference, ...]:
    found = signed.findall(ds("Reference"))
    if not 1 <= len(found) <= MAX_REFERENCES:
        raise broken(f"1 to {MAX_REFERENCES} references")
    return tuple(_reference(item) for item in found)


def _reference(item: Any) -> Reference:
    transforms = at_most_one(item, ds("Transforms"))
    steps = [] if transforms is None else transforms.findall(ds("Transform"))
    if len(steps) > MAX_TRANSFORMS:
        raise broken(f"at most {MAX_TRANSFORMS} transforms")
    return Reference(
        id=item.get("Id"),
        uri=item.get("URI"),
        type=item.get("Type"),
        transforms=tuple(_transform(step) for step in steps),
        digest_method=attribute(only(item, ds("DigestMethod")), "Algorithm"),
        digest=base64_of(only(item, ds("DigestValue"))),
    )


def _transform(step: Any) -> Transform:
    children = list(step.iterchildren("*"))
    expression = ""
    if len(children) == 1 and children[0].tag.endswith("}XPath"):
        path = children[0]
        spoken = path.nsmap.get("ds") == ds("")[1:-1]
        expression = " ".join((path.get("Filter", ""), text_of(path))).strip() if spoken else "?"
    return Transform(attribute(step, "Algorithm"), _prefixes(step), expression)


def _prefixes(method: Any) -> tuple[str, ...]:
    listed = at_most_one(method, f"{{{EXCLUSIVE}}}InclusiveNamespaces")
    prefixes = () if listed is None else tuple(listed.get("PrefixList", "").split())
    if len(prefixes) > MAX_PREFIXES:
        raise broken(f"at most {MAX_PREFIXES} prefixes")
    return prefixes


def _certificates(key_info: Any) -> tuple[bytes, ...]:
    if key_info is None:
        return ()
    found = [
        item for data in key_info.findall(ds("X509Data")) for item in data.findall(ds("X509Certificate"))
    ]
    if len(found) > MAX_CERTIFICATES:
        raise broken(f"at most {MAX_CERTIFICATES} certificates")
    return tuple(base64_of(item) for item in found)


def _signed_properties(objects: tuple[Any, ...], signature_id: str | None) -> Any:
    """Find the SignedProperties that are about this signature: the one, in a child of its objects."""
    found = [item for container in objects for item in container.findall(xades("QualifyingProperties"))]
    if not found:
        return None
    if len(found) > 1 or signature_id is None or found[0].get("Target") != f"#{signature_id}":
        raise broken("one QualifyingProperties whose Target is the signature")
    return at_most_one(found[0], xades("SignedProperties"))


def only(parent: Any, name: str) -> Any:
    """Give the one child of this name. Raises EncodingError."""
    child = at_most_one(parent, name)
    if child is None:
        raise broken(f"an element {name.rpartition('}')[2]}")
    return child


def at_most_one(parent: Any, name: str) -> Any:
    """Give the child of this name, None without one. Raises EncodingError when there are more."""
    found = parent.findall(name)
    if len(found) > 1:
        raise broken(f"the element {name.rpartition('}')[2]} once")
    return found[0] if found else None


def attribute(element: Any, name: str) -> str:
    """Give an attribute that has to be there. Raises EncodingError."""
    value = element.get(name)
    if not isinstance(value, str):
        raise broken(f"an attribute {name}")
    return value


def text_of(element: Any) -> str:
    """Give the text of an element that holds nothing else. Raises EncodingError."""
    if len(element):
        raise broken("plain text in " + element.tag.rpartition("}")[2])
    return element.text or ""


def base64_of(element: Any) -> bytes:
    """Give the bytes that an element holds in base64 (XML Schema 1.0, base64Binary). Raises EncodingError."""
    text = "".join(text_of(element).split())
    try:
        if len(text) > MAX_BASE64:
            raise broken(f"at most {MAX_BASE64} characters of base64")
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise broken("base64 in " + element.tag.rpartition("}")[2]) from error


def broken(expected: str) -> EncodingError:
    """The error for a signature that is not built as it has to be."""
    return EncodingError("XML signature", offset=0, expected=expected, standard=STANDARD)
