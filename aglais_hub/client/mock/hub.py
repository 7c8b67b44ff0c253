"""The Hub in memory: users, servers, tokens, groups."""

from __future__ import annotations

import secrets
from typing import Any

import httpx

from aglais_hub.client.mock.service import Asked, Given, MockService, answers, refused
from aglais_hub.errors import AglaisError, Conflict, Forbidden, InvalidRequest, NotFound
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Level

__all__ = ["MockHub"]

CODE = "refused"
"""What clients call the Hub's own errors, which have no code."""


class MockHub(MockService):
    """Users and their servers; `stopping` names users whose server takes its time to stop."""

    name = "hub"

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, set[str]] = {level.group: set() for level in Level}
        self.stopping: set[str] = set()
        self.page_limit = 200

    def add_user(self, name: str, *, running: bool = False) -> dict[str, Any]:
        """Make a user, with a server that runs if so wanted."""
        self.known[name] = _user(name)
        if running:
            self.known[name] |= {"server": f"/user/{name}/", "servers": {"": _server(name)}}
        return self.known[name]

    @answers("GET", "users", "list:users")
    def users(self, asked: Asked) -> dict[str, Any] | list[dict[str, Any]]:
        """List users in parts."""
        offset = int(asked.query.get("offset", 0))
        limit = min(int(asked.query.get("limit", self.page_limit)), self.page_limit)
        part, total = list(self.known.values())[offset : offset + limit], len(self.known)
        if "pagination" not in asked.request.headers.get("Accept", ""):
            return part
        rest = {"offset": offset + limit, "limit": limit}
        rest["url"] = str(asked.request.url.copy_merge_params(rest))  # type: ignore[assignment]
        following = rest if offset + limit < total else None
        window = {"offset": offset, "limit": limit, "total": total, "next": following}
        return {"items": part, "_pagination": window}

    @answers("GET", "users/{name}", "read:users")
    def user(self, _asked: Asked, name: str) -> dict[str, Any]:
        """Return a user."""
        return self._user(name)

    def _user(self, name: str) -> dict[str, Any]:
        if name not in self.known:
            raise _no(NotFound, "Not Found")
        return self.known[name]

    @answers("POST", "users/{name}", "admin:users", status=201)
    def create_user(self, _asked: Asked, name: str) -> dict[str, Any]:
        """Make a user."""
        if name in self.known:
            raise _no(Conflict, f"User {name} already exists")
        return self.add_user(name)

    @answers("DELETE", "users/{name}", "delete:users", status=204)
    def delete_user(self, _asked: Asked, name: str) -> None:
        """Delete a user."""
        self._user(name)
        if name in self.stopping:
            raise _no(InvalidRequest, f"{name}'s server is in the process of stopping.")
        del self.known[name]
        for members in self.groups.values():
            members.discard(name)

    @answers("DELETE", "users/{name}/server", "delete:servers", status=204)
    def stop_server(self, _asked: Asked, name: str) -> Given | None:
        """Stop a user's server, at once or not."""
        user = self._user(name)
        if name in self.stopping:
            return Given(None, 202)
        user |= {"server": None, "servers": {}}
        return None

    @answers("DELETE", "users/{name}/servers/{server}", "delete:servers", status=204)
    def stop_named_server(self, _asked: Asked, name: str, server: str) -> Given | None:
        """Stop one of a user's other servers, at once or not."""
        user = self._user(name)
        if server not in user["servers"]:
            raise _no(NotFound, f"{name} has no server named '{server}'")
        if name in self.stopping:
            return Given(None, 202)
        user["servers"] = {key: one for key, one in user["servers"].items() if key != server}
        return None

    @answers("POST", "users/{name}/tokens", "tokens", status=201)
    def create_token(self, asked: Asked, name: str) -> dict[str, Any]:
        """Make a token; nothing knows it."""
        if name not in self.known:
            raise _no(Forbidden, f"Service {name} not found or no permissions")
        return {"user": name, "note": asked.json().get("note"), "token": secrets.token_hex(16)}

    @answers("POST", "groups/{group}/users", "groups")
    def join_group(self, asked: Asked, group: str) -> dict[str, Any]:
        """Put users into a group."""
        names = self._members(asked, group)
        for name in names:
            self.known[name]["groups"] = sorted({*self.known[name]["groups"], group})
        self.groups[group].update(names)
        return {"name": group, "users": sorted(self.groups[group])}

    @answers("DELETE", "groups/{group}/users", "groups")
    def leave_group(self, asked: Asked, group: str) -> dict[str, Any]:
        """Take users out of a group."""
        names = self._members(asked, group)
        for name in names:
            self.known[name]["groups"] = sorted({*self.known[name]["groups"]} - {group})
        self.groups[group].difference_update(names)
        return {"name": group, "users": sorted(self.groups[group])}

    def _members(self, asked: Asked, group: str) -> list[str]:
        if group not in self.groups:
            raise _no(NotFound, f"No such group: {group}")
        names: list[str] = asked.json()["users"]
        for name in names:
            if name not in self.known:
                raise _no(InvalidRequest, f"No such user: {name}")
        return names

    def problem(self, problem: AglaisError) -> httpx.Response:
        """Answer as the Hub does, whose errors have no code."""
        body = {"status": problem.status, "message": problem.message}
        retry = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
        return httpx.Response(problem.status, json=body, headers=retry)


def _no(family: type[AglaisError], message: str) -> AglaisError:
    return refused(family, CODE, message)


def _user(name: str) -> dict[str, Any]:
    now = utcnow().isoformat()
    return {
        "kind": "user",
        "name": name,
        "admin": False,
        "roles": ["user"],
        "groups": [],
        "server": None,
        "pending": None,
        "created": now,
        "last_activity": None,
        "servers": {},
    }


def _server(name: str) -> dict[str, Any]:
    now = utcnow().isoformat()
    return {
        "name": "",
        "full_name": f"{name}/",
        "last_activity": now,
        "started": now,
        "pending": None,
        "ready": True,
        "stopped": False,
        "url": f"/user/{name}/",
    }
