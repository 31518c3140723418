"""A card operating system: everything that stands at the other end of the wire."""
