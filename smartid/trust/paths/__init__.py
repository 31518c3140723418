"""Finding and validating certification paths (RFC 5280 (2008), 6), behind ``smartid.trust.path``."""
