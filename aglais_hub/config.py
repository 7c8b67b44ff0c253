"""Configuration of services: from the environment, closed and bounded without any."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

__all__ = ["ConfigurationError", "ServiceConfig", "unknown_setting"]


class ConfigurationError(SystemExit):
    """The environment asks for something that cannot be; it ends the start with one line."""


def unknown_setting(
    name: str, known: Iterable[str], told_in: str = "docs/reference/settings.md"
) -> str:
    """Return the sentence about a setting that nobody reads, with what may have been meant."""
    alike = get_close_matches(name, list(known), n=1, cutoff=0.85)
    guess = f"; did you mean {alike[0]}?" if alike else f"; see {told_in}."
    return f"{name} is not a setting{guess}"


class ServiceConfig(BaseModel):
    """What every service is told; a service subclasses it with what it needs besides.

    Each field is read from ``AGLAIS_<SERVICE>_<FIELD>``. What the Hub tells its services
    (``JUPYTERHUB_...``) is read by JupyterHub's own classes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    service: ClassVar[str] = ""

    database_url: SecretStr = Field(
        description="SQLAlchemy URL of the service's own database (SQLite or PostgreSQL)"
    )
    body_limit_bytes: int = Field(
        default=2**20, gt=0, description="Largest request body that is read"
    )
    platform_url: str = Field(
        default="http://127.0.0.1:8000/",
        description="Where the other services are found; ends with a slash",
    )
    public_url: str | None = Field(
        default=None,
        description="Address of the platform in people's browsers, for links; none: PLATFORM_URL",
    )
    journal: str | None = Field(
        default=None, description="File that events are appended to; none: stdout only"
    )

    def link(self, path: str) -> str:
        """Return the address, for a browser, of a path on this platform."""
        return (self.public_url or self.platform_url).rstrip("/") + path

    @classmethod
    def prefix(cls) -> str:
        """Return what the service's environment variables begin with."""
        return f"AGLAIS_{cls.service.upper()}_"

    @classmethod
    def variables(cls) -> dict[str, str]:
        """Return the field's name by environment variable."""
        return {cls.prefix() + name.upper(): name for name in cls.model_fields}

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the environment, by default this process's.

        Raises
        ------
        ConfigurationError
            A value is wrong, or a key that begins like ours is not known; by name.
        """
        prefix = cls.prefix()
        given = {
            key.removeprefix(prefix).lower(): value
            for key, value in (os.environ if environment is None else environment).items()
            if key.startswith(prefix)
        }
        try:
            return cls.model_validate(given)
        except ValidationError as invalid:
            errors = invalid.errors(include_url=False, include_input=False, include_context=False)
            raise ConfigurationError(" ".join(map(cls._problem, errors))) from None

    @classmethod
    def _problem(cls, error: Mapping[str, Any]) -> str:
        name = cls.prefix() + "_".join(map(str, error["loc"])).upper()
        if error["type"] == "extra_forbidden":
            return unknown_setting(name, cls.variables())
        return f"{name}: {error['msg']}."
