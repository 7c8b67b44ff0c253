"""How mails leave: by a real SMTP server, or as files; and when there is none."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import update

from aglais_accounts.config import AccountsConfig, embedded_settings
from aglais_accounts.outbox import KEPT_FOR, Outbox, post_of
from aglais_accounts.post import Letter, MailboxPost, PostError, SmtpServer
from aglais_accounts.schema import MailRow
from aglais_hub.config import ConfigurationError
from aglais_hub.models import utcnow
from aglais_hub.platform.mailbox import Mailbox
from aglais_hub.platform.settings import Platform
from tests.support.accounts import ADDRESS, LINK, AccountsWorld, accounts_world
from tests.support.certificates import loopback_certificate
from tests.support.hub import HubDouble
from tests.support.smtp import PASSWORD, USER, SmtpDouble, smtp_server

pytestmark = pytest.mark.slow

SENDER = "Aglais <aglais@example.org>"
PUBLIC = "https://science.example.org/"


def by(port: int, **more: Any) -> dict[str, Any]:
    """Return the settings for a server on loopback."""
    url = f"smtp://127.0.0.1:{port}?tls=off"
    return {"smtp_url": url, "mail_from": SENDER, "public_url": PUBLIC} | more


@pytest.fixture
async def world(database_url: str, hub: HubDouble) -> AsyncIterator[tuple[AccountsWorld, Any]]:
    with smtp_server() as smtp:
        async with accounts_world(database_url, hub, **by(smtp.port)) as world:
            yield world, smtp


async def send(world: AccountsWorld) -> None:
    await Outbox(world.manager).send()


async def make_due(world: AccountsWorld, **values: Any) -> None:
    """Let all mails be due now, as if the pause was over."""
    async with world.manager.writing() as stores:
        await stores.session.execute(update(MailRow).values(due_at=utcnow(), **values))


async def test_a_whole_sign_up_by_mail(world: tuple[AccountsWorld, SmtpDouble]) -> None:
    accounts, smtp = world
    await accounts.sign_up(name="alice")
    await send(accounts)
    (mail,) = smtp.accepted
    assert (mail["From"], mail["To"]) == (SENDER, ADDRESS)
    assert mail["Subject"] == "Confirm your e-mail address"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@example.org>")
    text = mail.get_content()
    found = LINK.search(text)
    assert found is not None
    assert found[0].startswith(PUBLIC + "hub/confirm/")
    confirmed = await accounts.confirm_code(found[1])
    assert (await accounts.log_in()).name == confirmed.account.name == "alice"
    await send(accounts)
    assert len(smtp.accepted) == 1, "sent mails are gone from the outbox"


async def test_a_mail_waits_for_its_server_and_is_sent_once(
    database_url: str, hub: HubDouble, caplog: pytest.LogCaptureFixture
) -> None:
    with smtp_server() as smtp:
        port = smtp.port
    async with accounts_world(database_url, hub, **by(port)) as world:
        await world.sign_up()
        for _ in range(3):
            await send(world)
        assert "mails wait: 127.0.0.1" in caplog.text
        assert len(await world.outbox()) == 1
        with smtp_server(port) as smtp:
            await send(world)
            assert smtp.accepted == [], "it is tried again only after a pause"
            await make_due(world)
            await asyncio.gather(*(send(world) for _ in range(3)))
            assert len(smtp.accepted) == 1
        assert await world.outbox() == []


async def test_the_pause_grows_and_a_mail_is_given_up_after_days(
    database_url: str, hub: HubDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    async with accounts_world(database_url, hub, **by(1)) as world:
        monkeypatch.setattr(
            type(world.manager.events), "publish", lambda _log, name, **_facts: events.append(name)
        )
        await world.sign_up()
        pauses = []
        for _ in range(11):
            await make_due(world)
            await send(world)
            async with world.manager.reading() as stores:
                (mail,) = await stores.mails.due(utcnow() + timedelta(days=1), 9)
            pauses.append(round((mail.due_at - utcnow()).total_seconds() / 60))
        assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240]
        assert "mail.given-up" not in events
        await make_due(world, created_at=utcnow() - KEPT_FOR - timedelta(seconds=1))
        await send(world)
        assert await world.outbox() == []
    assert events.count("mail.given-up") == 1


@pytest.mark.parametrize("answer", ["450 later", "550 nobody here"])
async def test_one_who_is_refused_keeps_nobody_else(
    world: tuple[AccountsWorld, SmtpDouble], answer: str
) -> None:
    accounts, smtp = world
    smtp.refuses["carol@example.org"] = answer
    for person in ("bob", "carol", "dave"):
        await accounts.sign_up(f"{person}@example.org")
    await send(accounts)
    assert [mail["To"] for mail in smtp.accepted] == ["bob@example.org", "dave@example.org"]
    assert [mail.address for mail in await accounts.outbox()] == ["carol@example.org"]


async def test_a_sender_killed_after_sending_sends_at_most_once_more(
    world: tuple[AccountsWorld, SmtpDouble], monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts, smtp = world

    class Killed(BaseException):
        pass

    async def killed(*_args: object) -> None:
        raise Killed

    await accounts.sign_up()
    with monkeypatch.context() as patch:
        patch.setattr("aglais_accounts.stores.mails.MailStore.remove", killed)
        with pytest.raises(Killed):
            await send(accounts)
    await send(accounts)
    assert len(smtp.accepted) == 1, "not before the pause is over"
    await make_due(accounts)
    await send(accounts)
    first, second = smtp.accepted
    assert first["Message-ID"] == second["Message-ID"]
    assert await accounts.outbox() == []


async def test_mails_to_nobody_are_dropped(world: tuple[AccountsWorld, SmtpDouble]) -> None:
    accounts, smtp = world
    await accounts.resend("nobody@example.org")
    assert [mail.address for mail in await accounts.outbox()] == [""]
    await send(accounts)
    assert (smtp.accepted, await accounts.outbox()) == ([], [])


async def test_starttls_and_login_are_used_and_insisted_on(
    database_url: str, hub: HubDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = loopback_certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    login = f"{USER}:{quote(PASSWORD, safe='')}"
    with smtp_server(tls=tls) as smtp, smtp_server() as plain:
        for url, trusted, sent in (
            (f"smtp://{login}@127.0.0.1:{smtp.port}", True, True),
            (f"smtp://{login}@127.0.0.1:{smtp.port}", False, False),
            (f"smtp://{USER}:wrong@127.0.0.1:{smtp.port}", True, False),
            (f"smtp://{login}@127.0.0.1:{plain.port}", True, False),
        ):
            if trusted:
                monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            else:
                monkeypatch.delenv("SSL_CERT_FILE")
            smtp.accepted.clear()
            config = AccountsConfig(
                database_url=database_url, secret_keys="A" * 43 + "=",
                smtp_url=url, mail_from=SENDER,
            )  # type: ignore[arg-type]  # fmt: skip
            failure = await failure_of(config)
            assert (len(smtp.accepted), failure is None) == (int(sent), sent)
            assert PASSWORD not in str(failure)
            assert "wrong" not in str(failure)
        assert smtp.is_encrypted == [True]
        assert plain.accepted == [], "without TLS nothing is sent, least of all the password"


async def failure_of(config: AccountsConfig) -> PostError | None:
    """Send a letter; return why it could not be."""
    try:
        async with post_of(config).open() as deliver:
            await deliver(Letter(1, ADDRESS, "Hello", "Hello.\n", utcnow()))
    except PostError as failure:
        return failure
    return None


async def test_without_a_server_mails_are_files_that_only_the_owner_reads(
    database_url: str, hub: HubDouble, tmp_path: Path
) -> None:
    folder = tmp_path / "home" / "mail"
    async with accounts_world(database_url, hub, mailbox=folder) as world:
        mailbox = Mailbox(folder)
        await world.sign_up(name="alice")
        assert mailbox.news() == []
        await send(world)
        (file,) = folder.iterdir()
        assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
        head, link = mailbox.news()
        assert head == f"Mail to {ADDRESS}: Confirm your e-mail address"
        assert mailbox.news() == Mailbox(folder).news() == []
        mail = message_from_bytes(file.read_bytes(), EmailMessage, policy=policy.default)
        assert mail["To"] == ADDRESS
        assert link.strip().encode() in file.read_bytes(), "links are whole in the file"
        found = LINK.search(link)
        assert found is not None
        await world.confirm_code(found[1])
        assert await world.outbox() == []


async def test_what_a_mail_says_is_not_obeyed_by_the_terminal(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    letter = Letter(7, "x@example.org", "Hello", "http://a.test/\x1b[2J\u202e\n", utcnow())
    async with MailboxPost(tmp_path, SENDER).open() as deliver:
        await deliver(letter)
        await deliver(letter)
    (tmp_path / "broken.eml").write_bytes(b"\xff\x00")
    lines = mailbox.news()
    assert len([line for line in lines if line.startswith("Mail to x@")]) == 1, "written once"
    assert all(line.isprintable() for line in lines)


async def test_a_folder_that_cannot_be_written_keeps_the_mails(
    database_url: str, hub: HubDouble, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", None):
        mailbox = {"mailbox": folder} if folder else {}
        async with accounts_world(database_url, hub, **mailbox) as world:
            await world.sign_up(f"person{bool(folder)}@example.org")
            await send(world)
            assert await world.outbox()


def test_the_supervisor_looks_where_the_service_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AGLAIS_ACCOUNTS_MAILBOX", raising=False)
    platform = Platform(home=tmp_path, cache=tmp_path, port=8000)
    assert str(platform.mailbox) == embedded_settings(tmp_path)["AGLAIS_ACCOUNTS_MAILBOX"]


SERVERS = {
    "smtp://h": SmtpServer("h", 587, None, None, is_tls=False, is_starttls=True),
    "smtps://h": SmtpServer("h", 465, None, None, is_tls=True, is_starttls=False),
    "smtp://h?tls=off": SmtpServer("h", 25, None, None, is_tls=False, is_starttls=False),
    "smtp://a%40b:c%2Fd@h:2525": SmtpServer(
        "h", 2525, "a@b", "c/d", is_tls=False, is_starttls=True
    ),
}


@pytest.mark.parametrize("url", SERVERS)
def test_a_server_is_read_from_its_url(url: str) -> None:
    assert SmtpServer.parse(url) == SERVERS[url]


def config(**given: str) -> Callable[[], AccountsConfig]:
    environment = {
        "AGLAIS_ACCOUNTS_DATABASE_URL": "sqlite://",
        "AGLAIS_ACCOUNTS_SECRET_KEYS": "A" * 43 + "=",
    }
    named = {f"AGLAIS_ACCOUNTS_{name.upper()}": value for name, value in given.items()}
    return lambda: AccountsConfig.load(environment | named)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"smtp_url": "http://secret@h", "mail_from": SENDER}, "SMTP_URL"),
        ({"smtp_url": "smtp://:secret@:x", "mail_from": SENDER}, "SMTP_URL"),
        ({"smtp_url": "smtp://h/?tls=on&secret=1", "mail_from": SENDER}, "SMTP_URL"),
        ({"smtp_url": "smtp://h"}, "MAIL_FROM"),
        ({"mail_from": "nobody"}, "MAIL_FROM"),
        ({"mail_from": "a@b.org\nBcc: c@d.org"}, "MAIL_FROM"),
    ],
)
def test_wrong_mail_settings_stop_the_start_by_name(given: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=f"AGLAIS_ACCOUNTS_{named}") as refused:
        config(**given)()
    assert "secret" not in str(refused.value)


def test_no_setting_is_needed() -> None:
    assert config()().smtp_url is None


def test_the_date_of_a_mail_is_that_of_its_cause() -> None:
    then = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    message = Letter(7, ADDRESS, "Hello", "Grüße\n", then).message(SENDER)
    assert message["Date"] == "Wed, 02 Jan 2030 03:04:05 +0000"
    assert message.get_content() == "Grüße\n"
