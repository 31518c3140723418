"""What every service does in the same way: steps, states, keys, limits, proofs."""
