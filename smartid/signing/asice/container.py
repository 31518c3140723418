"""ASiC-E: one file that holds documents and the signatures over them; made with XAdES, read with CAdES too.

ETSI EN 319 162-1 V1.1.1 (2016-04), 4.4. The container is a ZIP file with ``mimetype``, the documents,
``META-INF/manifest.xml`` (OpenDocument 1.2 part 3, 3) and ``META-INF/signatures*.xml``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from smartid.signing.asice.archive import (
    MIME_TYPE,
    MIME_TYPE_NAME,
    broken,
    is_container,
    is_safe_name,
    new_container,
    read_entries,
    with_entry,
)
from smartid.signing.content import Content
from smartid.signing.facts import SignatureFacts
from smartid.signing.form import Level, SignatureFamily
from smartid.signing.request import SignedDocument, SigningRequest
from smartid.signing.xades.document import XMLDocument, lxml_etree, serialize
from smartid.signing.xades.names import ASIC, ds
from smartid.signing.xades.read import CONTAINER, MAX_SIGNATURES, facts_of, signatures_of
from smartid.signing.xades.sign import DataObject, build_signature, mime_type
from smartid.trust.findings import failed, not_checked, passed
from smartid.trust.policy import Policy
from smartid.trust.verdict import SubIndication

SUFFIX = ".asice"
_META = "META-INF/"
_MANIFEST = "META-INF/manifest.xml"
_MANIFEST_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_XADES_FILE = re.compile(r"META-INF/[^/]*signatures[^/]*\.xml")
_CADES_FILE = re.compile(r"META-INF/[^/]*signature[^/]*\.p7s")


def sign_asice(request: SigningRequest, *, others: Mapping[str, Content] | None = None) -> SignedDocument:
    """Put a file into a new container and sign it, or add a signature to a container.

    others  more files for the new container, by name; one signature covers them all

    When the content is a container already, its documents get one more signature and every byte of its
    entries stays. Raises EncodingError for a broken container, a container that nobody can add to, and names
    that a container cannot hold; ExtraMissing, OSError, and what the signer raises.
    """
    whole = request.content.read()
    if is_container(whole):
        data = _with_signature(request, whole)
        return SignedDocument(form=request.form, name=request.name, data=data)
    files = {request.name: whole, **{name: content.read() for name, content in (others or {}).items()}}
    _require_names(files)
    entries = {**files, _MANIFEST: _manifest(files), f"{_META}signatures0.xml": _signatures(request, files)}
    name = f"{PurePath(request.name).stem}{SUFFIX}"
    return SignedDocument(form=request.form, name=name, data=new_container(entries, request.signed_at))


def _with_signature(request: SigningRequest, container: bytes) -> bytes:
    entries = read_entries(container)
    files = documents_of(entries)
    if not files:
        raise broken("documents in the container")
    taken = {name.casefold() for name in entries}
    number = next(n for n in range(len(taken) + 1) if f"meta-inf/signatures{n}.xml" not in taken)
    name = f"{_META}signatures{number}.xml"
    return with_entry(container, name, _signatures(request, files), request.signed_at)


def _require_names(files: Mapping[str, bytes]) -> None:
    """Refuse names that a container cannot hold beside its own. Raises EncodingError."""
    folded = {name.casefold() for name in files}
    if len(folded) != len(files) or not all(map(_is_document, files)) or not all(map(is_safe_name, files)):
        raise broken("file names that a container can hold")


def _is_document(name: str) -> bool:
    folded = name.casefold()
    return folded != MIME_TYPE_NAME and not folded.startswith(_META.casefold())


def documents_of(entries: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give the entries that are documents, not parts of the container itself."""
    return {name: content for name, content in entries.items() if _is_document(name)}


def _signatures(request: SigningRequest, files: Mapping[str, bytes]) -> bytes:
    hash_name = request.algorithm.hash_name
    objects = [DataObject.of_file(name, Content(data), hash_name) for name, data in files.items()]
    root = lxml_etree().Element(CONTAINER, nsmap={"asic": ASIC})
    root.append(build_signature(request, objects))
    return serialize(root.getroottree())


def _manifest(files: Mapping[str, bytes]) -> bytes:
    etree = lxml_etree()
    name = f"{{{_MANIFEST_NAMESPACE}}}"
    root = etree.Element(
        f"{name}manifest", {f"{name}version": "1.2"}, nsmap={"manifest": _MANIFEST_NAMESPACE}
    )
    types = {"/": MIME_TYPE.decode(), **{file: mime_type(file) for file in files}}
    for path, media in types.items():
        etree.SubElement(root, f"{name}file-entry", {f"{name}full-path": path, f"{name}media-type": media})
    return serialize(root.getroottree())


def read_asice(data: bytes, policy: Policy) -> tuple[SignatureFacts, ...]:
    """Read every signature of a container.

    A signature has to cover every document in the container: what lies beside would be taken for signed.
    CAdES signatures are read through their manifests (4.4.3). Raises EncodingError, ExtraMissing.
    """
    entries = read_entries(data)
    files = {name: Content(content) for name, content in documents_of(entries).items()}
    found: list[SignatureFacts] = []
    for name in filter(_XADES_FILE.fullmatch, entries):
        found += _xades_facts(entries[name], files, policy)
    found += _cades_facts(entries, files, policy)
    if len(found) > MAX_SIGNATURES:
        raise broken(f"at most {MAX_SIGNATURES} signatures")
    if not found:
        raise broken("signatures in META-INF")
    return tuple(found)


def _xades_facts(data: bytes, files: Mapping[str, Content], policy: Policy) -> list[SignatureFacts]:
    document = XMLDocument.parse(data, "signatures.xml")
    if document.root.tag not in {CONTAINER, ds("Signature")}:
        raise broken("XAdESSignatures")
    return [_one(document, element, files, policy) for element in signatures_of(document)]


def _one(document: XMLDocument, element: Any, files: Mapping[str, Content], policy: Policy) -> SignatureFacts:
    """Take one signature apart, and see which documents it covers."""
    covered: set[str] = set()

    def external(name: str) -> Content | None:
        covered.add(name)
        return files.get(name)

    facts = facts_of(document, element, external, policy, wanted=True, family=SignatureFamily.ASICE)
    beside = sorted(set(files) - covered)
    if beside:
        detail = f"The signature does not cover “{beside[0]}”, which lies in the container."
        finding = failed("container", SubIndication.SIG_CONSTRAINTS_FAILURE, detail)
    else:
        finding = passed("container", "The signature covers every document in the container.")
    return replace(facts, findings=(*facts.findings, finding))


def _cades_facts(
    entries: Mapping[str, bytes], files: Mapping[str, Content], policy: Policy
) -> list[SignatureFacts]:
    """Read the CAdES signatures through their manifests; one that none names is named and not judged."""
    names = list(filter(_CADES_FILE.fullmatch, entries))
    if not names:
        return []
    from smartid.signing.asice.manifest import (  # noqa: PLC0415 - few containers hold CAdES
        manifests,
        read_manifest_signature,
    )

    found: list[SignatureFacts] = []
    signed = manifests(entries)
    for name in names:
        if name in signed:
            found += read_manifest_signature(entries[name], signed[name], files, policy)
        else:
            found.append(_unjudged(name))
    return found


def _unjudged(name: str) -> SignatureFacts:
    detail = f"No manifest names the CAdES signature {name}, so what it is about is unknown."
    return SignatureFacts(
        family=SignatureFamily.ASICE,
        findings=(not_checked("format", detail, SubIndication.SIGNED_DATA_NOT_FOUND),),
        certificate=None,
        highest=Level.B,
    )
