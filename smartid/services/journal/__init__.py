"""Signed receipts, chained by their hashes."""
