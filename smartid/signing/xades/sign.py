"""Making XAdES-B-B (ETSI EN 319 132-1 V1.2.1 (2022-02), 6.3), with one touch of the signer.

Own code over lxml: the XML signers at hand cannot reference files by name or sign several at once. The
structure is SignedInfo, SignatureValue, KeyInfo with the signer's certificate and the chain, and one Object
with the signed properties SigningTime, SigningCertificateV2 and DataObjectFormat. All forms are exclusive.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from smartid.errors import EncodingError
from smartid.signing.content import Content
from smartid.signing.plain import sign_message
from smartid.signing.request import SignedDocument, SigningRequest
from smartid.signing.xades.document import (
    CANONICALIZATIONS,
    MAX_LENGTH,
    XMLDocument,
    lxml_etree,
    parse_xml,
    serialize,
)
from smartid.signing.xades.names import (
    DIGEST_URIS,
    ENVELOPED,
    EXCLUSIVE,
    SIGNED_PROPERTIES_TYPE,
    STANDARD,
    XADES,
    XMLDSIG,
    ds,
    signature_uri,
    xades,
)

SUFFIX = ".xades.xml"
_FORM = CANONICALIZATIONS[EXCLUSIVE]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataObject:
    """Something to be signed: a file by its name, or with an empty ``uri`` the document around the signature.

    digest  by the hash of the signature algorithm
    """

    uri: str
    digest: bytes
    mime_type: str

    @classmethod
    def of_file(cls, name: str, content: Content, hash_name: str) -> DataObject:
        """Take a file, under a relative reference of its name. Raises OSError."""
        return cls(uri=quote(name), digest=content.digest(hash_name), mime_type=mime_type(name))


def sign_xades(request: SigningRequest) -> SignedDocument:
    """Sign a file: an XML document takes the signature as its last element, others stay beside it.

    An XML document in UTF-8 without a document type declaration gets an enveloped signature, unless
    ``request.detached``; any other file a detached one that names it. Raises EncodingError for an XML
    document that is signed already (another signature inside would break the first), ExtraMissing, OSError,
    and what the signer raises.
    """
    root = None if request.detached else _as_xml(request.content)
    if root is None:
        file = DataObject.of_file(request.name, request.content, request.algorithm.hash_name)
        data = serialize(build_signature(request, [file]).getroottree())
        return SignedDocument(
            form=request.form, name=f"{request.name}{SUFFIX}", data=data, content=request.content
        )
    data = _enveloped(request, root)
    return SignedDocument(form=request.form, name=f"{PurePath(request.name).stem}{SUFFIX}", data=data)


def mime_type(name: str) -> str:
    """Guess the MIME type of a file by its name, the same on every machine."""
    return mimetypes.MimeTypes().guess_type(name)[0] or "application/octet-stream"


def _as_xml(content: Content) -> Any:
    """Give the root element of an XML document that can hold a signature, None for any other file."""
    if isinstance(content.source, Path) and content.source.stat().st_size > MAX_LENGTH:
        return None
    try:
        return parse_xml(content.read())
    except EncodingError:
        return None


def _enveloped(request: SigningRequest, root: Any) -> bytes:
    document = XMLDocument(root)
    if document.signatures:
        raise EncodingError(
            "XML document",
            offset=0,
            expected="no signature in it yet; ASiC-E takes several",
            standard=STANDARD,
        )
    octets = document.canonical(root, _FORM, whole=True)
    digest = hashlib.new(request.algorithm.hash_name, octets).digest()
    root.append(build_signature(request, [DataObject(uri="", digest=digest, mime_type="text/xml")]))
    return serialize(root.getroottree())


def build_signature(request: SigningRequest, objects: Sequence[DataObject]) -> Any:
    """Build one signed ds:Signature element over these objects. Raises what the signer raises."""
    signature = lxml_etree().Element(ds("Signature"), nsmap={"ds": XMLDSIG})
    signature.set("Id", _identifier(request, objects))
    info = _add(signature, ds("SignedInfo"))
    value = _add(signature, ds("SignatureValue"))
    _add_key_info(signature, request)
    properties = _add_properties(signature, request, objects)
    _fill_signed_info(info, request, objects, properties)
    octets = XMLDocument(signature).canonical(info, _FORM)
    value.text = _base64(sign_message(request, octets))
    return signature


def _identifier(request: SigningRequest, objects: Sequence[DataObject]) -> str:
    """Name the signature after what it is: the same request gives the same name."""
    parts = [
        request.signer.certificate,
        request.signed_at.isoformat().encode(),
        *(item.digest for item in objects),
    ]
    return "S-" + hashlib.sha256(b"\x00".join(parts)).hexdigest()[:32]


def _add_key_info(signature: Any, request: SigningRequest) -> None:
    data = _add(_add(signature, ds("KeyInfo")), ds("X509Data"))
    for der in dict.fromkeys((request.signer.certificate, *request.chain)):
        _add(data, ds("X509Certificate"), _base64(der))


def _add_properties(signature: Any, request: SigningRequest, objects: Sequence[DataObject]) -> Any:
    name = signature.get("Id")
    qualifying = lxml_etree().SubElement(
        _add(signature, ds("Object")),
        xades("QualifyingProperties"),
        nsmap={"xades": XADES},
        Target=f"#{name}",
    )
    properties = _add(qualifying, xades("SignedProperties"), Id=f"{name}-properties")
    about_signature = _add(properties, xades("SignedSignatureProperties"))
    time = request.signed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    _add(about_signature, xades("SigningTime"), time)
    named = _add(_add(about_signature, xades("SigningCertificateV2")), xades("Cert"))
    hash_name = request.algorithm.hash_name
    digest = hashlib.new(hash_name, request.signer.certificate).digest()
    _add_digest(_add(named, xades("CertDigest")), hash_name, digest)
    about_data = _add(properties, xades("SignedDataObjectProperties"))
    for number, item in enumerate(objects):
        described = _add(about_data, xades("DataObjectFormat"), ObjectReference=f"#{name}-{number}")
        _add(described, xades("MimeType"), item.mime_type)
    return properties


def _fill_signed_info(
    info: Any, request: SigningRequest, objects: Sequence[DataObject], properties: Any
) -> None:
    name, hash_name = info.getparent().get("Id"), request.algorithm.hash_name
    _add(info, ds("CanonicalizationMethod"), Algorithm=EXCLUSIVE)
    _add(info, ds("SignatureMethod"), Algorithm=signature_uri(request.algorithm))
    for number, item in enumerate(objects):
        reference = _add(info, ds("Reference"), Id=f"{name}-{number}", URI=item.uri)
        if not item.uri:
            _add_transforms(reference, ENVELOPED, EXCLUSIVE)
        _add_digest(reference, hash_name, item.digest)
    reference = _add(info, ds("Reference"), Type=SIGNED_PROPERTIES_TYPE, URI=f"#{properties.get('Id')}")
    _add_transforms(reference, EXCLUSIVE)
    octets = XMLDocument(info.getparent()).canonical(properties, _FORM)
    _add_digest(reference, hash_name, hashlib.new(hash_name, octets).digest())


def _add_transforms(reference: Any, *algorithms: str) -> None:
    transforms = _add(reference, ds("Transforms"))
    for algorithm in algorithms:
        _add(transforms, ds("Transform"), Algorithm=algorithm)


def _add_digest(parent: Any, hash_name: str, digest: bytes) -> None:
    _add(parent, ds("DigestMethod"), Algorithm=DIGEST_URIS[hash_name])
    _add(parent, ds("DigestValue"), _base64(digest))


def _add(parent: Any, name: str, text: str | None = None, **attributes: str) -> Any:
    element = lxml_etree().SubElement(parent, name, **attributes)
    element.text = text
    return element


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
