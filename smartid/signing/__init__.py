"""Signatures on documents: who can sign, and in which form. Needs no card and no reader."""
