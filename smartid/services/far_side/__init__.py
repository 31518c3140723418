"""Simulators of those whom a service talks to: bank, switch, fuel office. Each runs as a process of its own."""
