"""OAuth providers, any number of them, by composing oauthenticator's classes.

What they share with the other doors: they end in an account that the accounts service answered.
"""

from aglais_authenticators.providers.provider import Provider
from aglais_authenticators.providers.settings import check_providers, open_providers

__all__ = ["Provider", "check_providers", "open_providers"]
