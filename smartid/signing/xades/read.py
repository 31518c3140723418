"""Reading XAdES: every signature of an XML document, with integrity checked (ETSI EN 319 132-1 V1.2.1).

Our own reader of XML Signature, because the judge has to be told what exactly was signed, and because every
signature value goes through ``trust.raw``. Level B is judged; time stamps and counter-signatures are named.
"""

from __future__ import annotations

from typing import Any

from smartid.signing.content import Content
from smartid.signing.facts import SignatureFacts
from smartid.signing.form import Level, SignatureFamily
from smartid.signing.plain import first_certificate, signature_finding
from smartid.signing.xades.document import XMLDocument
from smartid.signing.xades.names import ASIC, OWN_NAMESPACES, SCHEMES, ds, xades
from smartid.signing.xades.properties import SignedProperties, read_properties
from smartid.signing.xades.references import External, Kind, ReferenceRefused, Target, resolve
from smartid.signing.xades.signature import XMLSignature, broken, read_signature
from smartid.trust.certificate import Certificate
from smartid.trust.findings import Finding, failed, not_checked, passed
from smartid.trust.policy import Policy
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication
from smartid.trust.x509 import readable_certificate

MAX_SIGNATURES = 64

CONTAINER = f"{{{ASIC}}}XAdESSignatures"
"""Root element that holds nothing but signatures (ETSI EN 319 162-1 V1.1.1, A.5)."""


def read_xades(data: bytes, content: Content | None, policy: Policy) -> tuple[SignatureFacts, ...]:
    """Read every signature of an XML document.

    content  the file that a detached signature is about; the one external reference names it, by any name

    A signature has to cover the whole document, or the content: a part of it is no answer for all of it.
    Raises EncodingError, ExtraMissing; OSError when the content cannot be read.
    """
    document = XMLDocument.parse(data)
    elements = signatures_of(document)
    if not elements:
        raise broken("at least one ds:Signature")
    return tuple(
        facts_of(document, element, _only_file(element, content), policy, wanted=content is not None)
        for element in elements
    )


def signatures_of(document: XMLDocument) -> list[Any]:
    """Give the signature elements that are not inside of another. Raises EncodingError for too many."""
    elements = document.signatures
    if len(elements) > MAX_SIGNATURES:
        raise broken(f"at most {MAX_SIGNATURES} signatures")
    return elements


def _only_file(element: Any, content: Content | None) -> External:
    """Let the content stand for the one external reference of a signature."""
    uris = {item.get("URI") or "#" for item in element.iterfind(f"{ds('SignedInfo')}/{ds('Reference')}")}
    alone = sum(not uri.startswith("#") for uri in uris) == 1
    return lambda _: content if alone else None


def facts_of(
    document: XMLDocument,
    element: Any,
    external: External,
    policy: Policy,
    *,
    wanted: bool = False,
    family: SignatureFamily = SignatureFamily.XADES,
) -> SignatureFacts:
    """Take one signature apart.

    wanted  a file is at hand that has to be among what is signed

    Raises EncodingError.
    """
    signature = read_signature(document, element)
    content, targets = _signed_content(document, signature, external, policy)
    hashed = [target.octets for target in targets if target.kind is Kind.PROPERTIES]
    properties = read_properties(hashed[0], policy) if len(hashed) == 1 else None
    certificate = _signer(signature, properties, policy)
    findings = (
        passed("format", "The signature is built as XML Signature 1.1 says."),
        content,
        _coverage(document, signature, targets, wanted=wanted),
        _certificate_finding(properties, certificate),
        _value_finding(signature, certificate, policy),
        *_baseline(properties),
        *_unjudged(element),
    )
    return SignatureFacts(
        family=family,
        findings=findings,
        certificate=certificate,
        claimed_time=properties.signing_time if properties else None,
        data=ValidationData(certificates=signature.certificates),
        scope=_scope(targets),
        highest=Level.B,
    )


def _signed_content(
    document: XMLDocument, signature: XMLSignature, external: External, policy: Policy
) -> tuple[Finding, tuple[Target, ...]]:
    """Follow every reference; one that does not hold is the finding."""
    targets: list[Target] = []
    refused: list[ReferenceRefused] = []
    for reference in signature.references:
        try:
            targets.append(resolve(document, signature, reference, external, policy))
        except ReferenceRefused as error:
            refused.append(error)
    if refused:
        worst = next((item for item in refused if item.reason is SubIndication.HASH_FAILURE), refused[0])
        return failed("signed_content", worst.reason, worst.detail), tuple(targets)
    return passed("signed_content", "The digest of every reference is right."), tuple(targets)


def _signer(
    signature: XMLSignature, properties: SignedProperties | None, policy: Policy
) -> Certificate | None:
    """Find the signer's certificate: of those that the signed properties name, the one whose key signed.

    They may name authorities too, and nobody signs in which order the certificates lie.
    """
    named = properties.names if properties and properties.certificates else lambda _: True
    fitting = first_certificate(
        signature.certificates, lambda der: named(der) and _made_with(signature, der, policy)
    )
    return fitting or first_certificate(signature.certificates, named)


def _made_with(signature: XMLSignature, der: bytes, policy: Policy) -> bool:
    certificate = readable_certificate(der)
    return certificate is not None and _value_finding(signature, certificate, policy).passed


def _certificate_finding(properties: SignedProperties | None, certificate: Certificate | None) -> Finding:
    name = "signing_certificate"
    if certificate is None:
        detail = "The certificate that the signature names is not in it."
        return failed(name, SubIndication.NO_SIGNING_CERTIFICATE_FOUND, detail)
    if properties and properties.certificates:
        return passed(name, "The signed properties name the signer's certificate.")
    if properties and properties.weak:
        detail = "The signer's certificate is named by a hash that the policy does not allow."
        return failed(name, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, detail)
    return not_checked(name, "The signed part does not say which certificate the signature was made with.")


def _baseline(properties: SignedProperties | None) -> list[Finding]:
    """Say what level B wants and is not there (EN 319 132-1 V1.2.1, 6.3)."""
    if properties and properties.signing_time:
        return []
    return [not_checked("baseline", "Level B wants a signing time among the signed properties.")]


def _value_finding(signature: XMLSignature, certificate: Certificate | None, policy: Policy) -> Finding:
    scheme = SCHEMES.get(signature.method)
    if scheme is None:
        return failed(
            "signature", SubIndication.CRYPTO_CONSTRAINTS_FAILURE, "The signature method is unknown here."
        )
    return signature_finding(certificate, scheme, signature.value, signature.signed_info, policy)


def _coverage(
    document: XMLDocument, signature: XMLSignature, targets: tuple[Target, ...], *, wanted: bool
) -> Finding:
    """See that nothing stands beside what is signed, where somebody might take it for signed."""
    name = "coverage"
    kinds = {target.kind for target in targets}
    if not kinds & {Kind.WHOLE, Kind.OBJECT, Kind.ELEMENT, Kind.FILE}:
        return not_checked(name, "Nothing that is signed was found.", SubIndication.SIGNED_DATA_NOT_FOUND)
    if wanted and Kind.FILE not in kinds:
        return failed(name, SubIndication.SIGNED_DATA_NOT_FOUND, "The signature is not about the file given.")
    if Kind.WHOLE not in kinds and (Kind.ELEMENT in kinds or not _only_signatures(document)):
        return failed(
            name, SubIndication.SIG_CONSTRAINTS_FAILURE, "The signature is about a part of the document only."
        )
    signed = [target.node for target in targets if target.kind is Kind.OBJECT]
    if any(not _is_covered(item, signed) for item in signature.objects):
        return failed(
            name,
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            "The signature holds an object that it does not sign.",
        )
    if _holds_strangers(signature.element, [target.node for target in targets]):
        detail = "The signature holds something of another kind that it does not sign."
        return failed(name, SubIndication.SIG_CONSTRAINTS_FAILURE, detail)
    return passed(name, f"The signature is about {_scope(targets)}.")


def _holds_strangers(element: Any, signed: list[Any]) -> bool:
    """Tell whether a signature holds text, or an element of the document's kind, that nobody signed.

    A signature that covers the document around it leaves itself out: what is put inside of it would be found
    by whoever looks for an element by its name, and the signature can be moved to the front.
    """
    texts = (element.text, *(child.tail for child in element))
    if any(text and text.strip() for text in texts):
        return True
    waiting = [child for child in element.iterchildren("*") if child.tag != ds("SignedInfo")]
    while waiting:
        child = waiting.pop()
        if any(child is node for node in signed):
            continue
        if child.tag.rpartition("}")[0][1:] not in OWN_NAMESPACES:
            return True
        waiting += child.iterchildren("*")
    return False


def _only_signatures(document: XMLDocument) -> bool:
    root = document.root
    if root.tag == ds("Signature"):
        return True
    return root.tag == CONTAINER and all(item.tag == ds("Signature") for item in root.iterchildren("*"))


def _is_covered(item: Any, signed: list[Any]) -> bool:
    """Tell whether an object is signed, or holds nothing but the properties of the signature."""
    if any(item is node for node in signed):
        return True
    others = [child for child in item.iterchildren("*") if child.tag != xades("QualifyingProperties")]
    return not others and not "".join(item.xpath("text()")).strip()


def _unjudged(element: Any) -> list[Finding]:
    """Name what is there and not judged: it adds to the level, and takes nothing from the signature."""
    unsigned = element.find(f".//{xades('UnsignedSignatureProperties')}")
    if unsigned is None or not len(unsigned):
        return []
    return [
        not_checked("unsigned_properties", "Time stamps and counter-signatures of XAdES are not judged here.")
    ]


def _scope(targets: tuple[Target, ...]) -> str:
    """Say what is signed, for people."""
    phrases = []
    for target in targets:
        if target.kind is Kind.WHOLE:
            phrases.append("the whole document")
        elif target.kind is Kind.OBJECT:
            phrases.append("the enclosed object")
        elif target.kind is Kind.ELEMENT:
            phrases.append(f"the element {target.name} only")
        elif target.kind is Kind.FILE:
            phrases.append(target.name)
    return ", ".join(dict.fromkeys(phrases))[:500]
