"""The names of signatures: formats, baseline levels, and the pairs of them that can be made."""

from __future__ import annotations

from enum import Enum, StrEnum


class SignatureFamily(StrEnum):
    """A format of signed documents, as ``smartid sign --form`` spells it."""

    CADES = "cades"
    PADES = "pades"
    XADES = "xades"
    ASICE = "asice"
    JWS = "jws"
    JADES = "jades"


class Level(StrEnum):
    """Baseline levels of ETSI EN 319 122-1, 132-1, 142-1 and TS 119 182-1.

    B    the signature, its signed attributes and the signer's certificate
    T    and a time stamp: proof that it existed at a time
    LT   and everything that is needed to validate it later: certificates and revocation data
    LTA  and a time stamp over all of that, to be renewed before its algorithms age
    """

    B = "B"
    T = "T"
    LT = "LT"
    LTA = "LTA"

    @property
    def rank(self) -> int:
        """Place in the order of the levels, 0 for B."""
        return list(Level).index(self)


class SignatureForm(Enum):
    """What ``sign`` can make."""

    CADES_B = (SignatureFamily.CADES, Level.B)
    CADES_T = (SignatureFamily.CADES, Level.T)
    CADES_LT = (SignatureFamily.CADES, Level.LT)
    CADES_LTA = (SignatureFamily.CADES, Level.LTA)
    PADES_B = (SignatureFamily.PADES, Level.B)
    PADES_T = (SignatureFamily.PADES, Level.T)
    PADES_LT = (SignatureFamily.PADES, Level.LT)
    PADES_LTA = (SignatureFamily.PADES, Level.LTA)
    XADES_B = (SignatureFamily.XADES, Level.B)
    ASICE_B = (SignatureFamily.ASICE, Level.B)
    JWS = (SignatureFamily.JWS, Level.B)
    JADES_B = (SignatureFamily.JADES, Level.B)

    @property
    def family(self) -> SignatureFamily:
        """The format."""
        return self.value[0]

    @property
    def level(self) -> Level:
        """The baseline level."""
        return self.value[1]
