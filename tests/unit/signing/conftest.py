"""The fixtures that smartid ships for its users."""

from __future__ import annotations

from smartid.testing import mock_card, test_pki, test_policy

__all__ = ["mock_card", "test_pki", "test_policy"]
