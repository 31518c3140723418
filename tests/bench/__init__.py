"""Measurements: each a figure beside a baseline of the same run."""
