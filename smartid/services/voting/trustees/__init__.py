"""Trustees: whose keys the result needs, and who decrypt nothing else.

::

    statements  what trustees prove and sign        keys      a secret exponent, in a file
    record      the public record of all trustees   safe      a trustee's folder
    sealing     texts for one recipient             shares    a trustee's part of the result
    pedersen    keys of which some suffice          process   a trustee as a process; host drives it
"""
