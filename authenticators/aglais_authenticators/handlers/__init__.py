"""The Hub's URLs for coming in and leaving, one door a module; and for its admin panel."""

from __future__ import annotations

from aglais_authenticators.handlers.address import AddressHandler
from aglais_authenticators.handlers.base import DoorHandler
from aglais_authenticators.handlers.enter import EnterHandler
from aglais_authenticators.handlers.guest import GuestHandler
from aglais_authenticators.handlers.leave import LeaveHandler
from aglais_authenticators.handlers.login import LoginPage
from aglais_authenticators.handlers.password import PasswordHandler
from aglais_authenticators.handlers.register import FinishHandler, RegisterHandler
from aglais_authenticators.handlers.reset import NewPasswordHandler, ResetHandler
from aglais_authenticators.handlers.signup import ConfirmHandler, SentHandler, SignupHandler
from aglais_authenticators.handlers.summary import AccountsSummary

__all__ = ["ROUTES", "DoorHandler"]

ROUTES: list[tuple[str, type]] = [
    ("/login", LoginPage),
    ("/login/guest", GuestHandler),
    ("/login/password", PasswordHandler),
    ("/signup", SignupHandler),
    ("/signup/sent", SentHandler),
    # Whatever follows is taken for the code, so that none is in the log of pages not found.
    ("/confirm/(.*)", ConfirmHandler),
    ("/address/(.*)", AddressHandler),
    ("/reset", ResetHandler),
    ("/reset/(.*)", NewPasswordHandler),
    ("/enter", EnterHandler),
    ("/register", RegisterHandler),
    ("/register/finish", FinishHandler),
    ("/logout", LeaveHandler),
    ("/accounts-summary", AccountsSummary),
]
