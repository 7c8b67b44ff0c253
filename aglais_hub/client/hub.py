"""Client of the Hub's own REST API, as far as the platform needs it."""

from __future__ import annotations

from typing import Any

from aglais_hub.client.base import ServiceClient
from aglais_hub.errors import Conflict, NotFound

__all__ = ["HubClient", "active_servers"]

HUB_PAGE = 200
"""Users to ask for at once; the Hub's own bound may be lower."""

HUB_PAGES = "application/jupyterhub-pagination+json"
"""Asks the Hub to say what follows; without it, a short answer might be all or a part."""


def active_servers(user: dict[str, Any]) -> list[str]:
    """Return the names of a user's servers that run, or are on their way up or down."""
    servers: dict[str, dict[str, Any]] = user.get("servers") or {}
    return [name for name, server in servers.items() if not server.get("stopped", False)]


class HubClient(ServiceClient):
    """Users, servers and tokens of the Hub."""

    title = "The Hub"

    async def users(self) -> list[dict[str, Any]]:
        """Return all users with their servers."""
        found: list[dict[str, Any]] = []
        window: dict[str, Any] | None = {"offset": 0, "limit": HUB_PAGE}
        while window is not None:
            query = {**window, "include_stopped_servers": "1"}
            page = (await self.request("GET", "users", query=query, accept=HUB_PAGES)).json()
            found += page["items"]
            following = page["_pagination"]["next"]
            # The Hub may give fewer at a time than it was asked for.
            window = following and {name: following[name] for name in ("offset", "limit")}
        return found

    async def user(self, name: str) -> dict[str, Any] | None:
        """Return a user, or none."""
        try:
            model: dict[str, Any] = (await self.request("GET", f"users/{name}")).json()
        except NotFound:
            return None
        return model

    async def stop_server(self, name: str, server: str = "") -> bool:
        """Stop a user's server; tell whether it is gone already (else: ask again later)."""
        which = f"servers/{server}" if server else "server"
        try:
            response = await self.request("DELETE", f"users/{name}/{which}", body={})
        except NotFound:
            return True
        return response.status_code == 204

    async def delete_user(self, name: str) -> None:
        """Delete a user; one who is not there is no error."""
        try:
            await self.request("DELETE", f"users/{name}")
        except NotFound:
            return

    async def ensure_user(self, name: str) -> None:
        """Make a user if there is none."""
        if await self.user(name) is not None:
            return
        try:
            await self.request("POST", f"users/{name}")
        except Conflict:  # Another one has, meanwhile.
            return

    async def create_token(self, name: str, note: str, seconds: int) -> str:
        """Return a new API token of a user, valid for so many seconds."""
        request = {"note": note, "expires_in": seconds}
        answer = await self.request("POST", f"users/{name}/tokens", body=request)
        return str(answer.json()["token"])

    async def join_group(self, group: str, name: str) -> None:
        """Put a user into a group; one who is in it already stays."""
        await self.request("POST", f"groups/{group}/users", body={"users": [name]})

    async def leave_group(self, group: str, name: str) -> None:
        """Take a user out of a group; one who is not in it is no error."""
        await self.request("DELETE", f"groups/{group}/users", body={"users": [name]})
