"""Bytes to a card and back."""
