"""How many examples a decoder of strangers' bytes gets: 2,500, and 10,000 in CI (``SMARTID_EXAMPLES``)."""

from __future__ import annotations

import os

MANY = 5 * int(os.environ.get("SMARTID_EXAMPLES", "500"))
