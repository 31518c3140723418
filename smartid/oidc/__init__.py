"""An OpenID Connect provider for sites that want none of the card's protocols.

It needs the extra ``oidc``: importing anything of it raises ExtraMissing without.
"""

from __future__ import annotations

from importlib.util import find_spec

from smartid.errors import ExtraMissing

if not all(find_spec(name) for name in ("authlib", "joserfc", "jinja2")):
    raise ExtraMissing("oidc", "An OpenID provider")
