"""New keys for what is kept encrypted: everything can be read at any time, with a kill anywhere."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import asyncssh
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import LargeBinary, select
from typer.testing import CliRunner

from aglais_accounts import rotation, service
from aglais_accounts.config import AccountsConfig, key_file
from aglais_accounts.rotation import KEYS, KeyLostError, renew, rotate
from aglais_accounts.schema import Base, MailRow, SshKeyRow
from aglais_accounts.stores.sealed import SEALED
from aglais_accounts.vault import Vault
from aglais_hub.cli import app
from aglais_hub.database import Database
from aglais_hub.identity import scope
from aglais_hub.models import utcnow
from tests.accounts.key_world import WRITE, key_world
from tests.support.hub import HubDouble
from tests.support.services import running

pytestmark = pytest.mark.slow

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
PRIVATE = scope("read", "private-keys")
MAILS, GENERATED = 230, 3
"""More than a batch."""


@pytest.fixture
async def kept(database_url: str, hub: HubDouble) -> str:
    """A database with keys and mails under the old key."""
    async with key_world(database_url, hub, secret_keys=OLD) as (accounts, _):
        async with accounts.program(WRITE) as api:
            for number in range(GENERATED):
                await api.post("accounts/nora/keys/generate", json={"title": f"key {number}"})
        vault, now = Vault(OLD), utcnow()
        async with accounts.process.database.transaction() as session:
            for number in range(MAILS):
                values = {"text": vault.close(f"text {number}"), "created_at": now, "due_at": now}
                session.add(MailRow(address="a@example.org", subject="x", **values))
    return database_url


def config(url: str, *keys: str) -> AccountsConfig:
    return AccountsConfig.load({"AGLAIS_ACCOUNTS_DATABASE_URL": url, KEYS: ",".join(keys)})


async def values(url: str) -> list[bytes]:
    """Return all encrypted values."""
    database = Database(url)
    async with database.reading() as session:
        found = [
            value
            for column in (SshKeyRow.private, MailRow.text)
            for value in await session.scalars(select(column))
        ]
    await database.close()
    assert len(found) == MAILS + GENERATED
    return found


async def readable(url: str, *keys: str) -> int:
    """Return how many values these keys open."""
    vault = Vault(",".join(keys))
    return sum(vault.fits(value) for value in await values(url))


def test_every_encrypted_column_is_renewed() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    renewed = {f"{value.class_.__tablename__}.{value.key}" for _, value in SEALED.values()}
    assert renewed == columns


async def test_everything_is_under_the_first_key_afterwards(kept: str, hub: HubDouble) -> None:
    said = await renew(config(kept, NEW, OLD))
    assert said.startswith(f"{MAILS + GENERATED} values")
    assert await readable(kept, NEW) == MAILS + GENERATED
    assert await readable(kept, OLD) == 0
    assert (await renew(config(kept, NEW))).startswith("0 values")
    async with (
        running(service, kept, hub, secret_keys=NEW) as accounts,
        accounts.program(PRIVATE, scope("read", "keys")) as api,
    ):
        for key in (await api.get("accounts/nora/keys")).json():
            half = (await api.get(f"accounts/nora/keys/{key['id']}/private")).json()["private"]
            assert asyncssh.import_private_key(half).get_fingerprint() == key["fingerprint"]


async def test_a_value_that_fits_no_key_stops_it_before_anything_is_changed(kept: str) -> None:
    before = await values(kept)
    with pytest.raises(KeyLostError, match=f"{MAILS} mails") as refused:
        await renew(config(kept, NEW))
    assert f"{GENERATED} private SSH keys" in str(refused.value)
    assert await values(kept) == before


class Killed(BaseException):
    """What nothing catches, as a SIGKILL."""


@pytest.mark.parametrize("after", [0, 1, 99, 100, 101, 150, 232])
async def test_it_can_be_killed_anywhere_and_run_again(
    kept: str, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    renewed = 0
    honest = Vault.renew

    def dies(vault: Vault, closed: bytes) -> bytes:
        nonlocal renewed
        if renewed == after:
            raise Killed
        renewed += 1
        return honest(vault, closed)

    monkeypatch.setattr(Vault, "renew", dies)
    with pytest.raises(Killed):
        await renew(config(kept, NEW, OLD))
    assert await readable(kept, NEW, OLD) == MAILS + GENERATED
    monkeypatch.setattr(Vault, "renew", honest)
    await renew(config(kept, NEW, OLD))
    assert await readable(kept, NEW) == MAILS + GENERATED


async def test_what_is_written_meanwhile_is_renewed_too(
    kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica that has not seen the new list yet writes a mail under the old key."""
    honest, now = rotation._replace, utcnow()
    written = 0

    async def beside(database: Database, vault: Vault, stale: object) -> None:
        nonlocal written
        if written == 0:
            written = 1
            row = MailRow(address="b@example.org", subject="x", text=Vault(OLD).close("late"))
            row.created_at = row.due_at = now
            async with database.transaction() as session:
                session.add(row)
        await honest(database, vault, stale)  # type: ignore[arg-type]

    monkeypatch.setattr(rotation, "_replace", beside)
    said = await renew(config(kept, NEW, OLD))
    assert said.startswith(f"{MAILS + GENERATED + 1} values")


async def test_what_was_changed_meanwhile_stays(kept: str) -> None:
    """A mail that was sent and a key that was removed do not come back."""
    database, vault = Database(kept), Vault(f"{NEW},{OLD}")
    stale = await rotation._stale(database, vault)
    key = next(sealed for sealed in stale if sealed.what == "private SSH keys")
    changed = vault.close("another")
    async with database.transaction() as session:
        row = await session.get(SshKeyRow, key.id)
        assert row
        row.private = changed
    await rotation._replace(database, vault, stale)
    async with database.reading() as session:
        row = await session.get(SshKeyRow, key.id)
        assert row
        assert row.private == changed
    await database.close()


async def test_the_command_of_the_service_says_what_it_did(kept: str) -> None:
    def run(keys: str) -> subprocess.CompletedProcess[str]:
        told = {"AGLAIS_ACCOUNTS_DATABASE_URL": kept, KEYS: keys, "PATH": os.environ["PATH"]}
        command = [sys.executable, "-m", "aglais_accounts", "rotate-keys"]
        return subprocess.run(command, env=told, capture_output=True, text=True, check=False)

    lost = await asyncio.to_thread(run, NEW)
    done = await asyncio.to_thread(run, f"{NEW},{OLD}")
    assert (lost.returncode, lost.stdout) == (1, "")
    assert lost.stderr.startswith("Nothing was changed: ")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{MAILS + GENERATED} values")
    assert await readable(kept, NEW) == MAILS + GENERATED
    for output in (lost, done):
        assert NEW not in output.stdout + output.stderr


@pytest.fixture
def home(kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of an embedded platform whose own key is the old one."""
    home = tmp_path / "home"
    (home / "run").mkdir(parents=True)
    (home / "run" / "cli.secret").write_text("x")
    key_file(home).write_text(OLD)
    monkeypatch.setenv("AGLAIS_HOME", str(home))
    monkeypatch.setenv("AGLAIS_ACCOUNTS_DATABASE_URL", kept)
    return home


def test_an_embedded_platform_gets_a_new_key(kept: str, home: Path) -> None:
    done = CliRunner().invoke(app, ["rotate-keys"])
    assert (done.exit_code, "accounts: 233 values" in done.output) == (0, True), done.output
    key = key_file(home).read_text()
    assert (len(key.split(",")), key == OLD) == (1, False)
    assert key_file(home).stat().st_mode & 0o777 == 0o600
    assert asyncio.run(readable(kept, key)) == MAILS + GENERATED
    assert asyncio.run(readable(kept, OLD)) == 0


def test_a_platform_that_runs_keeps_its_keys(home: Path) -> None:
    import fcntl

    with (home / "run" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = CliRunner().invoke(app, ["rotate-keys"])
    assert refused.exit_code == 1
    assert key_file(home).read_text() == OLD


@pytest.mark.parametrize("step", ["_check", "_write", "_replace"])
async def test_the_keys_of_a_home_open_everything_wherever_it_is_killed(
    kept: str, home: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    environment = {"AGLAIS_ACCOUNTS_DATABASE_URL": kept, KEYS: OLD}
    honest = getattr(rotation, step)
    for call in range(4):
        left = call

        def dies(*given: object) -> object:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return honest(*given)

        with monkeypatch.context() as patched:
            patched.setattr(rotation, step, dies)
            with suppress(Killed):
                await rotate(environment, home)
            keys = key_file(home).read_text()
            assert await readable(kept, *keys.split(",")) == MAILS + GENERATED
    await rotate(environment, home)
    keys = key_file(home).read_text()
    assert await readable(kept, keys) == MAILS + GENERATED
