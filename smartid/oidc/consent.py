"""What people agreed to, remembered for a while, so that they are not asked the same thing every day."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smartid.oidc.context import Context
    from smartid.oidc.request import AuthorizationRequest
    from smartid.web.sessions import SignedIn

CONSENT = "consent"


class Consents:
    """Consents under a keyed hash of client and subject: the store learns neither."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def given(self, asked: AuthorizationRequest, person: SignedIn) -> bool:
        """Tell whether the person agreed to all of it before, and need not be asked anew."""
        if "consent" in asked.prompt:
            return False
        kept = self._context.tickets.marked(CONSENT, self._name(asked, person))
        return kept is not None and set(asked.scopes) <= set(json.loads(kept))

    def remember(self, asked: AuthorizationRequest, person: SignedIn) -> None:
        """Remember what the person agreed to, in place of what was remembered."""
        value = json.dumps(asked.scopes).encode()
        name = self._name(asked, person)
        self._context.tickets.mark(CONSENT, name, self._context.lifetimes.consent, value)

    def forget(self, asked: AuthorizationRequest, person: SignedIn) -> None:
        """Forget what the person agreed to before: they have just said no."""
        self._context.tickets.unmark(CONSENT, self._name(asked, person))

    def _name(self, asked: AuthorizationRequest, person: SignedIn) -> str:
        client = self._context.clients[asked.client_id]
        return self._context.keyed("consent", client.id, self._context.subject(client, person) or "")
