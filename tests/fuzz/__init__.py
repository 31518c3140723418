"""Broken input of every kind, made from good samples: thousands in the tests, more with ``./dev fuzz``."""
