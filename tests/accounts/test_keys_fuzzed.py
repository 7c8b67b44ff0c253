"""The reader of public keys against all that people and programs might paste."""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aglais_hub.errors import InvalidRequest
from aglais_hub.ssh import ALGORITHMS, PrivateKeyPastedError, PublicKey, parse_public_key
from tests.accounts.key_world import OWN, key_world
from tests.support.hub import HubDouble
from tests.support.keys import private, public

pytestmark = pytest.mark.slow

LINES = [
    public(), public("ecdsa-sha2-nistp256"), public("ecdsa-sha2-nistp521"),
    public("ssh-rsa", key_size=3072), public("ssh-rsa", key_size=2048), public("ssh-dss"),
]  # fmt: skip
SECRETS = [
    private(), private("ecdsa-sha2-nistp256"), private("ssh-rsa", key_size=3072),
    private("ssh-rsa", "pkcs1-pem", key_size=3072), private("ecdsa-sha2-nistp256", "pkcs8-pem"),
]  # fmt: skip
MARKER = 24
"""So many characters of a private key, in a row, are never a coincidence."""

FIELDS = st.binary(max_size=40) | st.sampled_from([name.encode() for name in ALGORITHMS])


def packed(fields: list[bytes]) -> bytes:
    """Return a body in the form that SSH gives its keys."""
    return b"".join(struct.pack(">I", len(field)) + field for field in fields)


@st.composite
def built(draw: st.DrawFn) -> str:
    """Return a line that is well formed outside, and anything inside."""
    algorithm = draw(st.sampled_from(ALGORITHMS))
    rest = draw(st.lists(FIELDS, max_size=5))
    body = packed([algorithm.encode(), *rest]) + draw(st.binary(max_size=3))
    return f"{algorithm} {b64encode(body).decode()} {draw(st.text(max_size=20))}"


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Return a real key with something replaced."""
    line = draw(st.sampled_from(LINES))
    start = draw(st.integers(0, len(line)))
    end = draw(st.integers(start, min(len(line), start + 12)))
    return line[:start] + draw(st.text(max_size=8)) + line[end:]


@st.composite
def disguised(draw: st.DrawFn) -> str:
    """Return a private key with something around it, or other ends of lines."""
    secret = draw(st.sampled_from(SECRETS))
    ending = draw(st.sampled_from(["\n", "\r\n", "\r", " ", "\n\n", ""]))
    around = st.text(max_size=30) | st.sampled_from([*LINES, "ssh-ed25519 ", "ssh-rsa AAAA "])
    text = ending.join(secret.splitlines())
    return f"{draw(around)}{draw(st.sampled_from(['', ' ', ending]))}{text}{draw(around)}"


PASTED = st.text() | built() | damaged() | st.sampled_from(LINES)


def read(text: str) -> PublicKey | InvalidRequest:
    try:
        return parse_public_key(text)
    except InvalidRequest as refused:
        return refused


@settings(max_examples=1500, deadline=None)
@given(PASTED)
@example("ssh-rsa AAAAB3NzaC1yc2EAAAAAAAAAAA==")
@example("ssh-ed25519 " + b64encode(packed([b"ssh-ed25519", b""])).decode())
@example("ssh-rsa " + b64encode(packed([b"ssh-rsa", b"\x03", b"\x01" + bytes(400)])).decode())
@example("ssh-rsa " + b64encode(packed([b"ssh-rsa", b"", b""])).decode())
@example("ssh-rsa " + b64encode(packed([b"ssh-rsa", b"\xff", b"\xff" * 500])).decode())
def test_a_line_is_a_key_or_refused_in_a_sentence(text: str) -> None:
    key = read(text)
    if isinstance(key, InvalidRequest):
        assert key.message.endswith(".")
        return
    # One line for sshd, which is read as the same key again, and does nothing to a terminal.
    assert key.line.isascii()
    assert key.line.isprintable()
    assert key.comment.isprintable()
    assert parse_public_key(f"{key.line} {key.comment}").fingerprint == key.fingerprint


@settings(max_examples=400, deadline=None)
@given(disguised())
def test_a_private_key_is_known_in_any_dress(text: str) -> None:
    with pytest.raises(PrivateKeyPastedError) as refused:
        parse_public_key(text)
    assert pieces_of_secrets_in(refused.value.message) == []


def pieces_of_secrets_in(text: str) -> list[str]:
    """Return the parts of private keys that are in a text; line breaks hide nothing.

    Public halves, which are inside private ones, are no secret.
    """
    plain = "".join(text.split())
    bodies = ("".join(secret.splitlines()[1:-1]) for secret in SECRETS)
    starts = ((body, start) for body in bodies for start in range(0, len(body) - MARKER, MARKER))
    pieces = [body[at : at + MARKER] for body, at in starts]
    secret = [piece for piece in pieces if not any(piece in line for line in LINES)]
    return [piece for piece in secret if piece in plain]


def test_pieces_of_secrets_are_found() -> None:
    assert pieces_of_secrets_in(f"<p>{SECRETS[0][:120]}</p>")
    assert pieces_of_secrets_in(f"<p>{LINES[0]}</p>") == []


@pytest.fixture
async def alice(database_url: str, hub: HubDouble) -> AsyncIterator[httpx.AsyncClient]:
    async with key_world(database_url, hub, ssh_key_limit=10_000) as (accounts, _):
        token = accounts.hub.token("alice", *OWN)
        headers = {"Authorization": f"token {token}"}
        async with httpx.AsyncClient(base_url=accounts.url, headers=headers) as client:
            yield client


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=PASTED | disguised(),
    where=st.sampled_from(["public", "title", "user", "name"]),
    path=st.sampled_from(["keys", "keys/fetch", "keys/preview", "keys/generate"]),
    is_json=st.booleans(),
)
async def test_no_request_is_our_fault_or_shows_a_secret(
    alice: httpx.AsyncClient, text: str, where: str, path: str, is_json: bool
) -> None:
    given_ = {"site": "github"} if "e" in path[4:6] else {}
    body = given_ | ({text: "1"} if where == "name" else {where: text})
    content = json.dumps(body).encode()
    sent = (
        {"content": content, "headers": {"Content-Type": "application/json"}}
        if is_json
        else {"data": {k: v.encode(errors="replace") for k, v in body.items()}}
    )
    answer = await alice.post(f"api/accounts/alice/{path}", **sent)  # type: ignore[arg-type]
    assert answer.status_code in {200, 201, 400, 404, 409, 429}, answer.text
    assert pieces_of_secrets_in(answer.text) == []
