"""Configuration of services: from the environment, closed and bounded without any."""

from __future__ import annotations

import os
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

__all__ = ["ConfigurationError", "ServiceConfig"]


class ConfigurationError(SystemExit):
    """The environment asks for something that cannot be; it ends the start with one line."""


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
    journal: str | None = Field(
        default=None, description="File that events are appended to; none: stdout only"
    )

    @classmethod
    def load(cls) -> Self:
        """Read the environment.

        Raises
        ------
        ConfigurationError
            A value is wrong, or a key that begins like ours is not known; by name.
        """
        prefix = f"AGLAIS_{cls.service.upper()}_"
        given = {
            key.removeprefix(prefix).lower(): value
            for key, value in os.environ.items()
            if key.startswith(prefix)
        }
        try:
            return cls.model_validate(given)
        except ValidationError as invalid:
            problems = (
                f"{prefix}{'_'.join(map(str, error['loc'])).upper()}: {error['msg']}"
                for error in invalid.errors(include_url=False, include_input=False)
            )
            raise ConfigurationError("\n".join(problems)) from None
