"""CAdES: making, raising and reading CMS signatures (ETSI EN 319 122-1)."""
