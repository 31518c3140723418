"""What anyone can check with a copy of the board and nothing else."""
