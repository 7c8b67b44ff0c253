"""What accounts log in with: listed, linked, unlinked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from aglais_hub.errors import Conflict, Forbidden, InvalidRequest, NotFound
from aglais_hub.models.identities import AddressChangeRequest, IdentityRequest
from tests.accounts.doors import SCOPES, Doors, doors_of
from tests.support.hub import HubDouble


@pytest.fixture
async def doors(database_url: str, hub: HubDouble) -> AsyncIterator[Doors]:
    async with doors_of(database_url, hub) as doors:
        yield doors


def orcid(subject: str = "0000-1") -> IdentityRequest:
    return IdentityRequest(provider="orcid", subject=subject, label="Al at ORCID")


async def identifier(doors: Doors, name: str, provider: str) -> str:
    (found,) = [one.id for one in await doors.hub.identities(name) if one.provider == provider]
    return found


async def test_what_is_linked_is_logged_in_with_and_told_by_mail(doors: Doors) -> None:
    await doors.member("alice", address="al@example.org", is_address_verified=True)
    identity = await doors.hub.link("alice", orcid())
    assert (identity.account, identity.provider, identity.last_used_at) == ("alice", "orcid", None)
    visit = await doors.come("0000-1", "orcid", label="Al at ORCID")
    assert visit.account is not None
    assert visit.account.name == "alice"
    (mail,) = await doors.mails("al@example.org")
    assert "ORCID (Al at ORCID)" in mail
    assert ("identity.linked", {"account": "alice", "provider": "orcid"}) in doors.events


async def test_linking_the_same_again_changes_nothing(doors: Doors) -> None:
    await doors.member("alice")
    async with doors.running.program(*SCOPES) as api:
        sent = orcid().model_dump()
        answers = [await api.post("accounts/alice/identities", json=sent) for _ in range(2)]
        shown = await api.get(answers[0].headers["Location"].partition("/api/")[2])
    assert [one.status_code for one in answers] == [201, 200]
    assert answers[0].json() == answers[1].json() == shown.json()
    assert len(await doors.hub.identities("alice")) == 2


async def test_what_another_account_has_is_not_linked(doors: Doors) -> None:
    await doors.member("alice")
    await doors.hub.link("alice", orcid())
    await doors.member("bob")
    with pytest.raises(Conflict, match="log in with ORCID, unlink it there") as refused:
        await doors.hub.link("bob", orcid())
    assert refused.value.code == "identity-taken"
    assert "alice" not in refused.value.message
    assert await doors.ways("bob") == {"github:bob"}


async def test_one_identity_linked_by_many_at_once_is_one_accounts(doors: Doors) -> None:
    names = [f"user-{n}" for n in range(6)]
    for name in names:
        await doors.member(name)
    tries = (doors.hub.link(name, orcid()) for name in names)
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in answers) == 5


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [("nobody", NotFound, "no account"), ("guest", Conflict, "Register first"),
     ("leaving", Conflict, "erased")],
)  # fmt: skip
async def test_only_members_are_linked(
    doors: Doors, name: str, error: type[Exception], words: str
) -> None:
    if name == "guest":
        name = (await doors.hub.open_guest("192.0.2.1")).name
    elif name == "leaving":
        await doors.member(name)
        await doors.hub.leave(name, "bored")
    with pytest.raises(error, match=words):
        await doors.hub.link(name, orcid())


async def test_an_address_is_not_linked_without_its_mail(doors: Doors) -> None:
    await doors.member("alice")
    address = "al@example.org"
    request = IdentityRequest(provider="email", subject=address, label=address)
    with pytest.raises(InvalidRequest, match="confirmed by a mail"):
        await doors.hub.link("alice", request)


async def test_only_the_hub_says_who_somebody_is(doors: Doors) -> None:
    await doors.member("alice")
    async with doors.client("alice") as alice:
        listed = await alice.get("accounts/alice/identities")
        linked = await alice.post("accounts/alice/identities", json=orcid().model_dump())
        others = await alice.get("accounts/bob/identities")
    assert (listed.status_code, linked.status_code, others.status_code) == (200, 403, 403)
    with pytest.raises(Forbidden):
        await doors.manager.identities.link(doors.own("alice"), "alice", orcid())


async def test_the_last_way_in_stays(doors: Doors) -> None:
    await doors.member("alice")
    await doors.hub.link("alice", orcid())
    first, second = (one.id for one in await doors.hub.identities("alice"))
    await doors.hub.unlink("alice", first)
    with pytest.raises(Conflict, match="the only way to log in as alice") as refused:
        await doors.hub.unlink("alice", second)
    assert refused.value.code == "last-way-in"
    assert (await doors.come("alice")).account is None
    assert (await doors.come("0000-1", "orcid")).account is not None


async def test_both_of_two_ways_in_are_not_unlinked_at_once(doors: Doors) -> None:
    for number in range(5):
        name = f"user-{number}"
        await doors.member(name)
        await doors.hub.link(name, orcid(name))
        ids = [one.id for one in await doors.hub.identities(name)]
        tries = (doors.hub.unlink(name, one) for one in ids)
        answers = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(one, Conflict) for one in answers) == 1
        assert len(await doors.hub.identities(name)) == 1


async def test_a_password_goes_with_its_address(doors: Doors) -> None:
    await doors.member("alice", address="al@example.org", is_address_verified=True)
    async with doors.manager.writing() as stores:
        account = await stores.accounts.get("alice")
        assert account is not None
        await stores.passwords.put("alice", "a hash", account.created_at)
    await doors.hub.change_address("alice", AddressChangeRequest(address="new@example.org"))
    await doors.hub.unlink("alice", await identifier(doors, "alice", "email"))
    async with doors.manager.reading() as stores:
        assert await stores.passwords.get("alice") is None
    with pytest.raises(NotFound):
        await doors.hub.address_change("alice")
    assert await doors.ways("alice") == {"github:alice"}
    assert "one log-in less" in (await doors.mails("al@example.org"))[-1]
    with pytest.raises(Conflict):
        await doors.hub.unlink("alice", await identifier(doors, "alice", "github"))


async def test_nobody_unlinks_what_is_somebody_elses(doors: Doors) -> None:
    await doors.member("alice")
    await doors.member("bob")
    await doors.hub.link("bob", orcid())
    bobs = await identifier(doors, "bob", "orcid")
    async with doors.client("alice") as alice:
        through_own = await alice.delete(f"accounts/alice/identities/{bobs}")
        through_bobs = await alice.delete(f"accounts/bob/identities/{bobs}")
    assert (through_own.status_code, through_bobs.status_code) == (404, 403)
    assert len(await doors.hub.identities("bob")) == 2
