"""The board: everything public about an election, in the order in which it happened, in one file."""
