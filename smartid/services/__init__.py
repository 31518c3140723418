"""The services of the national card: one spine, one adapter for each."""
