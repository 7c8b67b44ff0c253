"""How people come in: one login page, every door at once."""

from aglais_authenticators.authenticator import AglaisAuthenticator

__all__ = ["AglaisAuthenticator"]
