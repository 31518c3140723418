"""Elections that anyone can verify, with the national card as the right to vote.

The public part is an election of Belenios, crypto version 1 (its specification 2.0 (2023)): homomorphic
ElGamal, a proof beside every ciphertext, a hash-chained archive. The card decides who may vote; what it
signed stays in a restricted log and never reaches the board.

::

    groups      where the numbers live                    board      the archive, one file UUID.bel
    election    questions, the election record            verify     everything that a stranger can check
    proofs      who knows what                            trustees   keys, and shares of the result
    ballot      what a voter sends                        tally      from shares to numbers
    roll        who may vote                              register   from a card to a credential
    box         ballots and the cards that signed them    audit      evidence against the board
"""
