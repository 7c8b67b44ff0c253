"""The rules of the accounts service, one noun a module."""

from __future__ import annotations

from aglais_accounts.managers.accounts import AccountManager
from aglais_accounts.managers.base import AccountsManager
from aglais_accounts.managers.departures import DepartureManager
from aglais_accounts.managers.levels import LevelManager
from aglais_hub.service import Context

__all__ = ["Managers"]


class Managers(AccountsManager):
    """All managers of the service, on one context."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.accounts = AccountManager(context)
        self.departures = DepartureManager(context)
        self.levels = LevelManager(context)
