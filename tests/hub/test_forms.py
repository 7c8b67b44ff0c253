"""Forms: which controls a model gets, and what comes back from them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlencode

import pytest
from jinja2 import Environment, PackageLoader, PrefixLoader

from aglais_hub.models import Model, Moment
from aglais_hub.models.bookings import BookingRequest
from aglais_hub.models.capacities import Approval
from aglais_hub.web.forms import FORM, form_fields, parse_body


class Trip(Model):
    """Something with a field of each kind that is new to forms."""

    is_open: bool = True
    may_smoke: bool | None = None
    first_day: date | None = None
    start: datetime | None = None
    leaves_at: Moment | None = None


def sent(**values: str | list[str]) -> Trip:
    body = urlencode(values, doseq=True)
    arguments = {name: [one.encode() for one in many] for name, many in parse_qs(body).items()}
    return parse_body(Trip, FORM, body.encode(), arguments)


def test_each_kind_of_value_has_its_control() -> None:
    kinds = {field.name: field.kind for field in form_fields(Trip, None, {})}
    assert kinds == {
        "is_open": "checkbox",
        "may_smoke": "select",
        "first_day": "date",
        "start": "datetime-local",
        "leaves_at": "datetime-local",
    }
    texts = {field.name: field.kind for field in form_fields(Approval, None, {})}
    assert (texts["text"], texts["pool"]) == ("textarea", "text")


@pytest.mark.parametrize(
    ("given", "is_open"),
    [({}, True), ({"is_open": "false"}, False), ({"is_open": ["false", "true"]}, True)],
)
def test_an_unticked_box_says_no(given: dict[str, str | list[str]], is_open: bool) -> None:
    assert sent(**given).is_open is is_open


def test_a_claim_may_be_left_open() -> None:
    assert [sent(may_smoke=word).may_smoke for word in ("", "true", "no")] == [None, True, False]


def test_days_and_wall_times_are_read_as_they_are_typed() -> None:
    trip = sent(first_day="2028-02-29", start="2026-12-01T09:00", leaves_at="2026-12-01T09:00")
    assert trip.first_day == date(2028, 2, 29)
    assert trip.start == datetime(2026, 12, 1, 9)
    assert trip.leaves_at == datetime(2026, 12, 1, 9, tzinfo=UTC)
    again = {field.name: field.value for field in form_fields(Trip, trip, {})}
    assert again["first_day"] == "2028-02-29"
    assert again["start"] == again["leaves_at"] == "2026-12-01T09:00:00"


@pytest.mark.parametrize(
    ("trip", "typed", "is_ticked"),
    [
        (None, {}, True),
        (Trip(is_open=False), {}, False),
        (Trip(is_open=False), {"is_open": "true"}, True),
        (Trip(), {"is_open": "false"}, False),
    ],
)
def test_a_box_shows_what_is_so_or_was_typed(
    trip: Trip | None, typed: dict[str, str], is_ticked: bool
) -> None:
    field = form_fields(Trip, trip, typed)[0]
    common = PrefixLoader({"common": PackageLoader("aglais_hub.web")})
    template = Environment(loader=common, autoescape=True).get_template("common/fields.html")
    html = str(template.module.control(field))  # type: ignore[attr-defined]
    assert field.is_ticked is is_ticked
    assert (" checked" in html) is is_ticked
    assert html.index('value="false"') < html.index('value="true"')


def test_groups_of_what_need_not_be_given_are_not_required_either() -> None:
    fields = {field.name: field for field in form_fields(BookingRequest, None, {})}
    assert not fields["limits.worker.cores"].required
    assert fields["package"].required
    assert "spans" not in fields


def test_things_in_a_list_are_named_by_their_place() -> None:
    times = {
        f"spans.{place}.{edge}": [f"2026-12-{day:02}T09:00".encode()]
        for place, (start, end) in enumerate([(1, 2), (5, 6), (8, 9)])
        for edge, day in (("start", start), ("end", end))
    }
    given = {"name": [b"x"], "package": [b"small"]} | dict(reversed(times.items()))
    request = parse_body(BookingRequest, FORM, b"x", given)
    assert [span.start.day for span in request.spans] == [1, 5, 8]
