"""The database counts what is held: a hold for which there is no room cannot be kept.

Whatever a process does, an hour's reserved resources are the sum of the holds on it, and no more
than what can be booked: the CHECKs of `hours` refuse what is too much, and the hold with it.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KINDS = ("millicores", "memory_bytes", "disk_bytes", "gpus")

TAKEN = ", ".join(f"reserved_{kind} = reserved_{kind} + NEW.{kind}" for kind in KINDS)
DROPPED = ", ".join(
    f"reserved_{kind} = reserved_{kind} - OLD.{kind}, "
    f"excess_{kind} = CASE WHEN excess_{kind} > OLD.{kind} THEN excess_{kind} - OLD.{kind} "
    "ELSE 0 END"
    for kind in KINDS
)


def _within(hold: str) -> str:
    hours = f"hour >= {hold}.first_hour AND hour < {hold}.end_hour"
    return f"pool = {hold}.pool AND {hours}"


TAKE = f"UPDATE hours SET {TAKEN} WHERE {_within('NEW')};"  # noqa: S608 (constants)
DROP = f"UPDATE hours SET {DROPPED} WHERE {_within('OLD')};"  # noqa: S608 (constants)
KNOWN = f"(SELECT count(*) FROM hours WHERE {_within('NEW')})"  # noqa: S608 (constants)
ASKED = "NEW.end_hour - NEW.first_hour"

SQLITE = (
    f"""CREATE TRIGGER holds_taken AFTER INSERT ON holds BEGIN
        SELECT RAISE(ABORT, 'an hour is not open for booking')
            WHERE NEW.end_hour <= NEW.first_hour OR {KNOWN} <> {ASKED};
        {TAKE}
    END""",
    f"CREATE TRIGGER holds_dropped AFTER DELETE ON holds BEGIN {DROP} END",
    """CREATE TRIGGER holds_changed BEFORE UPDATE ON holds BEGIN
        SELECT RAISE(ABORT, 'a hold is never changed');
    END""",
)

POSTGRESQL = (
    f"""CREATE FUNCTION aglais_hold_taken() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE counted integer;
    BEGIN
        {TAKE}
        GET DIAGNOSTICS counted = ROW_COUNT;
        IF NEW.end_hour <= NEW.first_hour OR counted <> {ASKED} THEN
            RAISE EXCEPTION 'an hour is not open for booking' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$""",
    f"""CREATE FUNCTION aglais_hold_dropped() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN {DROP} RETURN NULL; END $$""",
    """CREATE FUNCTION aglais_hold_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a hold is never changed' USING ERRCODE = 'check_violation';
    END $$""",
    """CREATE TRIGGER holds_taken AFTER INSERT ON holds
        FOR EACH ROW EXECUTE FUNCTION aglais_hold_taken()""",
    """CREATE TRIGGER holds_dropped AFTER DELETE ON holds
        FOR EACH ROW EXECUTE FUNCTION aglais_hold_dropped()""",
    """CREATE TRIGGER holds_changed BEFORE UPDATE ON holds
        FOR EACH ROW EXECUTE FUNCTION aglais_hold_changed()""",
)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for what in ("taken", "dropped", "changed"):
        if is_sqlite:
            op.execute(f"DROP TRIGGER holds_{what}")
        else:
            op.execute(f"DROP TRIGGER holds_{what} ON holds")
            op.execute(f"DROP FUNCTION aglais_hold_{what}()")
