"""Wrapped conversations: functions from exchange to exchange."""
