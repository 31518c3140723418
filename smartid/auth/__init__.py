"""Logins: challenges, tokens and who may come in. Needs no card."""
