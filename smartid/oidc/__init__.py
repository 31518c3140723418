"""An OpenID Connect provider for sites that want none of the card's protocols. Needs the extra ``oidc``."""
