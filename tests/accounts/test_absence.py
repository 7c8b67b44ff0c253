"""Who was away for long is warned, and goes only then: whatever clocks and mails do meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from aglais_accounts import watch as watching
from aglais_accounts.managers.base import begin_departure
from aglais_accounts.reaper import Reaper
from aglais_accounts.stores.mails import MailStore
from aglais_accounts.watch import Watch
from aglais_hub.models import utcnow
from aglais_hub.models.accounts import Level
from aglais_hub.scopes import ADMINS
from tests.accounts.departing import ALL, Killed, KilledManager, World
from tests.accounts.test_farewell import member

pytestmark = pytest.mark.slow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
YEAR = 365 * DAY
LEADS = (30 * DAY, 7 * DAY, DAY)


@dataclass
class Times:
    """A world whose clock is moved, and a postman who empties the outbox."""

    world: World
    real: datetime
    offset: timedelta = timedelta()
    is_mail_up: bool = True
    sent: list[tuple[datetime, str, str]] = field(default_factory=list)
    """Real time, address and subject of the mails that have left."""

    @property
    def clock(self) -> datetime:
        """What every part of the platform takes for now."""
        return self.real + self.offset

    async def round(self) -> None:
        """Watch once, and send what is to be sent."""
        await Watch(self.world.manager).look()
        if not self.is_mail_up:
            return
        async with self.world.manager.writing() as stores:
            for mail in await stores.mails.due(self.clock + 10 * YEAR, 1000):
                self.sent.append((self.real, mail.address, mail.subject))
                await stores.mails.remove(mail.id)

    async def passes(self, time: timedelta, every: timedelta = 6 * HOUR) -> None:
        """Let time pass, with a round again and again."""
        until = self.real + time
        while self.real < until:
            self.real = min(until, self.real + every)
            await self.round()

    def comes_back(self, name: str) -> None:
        """Let somebody be active at the Hub, which never notes an earlier time than before."""
        user = self.world.mock.hub.known[name]
        before = datetime.fromisoformat(user["last_activity"])
        user["last_activity"] = max(before, self.clock).isoformat()

    def warnings(self, name: str = "alice") -> list[timedelta]:
        """Return how long ago the warnings of an account were sent, first one first."""
        subject = f"Your account {name} goes on"
        return [self.real - at for at, _, what in self.sent if what.startswith(subject)]


@pytest.fixture
def times(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Times]:
    """A world in which a round every six hours is often enough."""
    moved = Times(world, utcnow())
    for module in ("watch", "managers.base", "managers.departures", "reaper"):
        target = f"aglais_accounts.{module}.utcnow"
        monkeypatch.setattr(target, lambda: moved.clock, raising=False)
    monkeypatch.setattr(watching, "GAP", 7 * HOUR)
    return moved


async def test_an_owner_is_warned_once_at_each_time_and_goes_then(times: Times) -> None:
    world = times.world
    alice, bob = await member(world), await member(world, "bob", "bob@example.org")
    await times.passes(YEAR - 31 * DAY, every=5 * DAY)
    assert times.sent == []
    start = times.real
    times.comes_back(bob)
    await times.passes(31 * DAY - 6 * HOUR)
    assert [times.real - since - start for since in times.warnings()] == [
        pytest.approx(DAY, abs=6 * HOUR),
        pytest.approx(24 * DAY, abs=6 * HOUR),
        pytest.approx(30 * DAY, abs=6 * HOUR),
    ]
    assert {address for _, address, _ in times.sent} == {"alice@example.org"}
    assert await world.leaving() == {}
    await times.passes(18 * HOUR)
    assert await world.leaving() == {alice: "nobody was here for 365 d"}
    await world.reaper.depart()
    assert await world.left_of(alice) == set()
    assert await world.left_of(bob) == ALL


async def test_coming_back_at_the_last_moment_is_enough(times: Times) -> None:
    alice = await member(times.world)
    await times.passes(YEAR - 2 * DAY, every=5 * DAY)
    await times.passes(2 * DAY - 3 * HOUR)
    assert len(times.warnings()) == 3

    async def comes_back_while_the_watch_looks(when: str, request: Any) -> None:
        if when == "before" and request.url.path.endswith(f"/users/{alice}"):
            times.comes_back(alice)

    times.world.mock.moment = comes_back_while_the_watch_looks
    await times.passes(DAY)
    times.world.mock.moment = None
    assert await times.world.leaving() == {}
    await times.passes(20 * DAY)
    assert await times.world.leaving() == {}
    assert len(times.warnings()) == 3


async def edit(world: World, name: str, expires_at: datetime | None) -> None:
    async with world.manager.writing() as stores:
        await stores.accounts.change(name, expires_at=expires_at, warned_at=None)


async def test_a_fixed_end_is_warned_of_too_and_coming_back_does_not_move_it(times: Times) -> None:
    world, alice = times.world, await member(times.world)
    await edit(world, alice, times.real + 90 * DAY)
    await times.passes(59 * DAY, every=DAY / 4)
    for _ in range(30):
        times.comes_back(alice)
        await times.passes(DAY)
    assert len(times.warnings()) == 3
    await edit(world, alice, times.real + 100 * DAY)
    await times.passes(5 * DAY)
    assert await world.leaving() == {}, "it was extended"
    await edit(world, alice, times.real + 3 * DAY)
    await times.passes(4 * DAY)
    assert await world.leaving() == {alice: "its time was over"}
    assert len(times.warnings()) == 5


async def test_a_service_that_was_away_warns_first(times: Times) -> None:
    alice = await member(times.world)
    await times.round()
    times.real += YEAR + 30 * DAY
    await times.round()
    assert (await times.world.leaving(), len(times.warnings())) == ({}, 1)
    await times.passes(18 * HOUR)
    assert await times.world.leaving() == {}
    await times.passes(12 * HOUR)
    assert set(await times.world.leaving()) == {alice}


async def test_nobody_goes_while_the_warning_waits_to_be_sent(times: Times) -> None:
    alice = await member(times.world)
    await times.passes(YEAR - 31 * DAY, every=5 * DAY)
    times.is_mail_up = False
    await times.passes(60 * DAY)
    assert (await times.world.leaving(), times.sent) == ({}, [])
    times.is_mail_up = True
    await times.round()
    await times.passes(18 * HOUR)
    assert await times.world.leaving() == {}
    await times.passes(12 * HOUR)
    assert set(await times.world.leaving()) == {alice}


async def test_who_has_no_address_or_runs_the_platform_stays(times: Times) -> None:
    world = times.world
    silent, admin = await world.account("silent"), await member(world, "root-1", "r@example.org")
    world.mock.hub.known[admin]["groups"] = [ADMINS]
    await edit(world, silent, times.real + 10 * DAY)
    await times.passes(YEAR + 40 * DAY, every=5 * DAY)
    await times.passes(2 * DAY)
    assert (await world.leaving(), times.sent) == ({}, [])
    shown = await world.accounts.account(silent)
    assert shown.leaves_at is not None
    assert shown.leaves_at < times.real, "administrators see who should have gone"


async def test_an_operator_may_let_go_whom_nobody_can_write_to(
    times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = times.world
    silent, alice = await world.account("silent"), await member(world)
    config = world.manager.config.model_copy(update={"erase_unreachable": True})
    monkeypatch.setattr(world.manager, "config", config)
    await times.passes(YEAR - 2 * DAY, every=5 * DAY)
    times.comes_back(alice)
    await times.passes(DAY)
    assert await world.leaving() == {}
    await times.passes(36 * HOUR)
    assert await world.leaving() == {silent: "nobody was here for 365 d"}


async def test_when_somebody_was_here_is_written_down_only_when_it_moved(times: Times) -> None:
    world, alice = times.world, await member(times.world)
    guest = await world.guest()
    await times.round()
    first = (await world.accounts.account(alice)).last_seen_at
    assert first is not None
    assert (await world.accounts.account(guest)).last_seen_at is not None
    times.real += 5 * timedelta(minutes=1)
    times.comes_back(alice)
    await times.round()
    assert (await world.accounts.account(alice)).last_seen_at == first
    times.real += 6 * timedelta(minutes=1)
    times.comes_back(alice)
    await times.round()
    assert (await world.accounts.account(alice)).last_seen_at == times.real
    times.offset = 800 * DAY
    times.comes_back(alice)
    await times.round()
    times.offset = timedelta()
    await times.round()
    assert (await world.accounts.account(alice)).last_seen_at == times.real, "not in the future"


async def test_a_watch_killed_at_any_moment_warns_once_and_lets_go_once(times: Times) -> None:
    world = times.world
    for at in range(30):
        name = await member(world, f"user-{at}", f"user-{at}@example.org")
        await edit(world, name, times.real + 20 * DAY)
        await times.passes(18 * DAY + 18 * HOUR)  # All but the last warning.
        before = len(times.warnings(name))
        times.real += 6 * HOUR
        knife = Knife(world, at)
        ended = await knife.look()
        await times.round()
        assert len(times.warnings(name)) == before + 1, knife.seen[-1]
        await times.passes(18 * HOUR)
        times.real += 6 * HOUR
        knife = Knife(world, at)
        ended = await knife.look() and ended
        await times.round()
        assert set(await world.leaving()) == {name}, knife.seen[-1]
        await Reaper(world.manager).depart()
        assert world.events.count(("account.erased", name)) == 1
        if ended:
            return
    pytest.fail("there are more moments than were tried")


class Knife:
    """Kills a watch at its n-th moment."""

    def __init__(self, world: World, at: int) -> None:
        self.world, self.at, self.seen = world, at, list[str]()

    async def look(self) -> bool:
        """Watch once; tell whether it came to its end."""
        watch = Watch(self.world.manager)
        watch.manager = KilledManager(self.world.manager.context, self)  # type: ignore[arg-type]
        watch.manager.departures.writing = watch.manager.writing  # type: ignore[method-assign]
        self.world.mock.moment = self.request
        try:
            await watch.look()
        except Killed:
            return False
        finally:
            self.world.mock.moment = None
        return True

    async def request(self, when: str, request: Any) -> None:
        self.cut(f"{when} {request.method} {request.url.path}")

    def cut(self, moment: str) -> None:
        self.seen.append(moment)
        if len(self.seen) - 1 == self.at:
            raise Killed(moment)


IDLE, SHORT_LEADS, GAP, STEP = 4 * DAY, (DAY, DAY / 4), 3 * HOUR, 2 * HOUR
WRONG_FOR = 4 * HOUR
"""How long a clock is wrong: less than the shortest lead time."""

deeds = st.one_of(
    st.tuples(st.just("pass"), st.integers(1, 40)),
    st.tuples(st.just("come back"), st.just(0)),
    st.tuples(st.just("no mail for"), st.integers(1, 30)),
    st.tuples(st.just("away for"), st.integers(4, 200)),
    st.tuples(st.just("clock jumps"), st.integers(-400, 400).filter(lambda hours: abs(hours) > 4)),
)


@dataclass
class Checker:
    """Lives through what happens to an account, and tells when it goes too early."""

    times: Times
    name: str
    was_here: datetime
    problems: list[str] = field(default_factory=list)
    is_gone: bool = False

    async def live(self, deed: str, amount: int) -> None:
        times = self.times
        if deed == "pass":
            await self.passes(amount * STEP)
        elif deed == "come back":
            times.comes_back(self.name)
            self.was_here = times.real
        elif deed == "no mail for":
            times.is_mail_up = False
            await self.passes(amount * STEP)
            times.is_mail_up = True
        elif deed == "away for":
            times.real += amount * HOUR
            await self.passes(STEP)
        else:
            times.offset = amount * HOUR
            await self.passes(WRONG_FOR)
            times.offset = timedelta()
            await self.passes(STEP)

    async def passes(self, time: timedelta) -> None:
        until = self.times.real + time
        while self.times.real < until and not self.is_gone:
            await self.times.passes(STEP, every=STEP)
            if self.name in await self.times.world.leaving():
                self.is_gone = True
                self.check()

    def check(self) -> None:
        """Note what was wrong about the moment at which the account goes."""
        now, idle = self.times.real, self.times.real - self.was_here
        told = [since for since in self.times.warnings(self.name) if now - since >= self.was_here]
        if idle < IDLE:
            self.problems.append(f"gone after {idle}, {IDLE - idle} early")
        if not told or max(told) < min(SHORT_LEADS):
            self.problems.append(f"warned only {told} before")


@asynccontextmanager
async def checked(times: Times, monkeypatch: pytest.MonkeyPatch, name: str) -> Any:
    """Make an account that goes after four days, and watch over it."""
    monkeypatch.setattr(watching, "GAP", GAP)
    manager = times.world.manager
    days = tuple(lead / DAY for lead in SHORT_LEADS)
    monkeypatch.setattr(manager, "config", manager.config.model_copy(update={"warn_days": days}))
    async with manager.writing() as stores:
        limits = await stores.levels.get(Level.BASIC)
        assert limits is not None
        idle = int(IDLE.total_seconds())
        await stores.levels.save(limits.model_copy(update={"idle_seconds": idle}))
    await member(times.world, name, f"{name}@example.org")
    times.real = utcnow()
    times.offset, times.is_mail_up = timedelta(), True
    times.world.mock.hub.known[name]["last_activity"] = times.real.isoformat()
    times.sent.clear()
    yield Checker(times, name, times.real)
    async with manager.writing() as stores:
        await begin_departure(stores, name, "the test is over")
    await Reaper(manager).depart()


numbers = iter(range(10**6))


@settings(
    max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip
@given(story=st.lists(deeds, max_size=12))
@example(story=[("pass", 46), ("clock jumps", 400), ("pass", 3)])
@example(story=[("pass", 46), ("clock jumps", -400), ("clock jumps", 30), ("away for", 200)])
@example(story=[("no mail for", 60), ("come back", 0), ("pass", 47), ("no mail for", 20)])
@example(story=[("clock jumps", 400), ("come back", 0), ("pass", 40), ("clock jumps", 90)])
async def test_expiry_never_comes_early(
    times: Times, monkeypatch: pytest.MonkeyPatch, story: list[tuple[str, int]]
) -> None:
    async with checked(times, monkeypatch, f"story-{next(numbers)}") as checker:
        for deed, amount in story:
            await checker.live(deed, amount)
        assert checker.problems == []
        if not checker.is_gone:
            await checker.passes(IDLE + 3 * DAY)
        assert checker.is_gone, "it has to come to an end at last"
        assert checker.problems == []


@pytest.mark.parametrize("broken", ["no hold", "warned is enough", "does not ask the outbox"])
async def test_the_checker_bites(
    times: Times, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """With a part of the care left out, the same stories go wrong, and that is seen."""
    story: list[tuple[str, int]] = [("pass", 46), ("clock jumps", 400), ("pass", 3)]
    if broken == "no hold":
        story = [("pass", 46), ("clock jumps", 400)]

        async def careless(_watch: Watch, _now: datetime) -> bool:
            return False

        monkeypatch.setattr(Watch, "_hold", careless)
    elif broken == "warned is enough":
        story = [("away for", 120), ("pass", 2)]
        monkeypatch.setattr(watching, "decide", hasty(watching.decide))
        monkeypatch.setattr(Watch, "_hold", _never)
    else:
        story = [("pass", 30), ("no mail for", 60)]

        async def empty(_mails: MailStore, _addresses: Any) -> bool:
            return False

        monkeypatch.setattr("aglais_accounts.stores.absences.AbsenceStore.has_mail", empty)
    async with checked(times, monkeypatch, f"bite-{next(numbers)}") as checker:
        for deed, amount in story:
            await checker.live(deed, amount)
        assert checker.problems


async def _never(_watch: Watch, _now: datetime) -> bool:
    return False


def hasty(decide: Any) -> Any:
    """Return a rule that lets go right after any warning."""

    def rule(end: Any, warned_at: Any, now: datetime, leads: Any) -> Any:
        verdict = decide(end, warned_at, now, leads)
        if verdict.warn and warned_at is None:
            return verdict
        return type(verdict)(leave=now >= end.at, is_last=True, goes_at=end.at)

    return rule
