"""The rules of the accounts service, one noun a module."""

from __future__ import annotations

from aglais_accounts.guard import PasswordGuard
from aglais_accounts.managers.accounts import AccountManager
from aglais_accounts.managers.addresses import AddressManager
from aglais_accounts.managers.base import AccountsManager
from aglais_accounts.managers.confirmations import ConfirmationManager
from aglais_accounts.managers.departures import DepartureManager
from aglais_accounts.managers.edits import EditManager
from aglais_accounts.managers.exports import ExportManager
from aglais_accounts.managers.grants import GrantManager
from aglais_accounts.managers.identities import IdentityManager
from aglais_accounts.managers.keys import KeyManager
from aglais_accounts.managers.levels import LevelManager
from aglais_accounts.managers.limits import LimitManager
from aglais_accounts.managers.logins import LoginManager
from aglais_accounts.managers.mails import MailManager
from aglais_accounts.managers.nodes import NodeManager
from aglais_accounts.managers.passwords import PasswordManager
from aglais_accounts.managers.signups import SignupManager
from aglais_accounts.managers.tokens import TokenManager
from aglais_accounts.managers.upkeep import UpkeepManager
from aglais_accounts.managers.visits import VisitManager
from aglais_accounts.steadiness import Steadiness
from aglais_hub.service import Context

__all__ = ["Managers"]


class Managers(AccountsManager):
    """All managers of the service, on one context."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.guard = PasswordGuard(self.config.password_threads, self.config.password_queue)
        self.accounts = AccountManager(context)
        self.addresses = AddressManager(context)
        self.departures = DepartureManager(context)
        self.exports = ExportManager(context)
        self.identities = IdentityManager(context)
        self.grants = GrantManager(context)
        self.keys = KeyManager(context)
        self.edits = EditManager(context)
        self.levels = LevelManager(context)
        self.limits = LimitManager(context)
        self.mails = MailManager(context)
        self.nodes = NodeManager(context)
        self.signups = SignupManager(context, self.guard)
        self.confirmations = ConfirmationManager(context, [self.signups, self.addresses])
        self.logins = LoginManager(context, self.guard)
        self.passwords = PasswordManager(context, self.guard)
        self.tokens = TokenManager(context)
        self.upkeep = UpkeepManager(context)
        self.visits = VisitManager(context)
        self.steadiness = Steadiness(self.config.guest_settle_seconds)

    async def close(self) -> None:
        """End the threads that hash passwords."""
        self.guard.close()
