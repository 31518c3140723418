"""An OpenID Connect provider whose users log in with a national card."""
