"""The status of certificates: revocation lists and OCSP, behind ``smartid.trust.revocation``."""
