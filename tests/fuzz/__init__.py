"""Broken input of every kind, made from good samples: a few thousand in the tests, more with ``./dev fuzz``."""
