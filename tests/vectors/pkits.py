"""The cases of NIST's Public Key Interoperability Test Suite: Path Validation, 1.0.1 (2011-04-14).

Certificates and lists come from the package ``cryptography-vectors``. NIST names each end certificate after
its case: whether the path is valid, what is tested, and the number in the section. Some cases have several
parts, which differ in the initial settings; these are typed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import cryptography_vectors

from smartid.trust.algorithms import AlgorithmPolicy
from smartid.trust.policy import PathConstraints, Policy, RevocationRule
from smartid.trust.store import Anchor, TrustStore
from smartid.trust.x509 import parse_certificate

FOLDER = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data"
AT = datetime(2022, 5, 1, tzinfo=UTC)
NIST_TEST_POLICY = "2.16.840.1.101.3.2.1.48."
ALGORITHMS = AlgorithmPolicy(hashes=frozenset({"sha1", "sha256"}), min_rsa_bits=1024, min_dsa_bits=1024)

SECTIONS = {
    "4.1": """
        ValidCertificatePathTest1 InvalidCASignatureTest2 InvalidEESignatureTest3 ValidDSASignaturesTest4
        ValidDSAParameterInheritanceTest5 InvalidDSASignatureTest6
    """,
    "4.2": """
        InvalidCAnotBeforeDateTest1 InvalidEEnotBeforeDateTest2 Validpre2000UTCnotBeforeDateTest3
        ValidGeneralizedTimenotBeforeDateTest4 InvalidCAnotAfterDateTest5 InvalidEEnotAfterDateTest6
        Invalidpre2000UTCEEnotAfterDateTest7 ValidGeneralizedTimenotAfterDateTest8
    """,
    "4.3": """
        InvalidNameChainingTest1 InvalidNameChainingOrderTest2 ValidNameChainingWhitespaceTest3
        ValidNameChainingWhitespaceTest4 ValidNameChainingCapitalizationTest5 ValidNameUIDsTest6
        ValidRFC3280MandatoryAttributeTypesTest7 ValidRFC3280OptionalAttributeTypesTest8
        ValidUTF8StringEncodedNamesTest9 ValidRolloverfromPrintableStringtoUTF8StringTest10
        ValidUTF8StringCaseInsensitiveMatchTest11
    """,
    "4.4": """
        InvalidMissingCRLTest1 InvalidRevokedCATest2 InvalidRevokedEETest3 InvalidBadCRLSignatureTest4
        InvalidBadCRLIssuerNameTest5 InvalidWrongCRLTest6 ValidTwoCRLsTest7
        InvalidUnknownCRLEntryExtensionTest8 InvalidUnknownCRLExtensionTest9
        InvalidUnknownCRLExtensionTest10 InvalidOldCRLnextUpdateTest11 Invalidpre2000CRLnextUpdateTest12
        ValidGeneralizedTimeCRLnextUpdateTest13 ValidNegativeSerialNumberTest14
        InvalidNegativeSerialNumberTest15 ValidLongSerialNumberTest16 ValidLongSerialNumberTest17
        InvalidLongSerialNumberTest18 ValidSeparateCertificateandCRLKeysTest19
        InvalidSeparateCertificateandCRLKeysTest20 InvalidSeparateCertificateandCRLKeysTest21
    """,
    "4.5": """
        ValidBasicSelfIssuedOldWithNewTest1 InvalidBasicSelfIssuedOldWithNewTest2
        ValidBasicSelfIssuedNewWithOldTest3 ValidBasicSelfIssuedNewWithOldTest4
        InvalidBasicSelfIssuedNewWithOldTest5 ValidBasicSelfIssuedCRLSigningKeyTest6
        InvalidBasicSelfIssuedCRLSigningKeyTest7 InvalidBasicSelfIssuedCRLSigningKeyTest8
    """,
    "4.6": """
        InvalidMissingbasicConstraintsTest1 InvalidcAFalseTest2 InvalidcAFalseTest3
        ValidbasicConstraintsNotCriticalTest4 InvalidpathLenConstraintTest5 InvalidpathLenConstraintTest6
        ValidpathLenConstraintTest7 ValidpathLenConstraintTest8 InvalidpathLenConstraintTest9
        InvalidpathLenConstraintTest10 InvalidpathLenConstraintTest11 InvalidpathLenConstraintTest12
        ValidpathLenConstraintTest13 ValidpathLenConstraintTest14 ValidSelfIssuedpathLenConstraintTest15
        InvalidSelfIssuedpathLenConstraintTest16 ValidSelfIssuedpathLenConstraintTest17
    """,
    "4.7": """
        InvalidkeyUsageCriticalkeyCertSignFalseTest1 InvalidkeyUsageNotCriticalkeyCertSignFalseTest2
        ValidkeyUsageNotCriticalTest3 InvalidkeyUsageCriticalcRLSignFalseTest4
        InvalidkeyUsageNotCriticalcRLSignFalseTest5
    """,
    "4.8": """
        ValidCertificatePathTest1 AllCertificatesNoPoliciesTest2 DifferentPoliciesTest3
        DifferentPoliciesTest4 DifferentPoliciesTest5 OverlappingPoliciesTest6 DifferentPoliciesTest7
        DifferentPoliciesTest8 DifferentPoliciesTest9 AllCertificatesSamePoliciesTest10
        AllCertificatesanyPolicyTest11 DifferentPoliciesTest12 AllCertificatesSamePoliciesTest13
        AnyPolicyTest14
    """,
    "4.9": """
        ValidrequireExplicitPolicyTest1 ValidrequireExplicitPolicyTest2 InvalidrequireExplicitPolicyTest3
        ValidrequireExplicitPolicyTest4 InvalidrequireExplicitPolicyTest5
        ValidSelfIssuedrequireExplicitPolicyTest6 InvalidSelfIssuedrequireExplicitPolicyTest7
        InvalidSelfIssuedrequireExplicitPolicyTest8
    """,
    "4.10": """
        ValidPolicyMappingTest1 InvalidPolicyMappingTest2 ValidPolicyMappingTest3
        InvalidPolicyMappingTest4 ValidPolicyMappingTest5 ValidPolicyMappingTest6
        InvalidMappingFromanyPolicyTest7 InvalidMappingToanyPolicyTest8 ValidPolicyMappingTest9
        InvalidPolicyMappingTest10 ValidPolicyMappingTest11 ValidPolicyMappingTest13
        ValidPolicyMappingTest14
    """,
    "4.11": """
        InvalidinhibitPolicyMappingTest1 ValidinhibitPolicyMappingTest2 InvalidinhibitPolicyMappingTest3
        ValidinhibitPolicyMappingTest4 InvalidinhibitPolicyMappingTest5 InvalidinhibitPolicyMappingTest6
        ValidSelfIssuedinhibitPolicyMappingTest7 InvalidSelfIssuedinhibitPolicyMappingTest8
        InvalidSelfIssuedinhibitPolicyMappingTest9 InvalidSelfIssuedinhibitPolicyMappingTest10
        InvalidSelfIssuedinhibitPolicyMappingTest11
    """,
    "4.12": """
        InvalidinhibitAnyPolicyTest1 ValidinhibitAnyPolicyTest2 inhibitAnyPolicyTest3
        InvalidinhibitAnyPolicyTest4 InvalidinhibitAnyPolicyTest5 InvalidinhibitAnyPolicyTest6
        ValidSelfIssuedinhibitAnyPolicyTest7 InvalidSelfIssuedinhibitAnyPolicyTest8
        ValidSelfIssuedinhibitAnyPolicyTest9 InvalidSelfIssuedinhibitAnyPolicyTest10
    """,
    "4.13": """
        ValidDNnameConstraintsTest1 InvalidDNnameConstraintsTest2 InvalidDNnameConstraintsTest3
        ValidDNnameConstraintsTest4 ValidDNnameConstraintsTest5 ValidDNnameConstraintsTest6
        InvalidDNnameConstraintsTest7 InvalidDNnameConstraintsTest8 InvalidDNnameConstraintsTest9
        InvalidDNnameConstraintsTest10 ValidDNnameConstraintsTest11 InvalidDNnameConstraintsTest12
        InvalidDNnameConstraintsTest13 ValidDNnameConstraintsTest14 InvalidDNnameConstraintsTest15
        InvalidDNnameConstraintsTest16 InvalidDNnameConstraintsTest17 ValidDNnameConstraintsTest18
        ValidDNnameConstraintsTest19 InvalidDNnameConstraintsTest20 ValidRFC822nameConstraintsTest21
        InvalidRFC822nameConstraintsTest22 ValidRFC822nameConstraintsTest23
        InvalidRFC822nameConstraintsTest24 ValidRFC822nameConstraintsTest25
        InvalidRFC822nameConstraintsTest26 ValidDNandRFC822nameConstraintsTest27
        InvalidDNandRFC822nameConstraintsTest28 InvalidDNandRFC822nameConstraintsTest29
        ValidDNSnameConstraintsTest30 InvalidDNSnameConstraintsTest31 ValidDNSnameConstraintsTest32
        InvalidDNSnameConstraintsTest33 ValidURInameConstraintsTest34 InvalidURInameConstraintsTest35
        ValidURInameConstraintsTest36 InvalidURInameConstraintsTest37 InvalidDNSnameConstraintsTest38
    """,
    "4.14": """
        ValiddistributionPointTest1 InvaliddistributionPointTest2 InvaliddistributionPointTest3
        ValiddistributionPointTest4 ValiddistributionPointTest5 InvaliddistributionPointTest6
        ValiddistributionPointTest7 InvaliddistributionPointTest8 InvaliddistributionPointTest9
        ValidNoissuingDistributionPointTest10 InvalidonlyContainsUserCertsTest11
        InvalidonlyContainsCACertsTest12 ValidonlyContainsCACertsTest13
        InvalidonlyContainsAttributeCertsTest14 InvalidonlySomeReasonsTest15 InvalidonlySomeReasonsTest16
        InvalidonlySomeReasonsTest17 ValidonlySomeReasonsTest18 ValidonlySomeReasonsTest19
        InvalidonlySomeReasonsTest20 InvalidonlySomeReasonsTest21 ValidIDPwithindirectCRLTest22
        InvalidIDPwithindirectCRLTest23 ValidIDPwithindirectCRLTest24 ValidIDPwithindirectCRLTest25
        InvalidIDPwithindirectCRLTest26 InvalidcRLIssuerTest27 ValidcRLIssuerTest28 ValidcRLIssuerTest29
        ValidcRLIssuerTest30 InvalidcRLIssuerTest31 InvalidcRLIssuerTest32 ValidcRLIssuerTest33
        InvalidcRLIssuerTest34 InvalidcRLIssuerTest35
    """,
    "4.15": """
        InvaliddeltaCRLIndicatorNoBaseTest1 ValiddeltaCRLTest2 InvaliddeltaCRLTest3 InvaliddeltaCRLTest4
        ValiddeltaCRLTest5 InvaliddeltaCRLTest6 ValiddeltaCRLTest7 ValiddeltaCRLTest8 InvaliddeltaCRLTest9
        InvaliddeltaCRLTest10
    """,
    "4.16": """
        ValidUnknownNotCriticalCertificateExtensionTest1 InvalidUnknownCriticalCertificateExtensionTest2
    """,
}
"""End certificates of each section, by the number at the end; 4.10.12 and others show notices to a user."""

SETTINGS = {
    "4.8.1": "+ +E +1E -2E +2 +12",
    "4.8.2": "+ -E",
    "4.8.3": "+ -E -12E",
    "4.8.4": "-",
    "4.8.5": "-",
    "4.8.6": "+ +1 -2 -2E",
    "4.8.7": "-",
    "4.8.8": "-",
    "4.8.9": "-",
    "4.8.10": "+ +1 +2",
    "4.8.11": "+ +1",
    "4.8.12": "-",
    "4.8.13": "+ +1 +2 +3 +12",
    "4.8.14": "+ +1 +12 -2",
    "4.10.1": "+1 -2 -M -1M",
    "4.10.2": "- -M",
    "4.10.3": "-1 +2",
    "4.10.5": "+1 -6",
    "4.10.6": "+1 -6",
    "4.12.3": "+ -A",
}
"""Parts of a case: + valid or - not; digits, the initial policy set (NIST-test-policy-1 and so on); then
E initial-explicit-policy, M initial-policy-mapping-inhibit, A initial-any-policy-inhibit."""


@dataclass(frozen=True)
class Case:
    """One part of one case."""

    number: str
    certificate: str
    valid: bool
    settings: str = ""

    def __str__(self) -> str:
        return f"{self.number}{self.settings}-{self.certificate}"

    @property
    def der(self) -> bytes:
        return (FOLDER / "certs" / f"{self.certificate}EE.crt").read_bytes()

    @property
    def policy(self) -> Policy:
        wanted = frozenset(NIST_TEST_POLICY + digit for digit in self.settings if digit.isdigit())
        constraints = PathConstraints(
            explicit_policy="E" in self.settings,
            inhibit_policy_mapping="M" in self.settings,
            inhibit_any_policy="A" in self.settings,
        )
        return Policy(
            anchors=everything(),
            algorithms=ALGORITHMS,
            revocation=RevocationRule.ALWAYS,
            certificate_policies=wanted,
            path_constraints=constraints,
        )


def cases() -> Iterator[Case]:
    for section, names in SECTIONS.items():
        for name in names.split():
            found = re.search(r"Test(\d+)$", name)
            assert found
            number = f"{section}.{found[1]}"
            valid = "+" if name.startswith("Valid") else "-"
            for part in SETTINGS.get(number, valid).split():
                yield Case(number, name, part[0] == "+", part[1:])


@cache
def everything() -> TrustStore:
    """All authorities and all lists at once, as a relying party with a full directory has them."""
    anchor = parse_certificate((FOLDER / "certs" / "TrustAnchorRootCertificate.crt").read_bytes())
    files = sorted((FOLDER / "certs").glob("*.crt"))
    others = [parse_certificate(file.read_bytes()) for file in files if not file.name.endswith("EE.crt")]
    return TrustStore(
        anchors=(Anchor(certificate=anchor, origin="PKITS"),),
        intermediates=tuple(item for item in others if item.der != anchor.der),
        crls=tuple(file.read_bytes() for file in sorted((FOLDER / "crls").glob("*.crl"))),
    )
