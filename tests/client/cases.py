"""Calls to every method of the clients, in an order that makes sense on a new platform."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Awaitable
from typing import Any

from aglais_hub.client import AccountsClient, ServiceClients, StorageClient
from aglais_hub.models.accounts import AccountRequest, Level
from aglais_hub.models.booking import AdmissionRequest, Machines, Package, PackageEdit, PoolEdit
from aglais_hub.models.mails import MailRequest
from aglais_hub.models.storage import SpaceEdit, SpaceKind, SpaceRequest
from tests.client.availability_cases import AVAILABILITY
from tests.client.booking_cases import BOOKINGS
from tests.client.capacity_cases import CAPACITIES
from tests.client.case import Case, Notes
from tests.client.feed_cases import FEEDS
from tests.client.identity_cases import IDENTITIES
from tests.client.key_cases import KEYS
from tests.client.lease_cases import LEASES
from tests.client.limit_cases import LIMITS
from tests.client.password_cases import PASSWORDS

GIB = 2**30
MIB = 2**20


def space(account: str, quota_bytes: int = 64 * MIB) -> SpaceRequest:
    return SpaceRequest(
        account=account, kind=SpaceKind.TEMP, quota_bytes=quota_bytes, quota_files=100
    )


def package(name: str, **changes: Any) -> Package:
    unit = {"cores": 1.0, "memory_bytes": GIB}
    limits = {"frontend": unit, "worker": unit, "worker_count": 1, "disk_bytes": GIB}
    given = {"name": name, "title": "A test", "limits": limits, "startable_from_level": 1}
    return Package.model_validate(given | changes)


def edit(**changes: Any) -> PackageEdit:
    return PackageEdit.model_validate(package("any", **changes).model_dump(exclude={"name"}))


def pool(cores: float) -> PoolEdit:
    return PoolEdit(resources=Machines(cores=cores, memory_bytes=8 * GIB), core_overcommit=2)


async def noting(notes: Notes, key: str, made: Awaitable[Any]) -> Any:
    thing = await made
    notes[key] = thing.id
    return thing


async def many_accounts(clients: ServiceClients, _notes: Notes) -> Any:
    for number in range(55):
        await clients.accounts.create_account(AccountRequest(name=f"user-{number:02}"))
    return await clients.accounts.accounts()


async def many_users(clients: ServiceClients, _notes: Notes) -> Any:
    for number in range(5):
        await clients.hub.ensure_user(f"user-{number}")
    return await clients.hub.users()


async def exported(accounts: AccountsClient, name: str) -> list[str]:
    file = io.BytesIO()
    await accounts.export(name, file)
    file.seek(0)
    with tarfile.open(fileobj=file) as archive:
        return archive.getnames()


async def members(storage: StorageClient, space: str) -> list[str]:
    file = io.BytesIO()
    await storage.save_archive(space, file)
    file.seek(0)
    with tarfile.open(fileobj=file) as archive:
        return archive.getnames()


def admission(account: str = "alice", level: Level = Level.BASIC, **more: Any) -> AdmissionRequest:
    return AdmissionRequest(account=account, level=level, **more)


MAIL = MailRequest(subject="Your booking begins", text="Tomorrow at nine.")
FORGED = MailRequest.model_construct(subject="Hello\r\nBcc: all@example.org", text="x")

ACCOUNTS = [
    Case("accounts.levels", "all", lambda c, n: c.accounts.levels()),
    Case("accounts.open_guest", "one", lambda c, n: c.accounts.open_guest("192.0.2.1")),
    Case("accounts.open_guest", "key", lambda c, n: c.accounts.open_guest("192.0.2.1", key="1")),
    Case("accounts.open_guest", "again", lambda c, n: c.accounts.open_guest("192.0.2.1", key="1")),
    Case("accounts.open_guest", "other", lambda c, n: c.accounts.open_guest("192.0.2.2", key="1")),
    Case("accounts.open_guest", "no key", lambda c, n: c.accounts.open_guest("192.0.2.1", key="")),
    Case(
        "accounts.open_guest",
        "long",
        lambda c, n: c.accounts.open_guest("192.0.2.1", key="k" * 129),
    ),
    Case("accounts.open_guest", "third", lambda c, n: c.accounts.open_guest("192.0.2.1")),
    Case("accounts.open_guest", "too many", lambda c, n: c.accounts.open_guest("192.0.2.1")),
    Case("accounts.open_guest", "elsewhere", lambda c, n: c.accounts.open_guest("192.0.2.9")),
    Case("accounts.open_guest", "full", lambda c, n: c.accounts.open_guest("192.0.2.8")),
    Case(
        "accounts.create_account",
        "one",
        lambda c, n: c.accounts.create_account(AccountRequest(name="alice")),
    ),
    Case(
        "accounts.create_account",
        "taken",
        lambda c, n: c.accounts.create_account(AccountRequest(name="alice")),
    ),
    Case(
        "accounts.create_account",
        "by its owner",
        lambda c, n: c.accounts.create_account(AccountRequest(name="carol")),
        who="alice",
    ),
    Case("accounts.account", "one", lambda c, n: c.accounts.account("alice")),
    Case("accounts.account", "unknown", lambda c, n: c.accounts.account("nobody")),
    Case("accounts.account", "own", lambda c, n: c.accounts.account("alice"), who="alice"),
    Case("accounts.account", "other's", lambda c, n: c.accounts.account("bob"), who="alice"),
    Case("accounts.accounts", "few", lambda c, n: c.accounts.accounts()),
    Case("accounts.accounts", "own", lambda c, n: c.accounts.accounts(), who="alice"),
    Case("accounts.accounts", "in parts", many_accounts),
    Case("accounts.accounts", "two", lambda c, n: c.accounts.accounts("user-03", "alice", "no")),
    Case(
        "accounts.accounts",
        "many named",
        lambda c, n: c.accounts.accounts(*(f"user-{number:02}" for number in range(55))),
    ),
    Case(
        "accounts.accounts",
        "other's",
        lambda c, n: c.accounts.accounts("user-03", "alice"),
        who="alice",
    ),
    *LIMITS,
    Case("accounts.departures", "none", lambda c, n: c.accounts.departures()),
    Case("accounts.leave_plan", "one", lambda c, n: c.accounts.leave_plan("user-00")),
    Case("accounts.leave_plan", "own", lambda c, n: c.accounts.leave_plan("alice"), who="alice"),
    Case("accounts.leave_plan", "bob's", lambda c, n: c.accounts.leave_plan("bob"), who="alice"),
    Case("accounts.leave_plan", "unknown", lambda c, n: c.accounts.leave_plan("nobody")),
    Case(
        "accounts.leave",
        "no guest any more",
        lambda c, n: c.accounts.leave("user-00", "logged out", only_level=Level.ANONYMOUS),
    ),
    Case("accounts.export", "one", lambda c, n: exported(c.accounts, "user-00")),
    Case("accounts.export", "own", lambda c, n: exported(c.accounts, "alice"), who="alice"),
    Case("accounts.export", "other's", lambda c, n: exported(c.accounts, "bob"), who="alice"),
    Case("accounts.export", "unknown", lambda c, n: exported(c.accounts, "nobody")),
    Case("accounts.send_mail", "no address", lambda c, n: c.accounts.send_mail("user-00", MAIL)),
    Case("accounts.send_mail", "key", lambda c, n: c.accounts.send_mail("user-00", MAIL, key="m")),
    Case(
        "accounts.send_mail", "again", lambda c, n: c.accounts.send_mail("user-00", MAIL, key="m")
    ),
    Case("accounts.send_mail", "unknown", lambda c, n: c.accounts.send_mail("nobody", MAIL)),
    Case("accounts.send_mail", "forged", lambda c, n: c.accounts.send_mail("user-00", FORGED)),
    Case(
        "accounts.send_mail", "own", lambda c, n: c.accounts.send_mail("alice", MAIL), who="alice"
    ),
    Case("accounts.departure", "not begun", lambda c, n: c.accounts.departure("user-00")),
    Case("accounts.leave", "other's", lambda c, n: c.accounts.leave("user-00", "x"), who="alice"),
    Case("accounts.leave", "once", lambda c, n: c.accounts.leave("user-00", "asked to")),
    Case("accounts.leave", "twice", lambda c, n: c.accounts.leave("user-00", "asked again")),
    Case("accounts.leave", "unknown", lambda c, n: c.accounts.leave("nobody", "asked to")),
    Case("accounts.leave", "no reason", lambda c, n: c.accounts.leave("user-01", "")),
    Case("accounts.leave", "own", lambda c, n: c.accounts.leave("alice", "bored"), who="alice"),
    Case("accounts.account", "leaving", lambda c, n: c.accounts.account("user-00")),
    Case("accounts.export", "leaving", lambda c, n: exported(c.accounts, "user-00")),
    Case("accounts.departure", "one", lambda c, n: c.accounts.departure("user-00")),
    Case("accounts.departure", "own", lambda c, n: c.accounts.departure("alice"), who="alice"),
    Case("accounts.departure", "other's", lambda c, n: c.accounts.departure("bob"), who="alice"),
    Case("accounts.departures", "two", lambda c, n: c.accounts.departures()),
    Case("accounts.departures", "own", lambda c, n: c.accounts.departures(), who="alice"),
    Case(
        "accounts.create_account",
        "leaving",
        lambda c, n: c.accounts.create_account(AccountRequest(name="user-00")),
    ),
]

BOOKING = [
    *BOOKINGS,
    Case("booking.packages", "first ones", lambda c, n: c.booking.packages()),
    Case("booking.package", "one", lambda c, n: c.booking.package("tiny")),
    Case("booking.package", "unknown", lambda c, n: c.booking.package("nothing")),
    Case("booking.create_package", "one", lambda c, n: c.booking.create_package(package("mine"))),
    Case("booking.create_package", "taken", lambda c, n: c.booking.create_package(package("tiny"))),
    Case(
        "booking.edit_package", "one", lambda c, n: c.booking.edit_package("mine", edit(title="B"))
    ),
    Case("booking.edit_package", "unknown", lambda c, n: c.booking.edit_package("no", edit())),
    Case(
        "booking.edit_package",
        "default needed",
        lambda c, n: c.booking.edit_package("tiny", edit()),
    ),
    Case(
        "booking.edit_package",
        "default not startable",
        lambda c, n: c.booking.edit_package("mine", edit(default_from_level=0)),
    ),
    Case(
        "booking.create_package",
        "too small",
        lambda c, n: c.booking.create_package(
            package(
                "less",
                limits={
                    **package("a").limits.model_dump(),
                    "worker": {"cores": 1, "memory_bytes": GIB // 2},
                },
            )
        ),
    ),
    Case(
        "booking.edit_package",
        "takes the default",
        lambda c, n: c.booking.edit_package("mine", edit(default_from_level=1)),
    ),
    Case("booking.packages", "without the default", lambda c, n: c.booking.packages()),
    Case("booking.delete_package", "one", lambda c, n: c.booking.delete_package("small")),
    Case("booking.delete_package", "default", lambda c, n: c.booking.delete_package("tiny")),
    Case("booking.delete_package", "unknown", lambda c, n: c.booking.delete_package("small")),
    Case("booking.pools", "one", lambda c, n: c.booking.pools()),
    Case("booking.edit_pool", "one", lambda c, n: c.booking.edit_pool("embedded", pool(3))),
    Case("booking.edit_pool", "unknown", lambda c, n: c.booking.edit_pool("nothing", pool(3))),
    Case("booking.admissions", "none", lambda c, n: c.booking.admissions()),
    Case("booking.admit", "one", lambda c, n: noting(n, "first", c.booking.admit(admission()))),
    Case("booking.admit", "again", lambda c, n: noting(n, "again", c.booking.admit(admission()))),
    Case("booking.admit", "level", lambda c, n: c.booking.admit(admission(package="large"))),
    Case("booking.admit", "unknown", lambda c, n: c.booking.admit(admission(package="nothing"))),
    Case(
        "booking.admit",
        "too large",
        lambda c, n: c.booking.admit(admission(level=Level.CUSTOM, package="large")),
    ),
    Case("booking.admit", "guest", lambda c, n: c.booking.admit(admission("bob", Level.ANONYMOUS))),
    Case("booking.admit", "third", lambda c, n: c.booking.admit(admission("carol"))),
    Case(
        "booking.admit",
        "not among its own",
        lambda c, n: c.booking.admit(admission("dave", package="tiny", packages=("small",))),
    ),
    Case(
        "booking.admit",
        "nothing is its own",
        lambda c, n: c.booking.admit(admission("dave", packages=())),
    ),
    Case(
        "booking.admit",
        "one session too many",
        lambda c, n: c.booking.admit(admission(server="two", session_count=1)),
    ),
    Case("booking.admit", "no room", lambda c, n: c.booking.admit(admission("dave"))),
    Case("booking.pool_usage", "full", lambda c, n: c.booking.pool_usage("embedded")),
    Case("booking.pool_usage", "unknown", lambda c, n: c.booking.pool_usage("nothing")),
    Case("booking.admission", "one", lambda c, n: c.booking.admission(n["again"])),
    Case("booking.admission", "replaced", lambda c, n: c.booking.admission(n["first"])),
    Case("booking.admissions", "all", lambda c, n: c.booking.admissions()),
    Case("booking.admissions", "alice's", lambda c, n: c.booking.admissions("alice")),
    Case("booking.admissions", "of two", lambda c, n: c.booking.admissions("alice", "bob")),
    Case(
        "booking.admissions",
        "hers and another's",
        lambda c, n: c.booking.admissions("alice", "bob"),
        who="alice",
    ),
    Case("booking.admit", "no booking", lambda c, n: c.booking.admit(admission(booking="none"))),
    Case("booking.admissions", "own", lambda c, n: c.booking.admissions(), who="alice"),
    Case("booking.admissions", "other's", lambda c, n: c.booking.admissions("bob"), who="alice"),
    Case("booking.release", "one", lambda c, n: c.booking.release(n["again"])),
    Case("booking.release", "twice", lambda c, n: c.booking.release(n["again"])),
    Case("booking.release", "own", lambda c, n: c.booking.release("nothing"), who="alice"),
    Case("booking.admissions", "alice's, none", lambda c, n: c.booking.admissions("alice")),
]

STORAGE = [
    Case("storage.spaces", "none", lambda c, n: c.storage.spaces()),
    Case(
        "storage.ensure", "one", lambda c, n: noting(n, "space", c.storage.ensure(space("alice")))
    ),
    Case("storage.ensure", "again", lambda c, n: c.storage.ensure(space("alice", 9 * MIB))),
    Case("storage.ensure", "other", lambda c, n: noting(n, "bob", c.storage.ensure(space("bob")))),
    Case("storage.space", "one", lambda c, n: c.storage.space(n["space"])),
    Case("storage.space", "unknown", lambda c, n: c.storage.space("nothing")),
    Case("storage.space", "own", lambda c, n: c.storage.space(n["space"]), who="alice"),
    Case("storage.space", "other's", lambda c, n: c.storage.space(n["bob"]), who="alice"),
    Case("storage.spaces", "all", lambda c, n: c.storage.spaces()),
    Case("storage.spaces", "bob's", lambda c, n: c.storage.spaces("bob")),
    Case("storage.spaces", "own", lambda c, n: c.storage.spaces(), who="alice"),
    Case("storage.spaces", "other's", lambda c, n: c.storage.spaces("bob"), who="alice"),
    Case(
        "storage.edit",
        "one",
        lambda c, n: c.storage.edit(n["space"], SpaceEdit(quota_bytes=80 * MIB, quota_files=200)),
    ),
    Case(
        "storage.edit",
        "unknown",
        lambda c, n: c.storage.edit("nothing", SpaceEdit(quota_bytes=MIB, quota_files=1)),
    ),
    Case("storage.save_archive", "one", lambda c, n: members(c.storage, n["space"])),
    Case("storage.save_archive", "own", lambda c, n: members(c.storage, n["space"]), who="alice"),
    Case("storage.save_archive", "other's", lambda c, n: members(c.storage, n["bob"]), who="alice"),
    Case("storage.save_archive", "unknown", lambda c, n: members(c.storage, "nothing")),
    Case("storage.erase", "other's", lambda c, n: c.storage.erase(n["bob"]), who="alice"),
    Case("storage.erase", "one", lambda c, n: c.storage.erase(n["space"])),
    Case("storage.erase", "twice", lambda c, n: c.storage.erase(n["space"])),
    Case("storage.space", "erased", lambda c, n: c.storage.space(n["space"])),
]

HUB = [
    Case("hub.users", "none", lambda c, n: c.hub.users()),
    Case("hub.ensure_user", "one", lambda c, n: c.hub.ensure_user("alice")),
    Case("hub.ensure_user", "again", lambda c, n: c.hub.ensure_user("alice")),
    Case("hub.user", "one", lambda c, n: c.hub.user("alice")),
    Case("hub.user", "unknown", lambda c, n: c.hub.user("nobody")),
    Case("hub.users", "in parts", many_users),
    Case("hub.create_token", "one", lambda c, n: c.hub.create_token("alice", "a note", 60)),
    Case("hub.create_token", "unknown", lambda c, n: c.hub.create_token("nobody", "a note", 60)),
    Case("hub.join_group", "one", lambda c, n: c.hub.join_group("admins", "alice")),
    Case("hub.join_group", "again", lambda c, n: c.hub.join_group("admins", "alice")),
    Case("hub.join_group", "unknown group", lambda c, n: c.hub.join_group("nothing", "alice")),
    Case("hub.join_group", "unknown user", lambda c, n: c.hub.join_group("admins", "nobody")),
    Case("hub.leave_group", "one", lambda c, n: c.hub.leave_group("admins", "alice")),
    Case("hub.user", "in no group", lambda c, n: c.hub.user("alice")),
    Case("hub.leave_group", "again", lambda c, n: c.hub.leave_group("admins", "alice")),
    Case("hub.leave_group", "unknown group", lambda c, n: c.hub.leave_group("nothing", "alice")),
    Case("hub.leave_group", "unknown user", lambda c, n: c.hub.leave_group("admins", "nobody")),
    Case("hub.user", "in a group", lambda c, n: c.hub.user("alice")),
    Case("hub.stop_server", "none runs", lambda c, n: c.hub.stop_server("alice")),
    Case("hub.stop_server", "unknown", lambda c, n: c.hub.stop_server("nobody")),
    Case("hub.stop_server", "named", lambda c, n: c.hub.stop_server("alice", "second")),
    Case("hub.delete_user", "one", lambda c, n: c.hub.delete_user("alice")),
    Case("hub.delete_user", "again", lambda c, n: c.hub.delete_user("alice")),
]  # fmt: skip

CASES = [
    *ACCOUNTS,
    *PASSWORDS,
    *IDENTITIES,
    *KEYS,
    *BOOKING,
    *AVAILABILITY,
    *FEEDS,
    *LEASES,
    *CAPACITIES,
    *STORAGE,
    *HUB,
]
