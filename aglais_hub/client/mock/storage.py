"""The storage service in memory: spaces without files, whose archives are empty."""

from __future__ import annotations

import json
import secrets
import tarfile
from pathlib import Path

from aglais_hub.client.mock.service import Asked, Given, MockService, answers, refused
from aglais_hub.errors import Conflict, NotFound
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from aglais_hub.models.storage import (
    Space,
    SpaceEdit,
    SpaceKind,
    SpaceRequest,
    SpaceState,
    SpaceUsage,
)

__all__ = ["MockStorage"]

READ, WRITE = scope("read", "spaces"), scope("write", "spaces")
UID_BASE = 2_000_000
NOTHING = SpaceUsage(bytes=0, files=0)


class MockStorage(MockService):
    """Spaces of accounts; `usage` says what is in one, by its identifier."""

    name = "storage"

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Space] = {}
        self.usage: dict[str, SpaceUsage] = {}
        self._numbers: dict[str, int] = {}

    @answers("POST", "spaces", WRITE, status=201)
    def ensure(self, asked: Asked) -> Given:
        """Make a space, or return the one that is there."""
        request = asked.body(SpaceRequest)
        asked.actor.require(WRITE)
        for space in self.known.values():
            if (space.account, space.kind) == (request.account, request.kind):
                return Given(self._followed(space, request), 200)
        return Given(self._made(request), 201)

    def _followed(self, space: Space, request: SpaceRequest) -> Space:
        """Give a space the quota that is asked for, but where more is in it."""
        used = self.usage.get(space.id, NOTHING)
        quota = {
            "quota_bytes": request.quota_bytes
            if request.quota_bytes >= used.bytes
            else space.quota_bytes,
            "quota_files": request.quota_files
            if request.quota_files >= used.files
            else space.quota_files,
        }
        self.known[space.id] = space.model_copy(update=quota)
        return self.known[space.id]

    def _made(self, request: SpaceRequest) -> Space:
        identifier = f"space-{secrets.token_hex(12)}"
        number = self._numbers.setdefault(request.account, len(self._numbers))
        space = Space(
            **dict(request),
            id=identifier,
            state=SpaceState.READY,
            owner_uid=UID_BASE + 2 * number + (request.kind is SpaceKind.NOTEBOOKS),
            path=Path("/mock/spaces") / identifier,
            enforcement="filesystem",
            created_at=utcnow(),
        )
        self.known[identifier] = space
        return space

    @answers("GET", "spaces", READ)
    def spaces(self, asked: Asked) -> list[Space]:
        """List spaces, of one account or all."""
        account = asked.query.get("account")
        if not asked.actor.holds(READ):
            account = account or asked.actor.name
            asked.actor.require(READ, owner=account)
        return [one for one in self.known.values() if account in {None, one.account}]

    @answers("GET", "spaces/{identifier}", READ)
    def space(self, asked: Asked, identifier: str) -> Space:
        """Return a space with what is in it."""
        space = self._space(identifier)
        if not asked.actor.holds(READ, owner=space.account):
            raise _unknown(identifier)
        return space.model_copy(update={"usage": self.usage.get(identifier, NOTHING)})

    def _space(self, identifier: str) -> Space:
        if identifier not in self.known:
            raise _unknown(identifier)
        return self.known[identifier]

    @answers("POST", "spaces/{identifier}", WRITE)
    def edit(self, asked: Asked, identifier: str) -> Space:
        """Change the quota of a space."""
        edit = asked.body(SpaceEdit)
        asked.actor.require(WRITE)
        space, usage = self._space(identifier), self.usage.get(identifier, NOTHING)
        if edit.quota_bytes < usage.bytes or edit.quota_files < usage.files:
            message = f"There are {usage.bytes} bytes and {usage.files} files in this space."
            raise refused(Conflict, "quota-below-usage", message)
        self.known[identifier] = space.model_copy(update=dict(edit))
        return self.known[identifier]

    @answers("GET", "spaces/{identifier}/archive", READ)
    def archive(self, asked: Asked, identifier: str) -> bytes:
        """Return a tar file of a space."""
        space = self.space(asked, identifier)
        about = {"space": space.id, "account": space.account, "kind": space.kind, "files": 0}
        top = tarfile.TarInfo(f"spaces/{space.kind}")
        top.type, top.mode = tarfile.DIRTYPE, 0o700
        last, told = tarfile.TarInfo(f"spaces/{space.kind}.json"), json.dumps(about).encode()
        last.size = len(told)
        content = top.tobuf() + last.tobuf() + told + bytes(-len(told) % tarfile.BLOCKSIZE)
        goes_on = asked.query.get("goes_on") == "1"
        return content + (b"" if goes_on else bytes(2 * tarfile.BLOCKSIZE))

    @answers("POST", "spaces/{identifier}/erase", WRITE, status=204)
    def erase(self, asked: Asked, identifier: str) -> None:
        """Erase a space; one that is gone is no error."""
        space = self.known.get(identifier)
        if space is not None:
            asked.actor.require(WRITE, owner=space.account)
            del self.known[identifier]


def _unknown(identifier: str) -> NotFound:
    return NotFound(f"There is no space {identifier}.")
