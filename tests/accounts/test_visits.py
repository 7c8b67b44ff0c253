"""Who comes from an OAuth provider: known, a guest who stays, or somebody new."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import time_machine

from aglais_hub.errors import Conflict, InvalidRequest, NotFound
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Level
from aglais_hub.models.identities import Registration
from tests.accounts.doors import HERE, Doors, doors_of
from tests.support.hub import HubDouble


@pytest.fixture
async def doors(database_url: str, hub: HubDouble) -> AsyncIterator[Doors]:
    async with doors_of(database_url, hub) as doors:
        yield doors


def form(code: str | None, name: str | None = None, **more: str) -> Registration:
    return Registration(code=code, name=name, came_from=HERE, **more)  # type: ignore[arg-type]


async def test_somebody_new_registers_and_is_known_the_next_time(doors: Doors) -> None:
    visit = await doors.come("17", wished_name="Zoë Müller", display_name="Zoë")
    assert (visit.account, visit.name, visit.needs_address) == (None, "zoe-muller", True)
    account = await doors.hub.register(form(visit.code))
    assert (account.name, account.level, account.display_name) == ("zoe-muller", Level.BASIC, "Zoë")
    again = await doors.come("17", label="zoe, renamed")
    assert again.account is not None
    assert again.account.name == "zoe-muller"
    assert again.code is None
    (identity,) = await doors.hub.identities("zoe-muller")
    assert identity.label == "zoe, renamed"
    assert identity.last_used_at is not None


async def test_the_same_subject_at_another_provider_is_somebody_else(doors: Doors) -> None:
    await doors.member("alice", "1")
    assert (await doors.come("1", "orcid")).account is None


async def test_a_guest_stays_with_its_name_and_work(doors: Doors) -> None:
    guest = await doors.hub.open_guest(HERE)
    visit = await doors.come("1", guest=guest.name, display_name="Al")
    assert visit.account is not None
    assert (visit.account.name, visit.account.level) == (guest.name, Level.BASIC)
    assert (visit.account.expires_at, visit.account.display_name) == (None, "Al")
    assert visit.code is None
    async with doors.manager.reading() as stores:
        (change,), _ = await stores.changes.page(guest.name, 0, 10)
    told = (change.field, change.old, change.new, change.by, change.why)
    assert told == ("level", "0", "1", guest.name, "came with GitHub")
    assert ("account.registered", {"account": guest.name, "level": Level.BASIC}) in doors.events
    assert (await doors.come("1")).account == visit.account


async def test_who_is_known_gets_the_account_even_as_a_guest(doors: Doors) -> None:
    await doors.member("alice")
    guest = await doors.hub.open_guest(HERE)
    visit = await doors.come("alice", guest=guest.name)
    assert visit.account is not None
    assert visit.account.name == "alice"
    assert (await doors.hub.account(guest.name)).level is Level.ANONYMOUS


@pytest.mark.parametrize("how", ["is leaving", "is a member", "was never there"])
async def test_a_guest_who_is_none_any_more_registers_as_somebody_new(
    doors: Doors, how: str
) -> None:
    guest = "guest-0123456789ab"
    if how == "is leaving":
        guest = (await doors.hub.open_guest(HERE)).name
        await doors.hub.leave(guest, "bored")
    elif how == "is a member":
        guest = (await doors.member("bob")).name
    visit = await doors.come("1", guest=guest)
    assert visit.account is None
    assert visit.code


async def test_who_is_leaving_is_refused(doors: Doors) -> None:
    await doors.member("alice")
    await doors.hub.leave("alice", "bored")
    with pytest.raises(Conflict, match="erased") as refused:
        await doors.come("alice")
    assert refused.value.code == "account-leaving"


async def test_a_name_that_is_taken_leaves_the_code_usable(doors: Doors) -> None:
    await doors.member("alice")
    visit = await doors.come("2", wished_name="alice")
    assert visit.name == "alice-2"
    for name, code in (("alice", "account-exists"), ("admin", "name-reserved")):
        with pytest.raises((Conflict, InvalidRequest)) as refused:
            await doors.hub.register(form(visit.code, name))
        assert refused.value.code == code
    assert (await doors.hub.register(form(visit.code, "alice-2"))).name == "alice-2"
    with pytest.raises(NotFound):
        await doors.hub.register(form(visit.code, "carol"))


async def test_names_that_nobody_may_have_now_are_not_offered(doors: Doors) -> None:
    await doors.member("alice")
    await doors.hub.leave("alice", "bored")
    assert (await doors.come("2", wished_name="alice")).name == "alice-2"
    guest = await doors.hub.open_guest(HERE)
    assert (await doors.come("3", wished_name=guest.name)).name == "person-3"
    with pytest.raises(InvalidRequest):
        await doors.hub.register(form((await doors.come("3")).code, "guest-0123456789ab"))


async def test_one_person_who_comes_twice_at_once_gets_one_account(doors: Doors) -> None:
    visits = [await doors.come("1") for _ in range(4)]
    names = ("ann", "ben", "cat", "dan")
    tries = (doors.hub.register(form(v.code, n)) for v, n in zip(visits, names, strict=True))
    answers = await asyncio.gather(*tries, return_exceptions=True)
    refused = [one for one in answers if isinstance(one, Conflict)]
    assert len(refused) == 3
    assert {one.code for one in refused} == {"identity-taken"}
    assert len(await doors.hub.accounts()) == 1


async def test_registrations_of_one_name_at_once_are_one_and_no_code_is_lost(doors: Doors) -> None:
    visits = [await doors.come(str(n)) for n in range(6)]
    tries = (doors.hub.register(form(visit.code, "alice")) for visit in visits)
    answers = await asyncio.gather(*tries, return_exceptions=True)
    lost = [n for n, one in enumerate(answers) if isinstance(one, Exception)]
    assert len(lost) == 5
    for number in lost:
        assert (await doors.hub.register(form(visits[number].code, f"user-{number}"))).name


async def test_one_code_registered_many_times_at_once_is_one_account(doors: Doors) -> None:
    visit = await doors.come("1")
    tries = (doors.hub.register(form(visit.code, f"name-{n}")) for n in range(8))
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, NotFound) for one in answers) == 7
    assert len(await doors.hub.accounts()) == 1


async def test_a_registration_code_is_good_for_an_hour(doors: Doors) -> None:
    visit = await doors.come("1")
    late = time_machine.travel(utcnow() + timedelta(minutes=61))
    with late, pytest.raises(NotFound, match="log in once more") as refused:
        await doors.hub.register(form(visit.code, "alice"))
    assert refused.value.code == "code-unusable"


async def test_a_verified_address_that_is_free_comes_along(doors: Doors) -> None:
    visit = await doors.come("1", address="Al@Example.org", is_address_verified=True)
    assert not visit.needs_address
    await doors.hub.register(form(visit.code, "alice"))
    assert await doors.ways("alice") == {"github:1", "email:al@example.org"}
    assert await doors.mails("al@example.org") == []


async def test_a_verified_address_of_somebody_is_never_merged_and_the_door_is_told(
    doors: Doors,
) -> None:
    await doors.member("alice", address="al@example.org", is_address_verified=True)
    visit = await doors.come("7", "orcid", address="al@example.org", is_address_verified=True)
    assert (visit.account, visit.needs_address) == (None, True)
    assert set(visit.doors) == {"github", "email"}
    await doors.hub.register(form(visit.code, "bob"))
    assert await doors.ways("bob") == {"orcid:7"}
    assert await doors.ways("alice") == {"github:alice", "email:al@example.org"}


@pytest.mark.parametrize("typed", [None, "other@example.org"])
async def test_an_address_that_nobody_has_verified_is_confirmed_first(
    doors: Doors, typed: str | None
) -> None:
    verified = typed is not None
    visit = await doors.come("1", address="al@example.org", is_address_verified=verified)
    address = typed or "al@example.org"
    await doors.hub.register(form(visit.code, "alice", **({"address": typed} if typed else {})))
    assert await doors.ways("alice") == {"github:1"}
    assert len(await doors.codes(address)) == 1


async def test_an_unverified_address_of_somebody_is_told_to_its_owner_only(doors: Doors) -> None:
    await doors.member("alice", address="al@example.org", is_address_verified=True)
    visit = await doors.come("2", address="al@example.org")
    assert (visit.doors, visit.needs_address) == ((), True)
    await doors.hub.register(form(visit.code, "mallory"))
    assert await doors.codes("al@example.org") == []
    (mail,) = await doors.mails("al@example.org")
    assert "has an account already" in mail
    assert "mallory" not in mail


async def test_no_provider_says_whose_an_address_is(doors: Doors) -> None:
    with pytest.raises(InvalidRequest, match="confirmed by a mail"):
        await doors.come("al@example.org", "email")


async def test_codes_are_guessed_only_so_often_from_one_address(doors: Doors) -> None:
    visit = await doors.come("1")
    async with doors.running.program("custom:aglais:write:signups") as api:
        answers = [
            await api.post("registrations", json={"code": f"no-{n}", "came_from": "192.0.2.66"})
            for n in range(31)
        ]
        keyed = await api.post(
            "registrations",
            json={"code": "no", "came_from": "192.0.2.67"},
            headers={"Idempotency-Key": "1"},
        )
    assert [one.status_code for one in answers] == [404] * 30 + [429]
    assert int(answers[-1].headers["Retry-After"]) <= 600
    assert keyed.status_code == 400
    assert (await doors.hub.register(form(visit.code, "alice"))).name == "alice"
