"""What is fed: good samples of every format that is read, and how the answer is asked for."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

import smartid
from smartid.auth.make import make_token
from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import FetchFailed, NotTrusted
from smartid.identity.auth_token import SigningCertificate, SupportedAlgorithm
from smartid.signing.form import SignatureForm
from smartid.signing.software import SoftwareSigner
from smartid.signing.time_stamper import read_response, time_stamp_request
from smartid.trust.certificate import CertificateUsage
from smartid.trust.master_list import MASTER_LIST_OID, read_bare_list, read_master_list
from smartid.trust.path import validate_path
from smartid.trust.policy import RevocationRule
from smartid.trust.revocation import RevocationState
from smartid.trust.time_stamp import verify_time_stamp
from smartid.trust.validation_data import ValidationData
from smartid.trust.verifier import Verifier
from tests.fuzz import mutators
from tests.fuzz.services import services
from tests.fuzz.target import Target
from tests.fuzz.voting import voting
from tests.fuzz.world import CONTENT, World, signed_anew, signed_by
from tests.unit.signing.pdfs import make_pdf
from tests.unit.trust.country import NOW, Card, Party, data_groups, issue, name, security_object, tlv

XML = '<?xml version="1.0"?><letter xml:lang="fa"><b>سلام</b> and more text</letter>'.encode()
DIGEST = b"\x11" * 32
SIGNATURES = "META-INF/signatures0.xml"


def _verify(world: World, data: bytes, content: bytes | None = None) -> bool:
    return smartid.verify(data, world.policy, content=content).passed


def _cms(world: World) -> tuple[Target, ...]:
    forms = {
        "B": (SignatureForm.CADES_B, 1400),
        "T": (SignatureForm.CADES_T, 900),
        "LT": (SignatureForm.CADES_LT, 600),
        "LTA": (SignatureForm.CADES_LTA, 800),
    }
    made = {level: world.sign(CONTENT, form) for level, (form, _) in forms.items()}
    signed = (CONTENT, world.citizen.der)
    ask = partial(_verify, world)
    everything = tuple(
        Target(name=f"CAdES-{level}", sample=data, ask=ask, signed=signed, share=forms[level][1])
        for level, data in made.items()
    )
    detached = world.sign(CONTENT, SignatureForm.CADES_T, detached=True)
    indefinite = _indefinite(made["T"])
    return (
        *everything,
        Target(
            name="CAdES-T, detached",
            sample=detached,
            ask=partial(_verify, world, content=CONTENT),
            signed=(world.citizen.der,),
        ),
        Target(name="CAdES-T, BER", sample=indefinite, ask=ask, mutate=(mutators.raw,), signed=signed),
        Target(name="two signers", sample=_two_signers(world, made["B"]), ask=ask, signed=signed),
    )


def _indefinite(data: bytes) -> bytes:
    from tests.property.mutants import to_indefinite

    return to_indefinite(data, [True])


def _two_signers(world: World, first: bytes) -> bytes:
    return world.sign(first, SignatureForm.CADES_B)


def _documents(world: World) -> tuple[Target, ...]:
    ask = partial(_verify, world)
    text = (mutators.raw, mutators.tokens, mutators.tokens)
    xades = world.sign(XML, SignatureForm.XADES_B)
    asice = world.sign(CONTENT, SignatureForm.ASICE_B)
    entries = _entries(asice)
    inside = partial(_ask_container, world, entries)
    pdf_b = world.sign(make_pdf(), SignatureForm.PADES_B)
    pdf_lta = world.sign(make_pdf(), SignatureForm.PADES_LTA)
    return (
        Target(name="XAdES", sample=xades, ask=ask, mutate=text, signed=("سلام".encode(),), share=1500),
        Target(name="ASiC-E", sample=asice, ask=ask, mutate=(mutators.raw,), share=1500),
        Target(name="ASiC-E, signatures", sample=entries[SIGNATURES], ask=inside, mutate=text, share=1000),
        Target(name="PAdES-B", sample=pdf_b, ask=ask, mutate=text, signed=_covered(pdf_b), share=600),
        Target(name="PAdES-LTA", sample=pdf_lta, ask=ask, mutate=text, signed=_covered(pdf_lta), share=300),
    )


def _entries(container: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(container)) as opened:
        return {entry: opened.read(entry) for entry in opened.namelist()}


def _ask_container(world: World, entries: dict[str, bytes], signatures: bytes) -> bool:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as container:
        for entry, data in (entries | {SIGNATURES: signatures}).items():
            container.writestr(entry, data)
    return _verify(world, packed.getvalue())


def _covered(pdf: bytes) -> tuple[bytes, ...]:
    """What the first signature of a PDF is about."""
    start = pdf.index(b"/ByteRange [") + len(b"/ByteRange [")
    numbers = [int(number) for number in pdf[start : pdf.index(b"]", start)].split()]
    return pdf[: numbers[1]], pdf[numbers[2] : numbers[2] + numbers[3]]


def _jose(world: World) -> tuple[Target, ...]:
    jws = world.sign(CONTENT, SignatureForm.JWS)
    jades = world.sign(CONTENT, SignatureForm.JADES_B)
    made = {"JWS": jws, "JAdES": jades, "JWS, JSON": _flattened(jws)}
    ask, mutate = partial(_verify, world), (mutators.raw, mutators.jose, mutators.jose)
    return tuple(
        Target(name=kind, sample=data, ask=ask, mutate=mutate, signed=_jose_parts(data), share=900)
        for kind, data in made.items()
    )


def _flattened(compact: bytes) -> bytes:
    protected, payload, signature = compact.decode("ascii").strip().split(".")
    return json.dumps({"payload": payload, "protected": protected, "signature": signature}).encode()


def _jose_parts(data: bytes) -> tuple[bytes, ...]:
    if not data.startswith(b"{"):
        return tuple(data.strip().split(b".")[:2])
    whole = json.loads(data)
    return whole["protected"].encode(), whole["payload"].encode()


def _revocation(world: World) -> tuple[Target, ...]:
    from tests.unit.trust.revocation_pki import DAY, RevocationPKI, answer, crl, entry, point

    pki = RevocationPKI()
    users = point(only_contains_user_certs=True)
    revoked = crl(pki.ca, [entry(pki.leaf, NOW - DAY, "keyCompromise"), entry(pki.other, NOW)], extra=[users])
    bad = ocsp.OCSPCertStatus.REVOKED
    told = answer(pki.leaf, pki.ca, pki.responder, bad, revoked_at=NOW - DAY, enclosed=[pki.responder])
    list_tbs = x509.load_der_x509_crl(revoked).tbs_certlist_bytes
    answer_tbs = ocsp.load_der_ocsp_response(told).tbs_response_bytes
    beside = tlv("A0", tlv("30", pki.responder.der))

    def of_list(data: bytes) -> bool:
        return pki.status(data=ValidationData(crls=(data,))).state is RevocationState.GOOD

    def of_answer(data: bytes) -> bool:
        return pki.status(data=ValidationData(ocsp=(data,))).state is RevocationState.GOOD

    def signed_list(tbs: bytes) -> bool:
        of_list(signed_by(pki.ca, tbs))
        return False

    def signed_answer(tbs: bytes) -> bool:
        basic = signed_by(pki.responder, tbs, beside)
        kind = bytes.fromhex("06092B0601050507300101")
        of_answer(tlv("30", tlv("0A", b"\0"), tlv("A0", tlv("30", kind, tlv("04", basic)))))
        return False

    quiet = {"believed": False, "signed": None}
    return (
        Target(name="CRL", sample=revoked, ask=of_list, share=700, **quiet),  # type: ignore[arg-type]
        Target(name="OCSP", sample=told, ask=of_answer, share=700, **quiet),  # type: ignore[arg-type]
        Target(name="CRL, signed", sample=list_tbs, ask=signed_list, believed=False, share=600),
        Target(name="OCSP, signed", sample=answer_tbs, ask=signed_answer, believed=False, share=600),
        *_certificates(world, pki),
    )


def _certificates(world: World, pki: object) -> tuple[Target, ...]:
    root = issue(name(COMMON_NAME="Root"), ca=True)
    constraints = _constraints()
    authority = issue(name(COMMON_NAME="Authority"), root, ca=True, path_length=3, extra=constraints)
    subject = name(COUNTRY_NAME="IR", COMMON_NAME="Citizen")
    leaf = issue(subject, authority, usage=("content_commitment",), extra=constraints[:1])
    policy = dataclasses.replace(
        world.policy,
        anchors=smartid.TrustStore.from_certificates(root.der),
        revocation=RevocationRule.IF_KNOWN,
    )

    def believe(certificate: bytes, *between: bytes) -> bool:
        data = ValidationData(certificates=between)
        usage = CertificateUsage.DOCUMENT_SIGNATURE
        return validate_path(certificate, policy, NOW, usage, data=data).failure is None

    def of_leaf(tbs: bytes) -> bool:
        return believe(signed_by(authority, tbs), authority.der)

    def of_authority(tbs: bytes) -> bool:
        return believe(leaf.der, signed_by(root, tbs))

    wild = (mutators.der, mutators.der, mutators.raw)
    tbs = {
        "leaf": leaf.certificate.tbs_certificate_bytes,
        "authority": authority.certificate.tbs_certificate_bytes,
    }
    return (
        Target(
            name="certificate",
            sample=leaf.der,
            ask=lambda data: believe(data, authority.der),
            signed=(tbs["leaf"],),
        ),
        Target(name="certificate, signed", sample=tbs["leaf"], ask=of_leaf, mutate=wild, share=900),
        Target(name="authority, signed", sample=tbs["authority"], ask=of_authority, mutate=wild, share=900),
        *(
            Target(
                name=f"{extension.oid._name}, signed",
                sample=extension.public_bytes(),
                ask=partial(_constrained, root, subject, extension.oid, believe),
                mutate=wild,
                share=150,
            )
            for extension, _ in (*constraints, (_MAPPINGS, True))
        ),
    )


def _constraints() -> tuple[tuple[x509.ExtensionType, bool], ...]:
    any_policy, other = x509.ObjectIdentifier("2.5.29.32.0"), x509.ObjectIdentifier("1.2.3.4")
    policies = [x509.PolicyInformation(oid, None) for oid in (any_policy, other)]
    names = [x509.DirectoryName(name(COUNTRY_NAME="IR")), x509.RFC822Name("example.ir"), x509.DNSName("ir")]
    return (
        (x509.CertificatePolicies(policies), False),
        (x509.NameConstraints(names, [x509.UniformResourceIdentifier("bad.example")]), True),
        (x509.PolicyConstraints(3, 2), True),
        (x509.InhibitAnyPolicy(4), True),
    )


def _constrained(
    root: Party, subject: x509.Name, oid: x509.ObjectIdentifier, believe: Callable[..., bool], value: bytes
) -> bool:
    """Put broken bytes in place of a constraint of an authority that signs well all the same."""
    extension = (x509.UnrecognizedExtension(oid, value), True)
    key = _KEY_OF_CONSTRAINED
    authority = issue(name(COMMON_NAME="Authority"), root, ca=True, key=key, extra=(extension,))
    leaf = issue(subject, authority, usage=("content_commitment",), key=_OTHER_KEY)
    return believe(leaf.der, authority.der)


_OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
_MAPPINGS = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("2.5.29.33"), bytes.fromhex("300C300A06032A030406032A0305")
)
_KEY_OF_CONSTRAINED = ec.generate_private_key(ec.SECP256R1())


def _stamps(world: World) -> tuple[Target, ...]:
    token = world.stamper.stamp(DIGEST, "sha256")
    from asn1crypto import cms

    info = bytes(cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"])

    def of_token(data: bytes) -> bool:
        return verify_time_stamp(data, lambda _: DIGEST, world.policy, NOW).passed

    def signed_info(content: bytes) -> bool:
        of_token(signed_anew(token, content, world.stamper.party))
        return False

    request = time_stamp_request(DIGEST, "sha256")
    response = tlv("30", tlv("30", b"\x02\x01\x00"), token)

    def of_response(data: bytes) -> bool:
        with suppress(FetchFailed):
            read_response(data, request)
        return False

    party = world.stamper.party
    return (
        Target(name="time stamp", sample=token, ask=of_token, signed=(info, party.der), share=1200),
        Target(name="time stamp, signed", sample=info, ask=signed_info, believed=False, share=900),
        Target(name="time-stamp answer", sample=response, ask=of_response, believed=False),
    )


def _cards(world: World) -> tuple[Target, ...]:
    from tests.property.by_hand import sign_by_hand
    from tests.unit.trust.test_master_list import content_of, csca

    country = world.country
    chip = ec.generate_private_key(ec.SECP256R1())
    groups = data_groups(Party(chip, country.root.certificate).spki)
    lds = security_object(groups)
    sod = sign_by_hand(lds, country.document_signer)
    certificates = {"authentication": country.citizen().der, "signature": country.citizen("signature").der}
    verifier = Verifier(dataclasses.replace(world.policy))

    def of_sod(data: bytes) -> bool:
        return verifier.assess(Card(country, chip, groups, data, certificates).evidence()).passed

    def signed_lds(content: bytes) -> bool:
        of_sod(tlv("77", signed_anew(bare, content, country.document_signer)))
        return False

    def of_group(number: int, data: bytes) -> bool:
        changed = groups | {number: data}
        return verifier.assess(Card(country, chip, changed, sod, certificates).evidence()).passed

    def signed_group(number: int, data: bytes) -> bool:
        changed = groups | {number: data}
        anew = sign_by_hand(security_object(changed), country.document_signer)
        return verifier.assess(Card(country, chip, changed, anew, certificates).evidence()).passed

    bare = sod[sod.index(b"\x30\x82") :]
    evidence = Card(country, chip, groups, sod, certificates).evidence().to_json().encode()
    master = _signed_list(country, content_of(country.csca.der, csca(1).der, csca(2).der))
    content = content_of(country.csca.der, csca(1).der, csca(2).der)

    def of_list(data: bytes) -> bool:
        try:
            return bool(read_master_list(data, world.policy).store)
        except NotTrusted:
            return False

    def bare_list(data: bytes) -> bool:
        return bool(read_bare_list(data).store)

    return (
        Target(name="EF.SOD", sample=sod, ask=of_sod, signed=(lds,), share=500),
        Target(name="EF.SOD, signed", sample=lds, ask=signed_lds, believed=False, share=300),
        Target(name="DG1", sample=groups[1], ask=partial(of_group, 1), signed=None, share=100),
        Target(name="DG15", sample=groups[15], ask=partial(of_group, 15), signed=None, share=100),
        *(
            Target(
                name=f"DG{number}, signed",
                sample=groups[number],
                ask=partial(signed_group, number),
                share=300,
            )
            for number in (1, 11, 14, 15)
        ),
        Target(
            name="evidence",
            sample=evidence,
            ask=partial(_verify, world),
            mutate=(mutators.raw, mutators.jose, mutators.tokens),
            share=500,
        ),
        Target(name="master list", sample=master, ask=of_list, signed=(content[-40:],), share=600),
        Target(name="bare list", sample=content, ask=bare_list, share=400),
    )


def _signed_list(country: object, content: bytes) -> bytes:
    from cryptography.x509 import ObjectIdentifier

    from tests.property.by_hand import sign_by_hand

    party = issue(
        name(COUNTRY_NAME="IR", COMMON_NAME="Test Master List Signer"),
        country.csca,  # type: ignore[attr-defined]
        usage=("digital_signature",),
        extended=(ObjectIdentifier("2.23.136.1.1.3"),),
    )
    sod = sign_by_hand(content, party, MASTER_LIST_OID)
    return sod[sod.index(b"\x30") :]


def _logins(world: World) -> tuple[Target, ...]:
    holder, beside = world.country.citizen(), world.country.citizen("signature")
    signer = SoftwareSigner(holder.key, holder.der)
    challenge = smartid.Challenge("https://example.ir", "n" * 44)
    algorithms = (SupportedAlgorithm.of(SignatureAlgorithm.ES256),)
    signing = [SigningCertificate(certificate=beside.der, algorithms=algorithms)]
    plain = make_token(signer, challenge)
    tokens = {"1.0": plain, "1.1": make_token(signer, challenge, signing=signing)}

    def accept(token: smartid.AuthToken | bytes) -> bool:
        try:
            read = smartid.parse_token(token) if isinstance(token, bytes) else token
            return smartid.validate_token(read, challenge, world.policy).verdict.passed
        except smartid.BadToken:
            return False

    def of_certificate(data: bytes) -> bool:
        return accept(dataclasses.replace(plain, certificate=data))

    def of_signing_certificate(data: bytes) -> bool:
        entry = dataclasses.replace(signing[0], certificate=data)
        return accept(dataclasses.replace(tokens["1.1"], signing_certificates=(entry,)))

    def of_signature(data: bytes) -> bool:
        return accept(dataclasses.replace(plain, signature=data))

    tbs = holder.certificate.tbs_certificate_bytes
    beside_tbs = beside.certificate.tbs_certificate_bytes
    return (
        *(
            Target(
                name=f"login token {version}",
                sample=token.to_json().encode(),
                ask=accept,
                mutate=(mutators.raw, mutators.jose, mutators.tokens),
                signed=_token_parts(token),
                share=500,
            )
            for version, token in tokens.items()
        ),
        Target(name="login certificate", sample=holder.der, ask=of_certificate, signed=(tbs,), share=300),
        Target(
            name="login signing certificate",
            sample=beside.der,
            ask=of_signing_certificate,
            signed=(beside_tbs,),
            share=200,
        ),
        Target(
            name="login signature",
            sample=plain.signature,
            ask=of_signature,
            mutate=(mutators.raw,),
            signed=None,
            share=200,
        ),
    )


def _token_parts(token: smartid.AuthToken) -> tuple[bytes, ...]:
    """What a token that is accepted has in it, as it was."""
    members = token.as_dict()
    entries = members.get("unverifiedSigningCertificates", [])
    texts = [members["unverifiedCertificate"], members["signature"], *(one["certificate"] for one in entries)]
    for place, member in [
        (members, "unverifiedIntermediateCertificates"),
        *((one, "intermediateCertificates") for one in entries),
    ]:
        texts += place.get(member, [])
    return tuple(text.encode() for text in texts)


FAMILIES: dict[str, Callable[[World], tuple[Target, ...]]] = {
    "CMS": _cms,
    "documents": _documents,
    "JOSE": _jose,
    "revocation": _revocation,
    "time stamps": _stamps,
    "cards": _cards,
    "logins": _logins,
    "services": services,
    "voting": voting,
}


def targets() -> tuple[Target, ...]:
    """Make every sample anew."""
    world = World()
    return tuple(target for family in FAMILIES.values() for target in family(world))
