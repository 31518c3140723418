"""Groups of prime order in which the discrete logarithm is hard."""
