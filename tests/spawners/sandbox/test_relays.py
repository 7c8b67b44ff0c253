"""The ways in and out of a sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from aglais_spawners.sandbox import Bind, HubGateway, Role, hub_bind, inbound, outbound
from tests.spawners.sandbox.box import Boxes, python, script

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhub"


@asynccontextmanager
async def hub() -> AsyncIterator[int]:
    """A hub that answers everything with its name."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(_ANSWER)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def asked(path: Path) -> str:
    transport = httpx.AsyncHTTPTransport(uds=str(path))
    async with httpx.AsyncClient(transport=transport, timeout=5) as client:
        return (await client.get("http://hub/")).text


async def test_the_gateway_leads_to_the_hub(tmp_path: Path) -> None:
    async with hub() as port:
        gateway = HubGateway(tmp_path / "gateway/hub.sock", port)
        await gateway.start()
        assert await asked(gateway.path) == "hub"
        await gateway.stop()
    assert not gateway.path.exists()


async def test_a_new_gateway_takes_the_place_of_a_killed_one(tmp_path: Path) -> None:
    async with hub() as port:
        path = tmp_path / "gateway/hub.sock"
        await HubGateway(path, port).start()
        second = HubGateway(path, port)
        await second.start()
        assert await asked(path) == "hub"
        await second.stop()


async def test_a_user_s_connections_are_bounded_and_given_back(tmp_path: Path) -> None:
    async with hub() as port:
        gateway = HubGateway(tmp_path / "gateway/hub.sock", port, most_per_uid=2)
        await gateway.start()
        held = [await asyncio.open_unix_connection(gateway.path) for _ in range(2)]
        reader, writer = await asyncio.open_unix_connection(gateway.path)
        assert await reader.read() == b"", "the third is closed at once"
        for _, each in (*held, (reader, writer)):
            each.close()
        async with asyncio.timeout(2):
            while gateway.connections:  # noqa: ASYNC110 - it is another's to tell
                await asyncio.sleep(0.01)
        assert await asked(gateway.path) == "hub"
        await gateway.stop()


async def test_a_hub_that_does_not_answer_closes_the_connection(tmp_path: Path) -> None:
    gateway = HubGateway(tmp_path / "gateway/hub.sock", 1)
    await gateway.start()
    reader, _ = await asyncio.open_unix_connection(gateway.path)
    assert await reader.read() == b""
    await gateway.stop()


@pytest.mark.sandbox
async def test_requests_go_into_a_sandbox_and_out_to_the_hub(boxes: Boxes, tmp_path: Path) -> None:
    session = Bind(tmp_path / "s", "/run/session", owner=330_000)
    serve = (
        "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port=8080, bind='127.0.0.1')"
    )
    async with hub() as port:
        gateway = HubGateway(tmp_path / "gateway/hub.sock", port)
        await gateway.start()
        record = await boxes.start(
            inbound("/run/session/http.sock"),
            outbound("/run/hub/hub.sock"),
            script("user", fetch(8081) + "; echo; echo end", who=Role.SERVER),
            main=python("main", serve, who=Role.SERVER, directory="/run/session"),
            server_uid=330_000,
            user_uid=330_001,
            read_only=(hub_bind(gateway.path),),
            read_write=(session,),
        )
        (session.source / "page").write_text("zeppelin")
        (session.source / "page").chmod(0o644)
        assert await boxes.said(record, "user") == "hub\n"
        assert await page(session.source / "http.sock") == "zeppelin"
        await gateway.stop()


@pytest.mark.sandbox
async def test_a_running_sandbox_finds_the_gateway_of_a_restarted_hub(
    boxes: Boxes, tmp_path: Path
) -> None:
    path = tmp_path / "gateway/hub.sock"
    async with hub() as port:
        await HubGateway(path, port).start()
        record = await boxes.start(
            outbound("/run/hub/hub.sock"),
            script("early", fetch(8081) + "; echo; echo end", who=Role.SERVER),
            script("late", "sleep 1; " + fetch(8081) + "; echo; echo end", who=Role.SERVER),
            read_only=(hub_bind(path),),
        )
        assert await boxes.said(record, "early") == "hub\n"
        gateway = HubGateway(path, port)
        await gateway.start()
        assert await boxes.said(record, "late") == "hub\n"
        await gateway.stop()


@pytest.mark.sandbox
async def test_a_notebook_is_not_led_to_the_hub(boxes: Boxes, tmp_path: Path) -> None:
    ask = fetch(8081).removeprefix("until ").partition(" 2>")[0]
    async with hub() as port:
        gateway = HubGateway(tmp_path / "gateway/hub.sock", port)
        await gateway.start()
        record = await boxes.start(
            outbound("/run/hub/hub.sock"),
            script("server", fetch(8081) + "; echo; echo end", who=Role.SERVER),
            script("user", f"sleep 1; {ask} 2>/dev/null || echo refused; echo end"),
            read_only=(hub_bind(gateway.path),),
        )
        assert await boxes.said(record, "server") == "hub\n"
        assert await boxes.said(record, "user") == "refused\n"
        await gateway.stop()


@pytest.mark.sandbox
async def test_a_notebook_cannot_take_the_port_of_the_hub(boxes: Boxes, tmp_path: Path) -> None:
    relay = outbound("/run/hub/none.sock")
    take = "python3 -c \"import socket; socket.create_server(('127.0.0.1', 8081))\" 2>&1 | tail -1"
    record = await boxes.start(
        script("user", f"{take}; echo end"), python("relay", "", listen_port=relay.listen_port)
    )
    assert "Address already in use" in await boxes.said(record, "user")


def fetch(port: int) -> str:
    url = f"http://127.0.0.1:{port}/"
    program = f"import urllib.request as u; print(u.urlopen('{url}').read().decode(), end='')"
    return f'until python3 -c "{program}" 2>/tmp/error; do sleep 0.1; done'


async def page(path: Path) -> str:
    transport = httpx.AsyncHTTPTransport(uds=str(path))
    async with asyncio.timeout(8), httpx.AsyncClient(transport=transport) as client:
        while True:
            try:
                return (await client.get("http://session/page")).text
            except httpx.TransportError:
                await asyncio.sleep(0.05)
