"""Simulators of those whom a service talks to: bank, switch, fuel office; each a process of its own."""
