"""JSON Web Signatures (RFC 7515) and JAdES (ETSI TS 119 182-1)."""
