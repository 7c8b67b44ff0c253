"""Pages of SSH keys: the list with its forms, what a site would give, one key, its removal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aglais_accounts.handlers.base import AccountPart
from aglais_accounts.handlers.keys import KeyForms
from aglais_accounts.managers.grants import READ_GRANTS
from aglais_accounts.managers.keys import WRITE_KEYS
from aglais_hub.errors import (
    AglaisError,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    TooManyRequests,
    Unavailable,
)
from aglais_hub.models.keys import (
    FoundState,
    KeySite,
    SshGrant,
    SshKey,
    SshKeyEdit,
    SshKeyFetch,
    SshKeyGeneration,
    SshKeyRequest,
)
from aglais_hub.service import Route
from aglais_hub.web.actions import ActionPage
from aglais_hub.web.pages import EditorPage, ThingPage

__all__ = ["ROUTES"]

REFUSALS = (InvalidRequest, Conflict, Forbidden, NotFound, TooManyRequests, Unavailable)
"""What is told above the forms; anything else is a page of its own."""


class KeysPage(KeyForms, AccountPart):
    """The keys of an account, and the forms that add some."""

    async def get(self, name: str) -> None:
        """Show them."""
        await self.show(name)

    async def post(self, name: str) -> None:
        """Add a key that was pasted."""
        await self.adding(name, self._add)

    async def _add(self, name: str) -> SshKey:
        return await self.manager.keys.add(self.actor, name, self.read_body(SshKeyRequest))

    async def adding(self, name: str, work: Callable[[str], Awaitable[SshKey]]) -> None:
        """Show the new key; or the forms again, with what is wrong."""
        self.actor.require(WRITE_KEYS, self.owner)
        try:
            key = await work(name)
        except REFUSALS as problem:
            await self.show(name, problem)
        else:
            self.see_other("accounts", name, "keys", key.id)

    async def show(self, name: str, problem: AglaisError | None = None) -> None:
        """Show the keys, and the forms; never what was pasted, which may be a secret."""
        if problem:
            self.set_status(problem.status)
        grants: list[SshGrant] = []
        if self.actor.holds(READ_GRANTS, name):
            grants, _ = await self.manager.grants.grants(
                self.actor, 0, 200, cluster=None, account=name
            )
        self.page(
            "own/keys.html",
            title=f"SSH keys of {name}",
            keys=await self.manager.keys.keys(self.actor, name),
            grants=grants,
            limit=self.manager.keys.config.ssh_key_limit,
            sites=list(KeySite),
            may_write=self.actor.holds(WRITE_KEYS, name),
            keys_url=self.url("accounts", name, "keys"),
            problem=problem.message if problem else None,
        )


class KeyGenerationPage(KeysPage):
    """The form that makes a pair."""

    async def post(self, name: str) -> None:
        """Make one."""
        await self.adding(name, self._generate)

    async def _generate(self, name: str) -> SshKey:
        request = self.read_body(SshKeyGeneration)
        return await self.manager.keys.generate(self.actor, name, request)


class KeyFetchPage(KeysPage):
    """What a site publishes under a name: first shown, then added."""

    async def post(self, name: str) -> None:
        """Show what would be added; or add those that were chosen."""
        self.actor.require(WRITE_KEYS, self.owner)
        try:
            if self.get_body_argument("confirmed", ""):
                await self._add_chosen(name)
            else:
                await self._preview(name)
        except REFUSALS as problem:
            await self.show(name, problem)

    async def _add_chosen(self, name: str) -> None:
        chosen = self.get_body_arguments("fingerprint")
        if not chosen:
            raise InvalidRequest("No key was chosen; nothing was added.")
        for control in ("confirmed", "fingerprint"):
            del self.request.body_arguments[control]
        self.request.body_arguments["fingerprints"] = [" ".join(chosen).encode()]
        await self.manager.keys.fetch(self.actor, name, self.read_body(SshKeyFetch))
        self.see_other("accounts", name, "keys")

    async def _preview(self, name: str) -> None:
        request = self.read_body(SshKeyFetch)
        found = await self.manager.keys.preview(self.actor, name, request)
        self.page(
            "own/keys_found.html",
            title=f"SSH keys of {request.user} on {request.site.word}",
            request=request,
            found=found,
            new_count=sum(key.state is FoundState.NEW for key in found),
            keys_url=self.url("accounts", name, "keys"),
        )


class OneKeyPage(KeyForms, AccountPart):
    """A page of one key."""

    async def thing(self, name: str, key: str) -> SshKey:
        """Return it."""
        return await self.manager.keys.key(self.actor, name, key)

    def heading(self, path: Any) -> str:
        """Return what the page is called."""
        return f"{getattr(self, 'title', '')} of {path['name']}"


class KeyPage(OneKeyPage, ThingPage):  # type: ignore[misc]
    """A key."""

    title, template = "SSH key", "own/key.html"
    edit_scope = act_scope = WRITE_KEYS
    actions = (("Remove", "remove"),)


class KeyEditor(OneKeyPage, EditorPage):  # type: ignore[misc]
    """The form that calls a key something else."""

    title, model, edit_scope = "Edit SSH key", SshKeyEdit, WRITE_KEYS

    async def save(  # type: ignore[override]
        self, edit: SshKeyEdit, version: str | None, name: str, key: str
    ) -> SshKey:
        """Save it."""
        return await self.manager.keys.edit(self.actor, name, key, edit, version)


class KeyRemoval(AccountPart, ActionPage):
    """The question before a key is removed."""

    title, verb, act_scope = "Remove SSH key", "Remove", WRITE_KEYS
    question = "The key then opens nothing any more. A private half that is kept here is erased "
    question += "and cannot be had back."

    def heading(self, path: Any) -> str:
        """Return what the page is called."""
        return f"Remove SSH key of {path['name']}"

    async def act(self, name: str, key: str) -> None:  # type: ignore[override]
        """Remove it."""
        await self.manager.keys.remove(self.actor, name, key)


ROUTES = (
    Route("accounts/{name}/keys", KeysPage),
    Route("accounts/{name}/keys/fetch", KeyFetchPage),
    Route("accounts/{name}/keys/generate", KeyGenerationPage),
    Route("accounts/{name}/keys/{key}", KeyPage),
    Route("accounts/{name}/keys/{key}/edit", KeyEditor),
    Route("accounts/{name}/keys/{key}/remove", KeyRemoval),
)
