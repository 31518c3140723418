"""CAdES in ASiC-E: a manifest that names the documents, and a CMS signature over it.

ETSI EN 319 162-1 V1.1.1 (2016-04), 4.4.3 and A.4: ``META-INF/ASiCManifest*.xml`` holds a SigReference to the
signature file and, for each document, a DataObjectReference with its digest.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from smartid.errors import AlgorithmRefused
from smartid.signing.asice.archive import broken
from smartid.signing.cades.read import read_cades
from smartid.signing.content import Content
from smartid.signing.facts import SignatureFacts
from smartid.signing.form import SignatureFamily
from smartid.signing.printable import printable
from smartid.signing.xades.document import parse_xml
from smartid.signing.xades.names import ASIC, DIGESTS, ds
from smartid.signing.xades.signature import attribute, base64_of, only
from smartid.trust.findings import Finding, failed, not_checked, passed
from smartid.trust.policy import Policy
from smartid.trust.verdict import SubIndication

MAX_REFERENCES = 1024
_MANIFEST_FILE = re.compile(r"META-INF/ASiCManifest[^/]*\.xml", re.IGNORECASE)
_NAME = "manifest"


def manifests(entries: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give the manifest for each signature file that one names. Raises EncodingError."""
    found: dict[str, bytes] = {}
    for name in filter(_MANIFEST_FILE.fullmatch, entries):
        root = parse_xml(entries[name], "ASiCManifest")
        signature = unquote(attribute(only(root, _asic("SigReference")), "URI"))
        if root.tag != _asic("ASiCManifest") or signature in found:
            raise broken("one ASiCManifest for each signature")
        found[signature] = entries[name]
    return found


def read_manifest_signature(
    signature: bytes, manifest: bytes, files: Mapping[str, Content], policy: Policy
) -> list[SignatureFacts]:
    """Read the signatures over a manifest, and see that the manifest is right about every document.

    Raises EncodingError.
    """
    finding, names = _check(manifest, files, policy)
    beside = sorted(set(files) - set(names))
    if beside and not finding.reason:
        detail = f"The signature does not cover “{printable(beside[0])}”, which lies in the container."
        finding = failed(_NAME, SubIndication.SIG_CONSTRAINTS_FAILURE, detail)
    return [
        replace(
            facts,
            family=SignatureFamily.ASICE,
            findings=(*facts.findings, finding),
            scope=printable(", ".join(names), 500),
        )
        for facts in read_cades(signature, Content(manifest), policy)
    ]


def _check(manifest: bytes, files: Mapping[str, Content], policy: Policy) -> tuple[Finding, list[str]]:
    """Compare the digests; the first that is not right is the finding."""
    items = parse_xml(manifest, "ASiCManifest").findall(_asic("DataObjectReference"))
    if not 1 <= len(items) <= MAX_REFERENCES:
        raise broken(f"1 to {MAX_REFERENCES} references in a manifest")
    names = [unquote(attribute(item, "URI")) for item in items]
    problems = [_problem(item, name, files, policy) for item, name in zip(items, names, strict=True)]
    fine = passed(_NAME, "The digest of every document is that in the signed manifest.")
    return next((problem for problem in problems if problem), fine), names


def _problem(item: Any, name: str, files: Mapping[str, Content], policy: Policy) -> Finding | None:
    hash_name = DIGESTS.get(attribute(only(item, ds("DigestMethod")), "Algorithm"), "")
    try:
        policy.algorithms.require_hash(hash_name)
    except AlgorithmRefused as error:
        return failed(_NAME, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message)
    shown = printable(name)
    if name not in files:
        detail = f"The signed file “{shown}” is not in the container."
        return not_checked(_NAME, detail, SubIndication.SIGNED_DATA_NOT_FOUND)
    if not hmac.compare_digest(files[name].digest(hash_name), base64_of(only(item, ds("DigestValue")))):
        return failed(_NAME, SubIndication.HASH_FAILURE, f"“{shown}” has been changed since it was signed.")
    return None


def _asic(name: str) -> str:
    return f"{{{ASIC}}}{name}"
