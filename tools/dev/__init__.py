"""Everything behind ./dev."""
