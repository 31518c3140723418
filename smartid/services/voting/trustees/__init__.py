"""Trustees: whose keys the result needs, and who decrypt nothing else.

::

    published  keys with proofs, signed texts            keys     a secret exponent, in a file
    threshold  what a group of trustees publishes        safe     a trustee's folder
    record     the public record of all trustees         shares   a trustee's part of the result
    sealing    texts that one trustee can read           process  a trustee as a process
    exchanged  what members of a group send around
    pedersen   a ceremony: keys of which some suffice    host     starts trustees, carries their messages
    partial    shares                                    combine  from shares to numbers
    exchange   a ceremony by mail                        limits   what a trustee does not decrypt
    mute       secrets that say nothing                  steps    what is in a folder after each step
"""
