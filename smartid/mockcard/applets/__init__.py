"""Applications with commands of their own."""
