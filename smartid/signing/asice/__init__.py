"""ASiC-E: containers of documents and their signatures (ETSI EN 319 162-1)."""
