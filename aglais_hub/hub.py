"""The Hub's configuration: ``from aglais_hub.hub import configure; configure(c)``."""

from __future__ import annotations

import json
import os
import secrets
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from aglais_hub.database import hasten_sqlite
from aglais_hub.models.accounts import Level
from aglais_hub.platform.providers import provider_titles
from aglais_hub.platform.sessions import SessionFacts
from aglais_hub.platform.settings import Platform
from aglais_hub.scopes import ADMINS, custom_scopes, roles
from aglais_hub.service import Service

__all__ = ["configure", "installed_services", "service_environment", "template_vars"]

HERE = Path(__file__).parent

ACTIVITY_SECONDS = 60
"""How often the Hub writes down who was active; idle guests are found by it."""


def installed_services() -> list[Service]:
    """Return the services that are installed, by name."""
    entries = sorted(entry_points(group="aglais.services"), key=lambda entry: entry.name)
    return [entry.load() for entry in entries]


def configure(c: Any, platform: Platform | None = None) -> None:
    """Configure JupyterHub as the embedded platform; what is set afterwards overrides it."""
    platform = platform or Platform.load()
    services = installed_services()
    _hub(c, platform)
    _proxy(c, platform)
    _doors(c, platform)
    _sessions(c, platform)
    c.JupyterHub.custom_scopes = custom_scopes(services)
    c.JupyterHub.load_roles = roles(services)
    c.JupyterHub.load_groups = {
        ADMINS: {"users": list(platform.admins)},
        # Accounts keeps who is in them; roles can be given to a level by its group.
        **{level.group: {} for level in Level},
    }
    c.JupyterHub.services = [
        *(_managed(service, platform) for service in services),
        {"name": "aglais", "api_token": platform.secret("hub"), "display": False},
        {"name": "aglais-cli", "api_token": platform.secret("cli"), "display": False},
    ]


def _hub(c: Any, platform: Platform) -> None:
    c.JupyterHub.bind_url = platform.url.rstrip("/")
    c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{platform.ports['hub']}"
    c.JupyterHub.db_url = platform.database("hub")
    hasten_sqlite()
    c.JupyterHub.cookie_secret_file = str(platform.run / "hub-cookie.secret")
    platform.secret("hub-cookie")
    c.JupyterHub.template_paths = [str(HERE / "hub_templates")]
    c.JupyterHub.template_vars = template_vars(may_register=platform.signup) | {
        "session_of": SessionFacts(_api("booking", platform), platform.secret("hub"))
    }
    c.JupyterHub.logo_file = str(HERE / "hub_templates" / "logo.svg")
    c.JupyterHub.last_activity_interval = ACTIVITY_SECONDS
    c.JupyterHub.admin_access = True
    c.JupyterHub.concurrent_spawn_limit = 10
    # Sessions outlive a Hub that crashed; a Hub that is told to stop ends them.
    c.JupyterHub.cleanup_servers = True


def template_vars(*, may_register: bool) -> dict[str, Any]:
    """Return what our templates need besides JupyterHub's own values.

    Parameters
    ----------
    may_register
        Whether people may make accounts of their own.
    """
    return {"new_click": _new_click, "is_guest": _is_guest, "may_register": may_register}


def _is_guest(user: Any) -> bool:
    """Tell whether somebody is of level 0, as the Hub's groups mirror it."""
    groups = getattr(user, "groups", ())
    return any(group.name == Level.ANONYMOUS.group for group in groups)


def _new_click(_user: Any) -> str:
    """Name one showing of the login page, for JupyterHub's templates: a double click is one."""
    return secrets.token_urlsafe(16)


def _proxy(c: Any, platform: Platform) -> None:
    # The supervisor keeps the proxy up, so that open websockets outlive a Hub that restarts.
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{platform.ports['proxy-api']}"
    c.ConfigurableHTTPProxy.auth_token = platform.secret("proxy")


def _doors(c: Any, platform: Platform) -> None:
    c.JupyterHub.authenticator_class = "aglais"
    c.AglaisAuthenticator.accounts_url = _api("accounts", platform)
    c.AglaisAuthenticator.booking_url = _api("booking", platform)
    c.AglaisAuthenticator.api_token = platform.secret("hub")
    c.AglaisAuthenticator.guest_door = platform.guest_door
    c.AglaisAuthenticator.password_door = platform.password_door
    c.AglaisAuthenticator.signup = platform.signup
    c.AglaisAuthenticator.providers = platform.providers


def _sessions(c: Any, platform: Platform) -> None:
    c.JupyterHub.spawner_class = "aglais-local"
    c.Spawner.start_timeout = 120
    c.Spawner.http_timeout = 60
    c.Spawner.poll_interval = 10
    c.Spawner.server_token_scopes = [
        "users:activity!user",
        "access:servers!server",
        # A notebook server whose last session is over ends itself.
        "delete:servers!server",
    ]
    c.AglaisLocalSpawner.services_token = platform.secret("hub")
    c.AglaisLocalSpawner.home = str(platform.home)
    c.AglaisLocalSpawner.cache = str(platform.cache)
    c.AglaisLocalSpawner.show_tests = platform.show_tests
    c.AglaisLocalSpawner.ports = platform.ports


def _address(service: str, platform: Platform) -> str:
    return f"http://127.0.0.1:{platform.ports[service]}"


def _api(service: str, platform: Platform) -> str:
    return f"{_address(service, platform)}/services/{service}/api/"


def _managed(service: Service, platform: Platform) -> dict[str, Any]:
    """Return a service that the Hub starts, restarts and ends as a child process."""
    reads = [name for name in service.scopes if ":read:" in name]
    writes = [name for name in service.scopes if ":write:" in name]
    return {
        "name": service.name,
        "url": _address(service.name, platform),
        "command": [sys.executable, "-m", service.package],
        "oauth_no_confirm": True,
        # Groups tell the service's pages who is a guest.
        "oauth_client_allowed_scopes": [*reads, *writes, "read:users:groups"],
        "environment": {
            "PYTHONUNBUFFERED": "1",
            "AGLAIS_HUB_PID": str(os.getpid()),
            **service_environment(service, platform),
        },
    }


def service_environment(service: Service, platform: Platform) -> dict[str, str]:
    """Return the settings that a service of this platform is given; the operator's win."""
    prefix = service.config.prefix()
    given = {key: value for key, value in os.environ.items() if key.startswith(prefix)}
    if "reserved_names" in service.config.model_fields:
        # Who signed up by the name of an administrator would be one.
        # Together with what the operator keeps besides: that must not set these free.
        key = f"{prefix}RESERVED_NAMES"
        given[key] = ",".join(filter(None, [given.get(key), *platform.admins]))
    return {
        f"{prefix}DATABASE_URL": platform.database(service.name),
        f"{prefix}PLATFORM_URL": platform.url,
        f"{prefix}JOURNAL": str(platform.journal),
        **service.embedded(platform.home),
        **_titles(service, platform),
        **given,
    }


def _titles(service: Service, platform: Platform) -> dict[str, str]:
    """Return what a service is told of OAuth providers that wants to know: what they are called."""
    if platform.providers_file is None or "providers" not in service.config.model_fields:
        return {}
    variable = f"{service.config.prefix()}PROVIDERS"
    return {variable: json.dumps(provider_titles(platform.providers))}
