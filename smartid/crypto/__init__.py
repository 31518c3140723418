"""The few pieces of cryptography that the ``cryptography`` package does not offer."""
