"""The live card: connect, read, unlock."""
