"""Who may log in to the cloud, and requests to its services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from tests.support.openstack.configuration import PASSWORD, REGION, USER

__all__ = ["Api", "Login"]


@dataclass(frozen=True)
class Login:
    """How somebody logs in to the cloud."""

    auth_url: str
    username: str = USER
    password: str = PASSWORD
    project_name: str = "admin"
    user_domain_name: str = "Default"
    project_domain_name: str = "Default"

    def clouds_yaml(self, name: str = "test") -> dict[str, Any]:
        """Return what a clouds.yaml says of it."""
        return {
            "clouds": {name: {"auth": vars(self), "region_name": REGION, "interface": "public"}}
        }

    def token(self) -> tuple[str, dict[str, Any]]:
        """Log in; returns a token and what Keystone says of it."""
        domains = {"user": {"name": self.user_domain_name},
                   "project": {"name": self.project_domain_name}}  # fmt: skip
        user = {"name": self.username, "password": self.password, "domain": domains["user"]}
        asked = {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": self.project_name, "domain": domains["project"]}},
        }
        answer = httpx.post(f"{self.auth_url}/auth/tokens", json={"auth": asked}, timeout=60)
        answer.raise_for_status()
        return answer.headers["X-Subject-Token"], answer.json()["token"]


@dataclass
class Api:
    """Requests to the services, as somebody."""

    endpoints: Mapping[str, str]
    login: Login
    _token: str = field(default="", repr=False)

    def __call__(
        self, service: str, method: str, path: str, json: Any = None, **headers: str
    ) -> Any:
        """Send a request; return the JSON of the answer, None if it has none."""
        answer = self.send(service, method, path, json, **headers)
        if answer.is_error:
            raise RuntimeError(f"{method} {answer.url}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None

    def send(
        self, service: str, method: str, path: str, json: Any = None, **headers: str
    ) -> httpx.Response:
        """Send a request; return the answer, whatever it is."""
        self._token = self._token or self.login.token()[0]
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return httpx.request(
            method, self.endpoints[service] + path, json=json, timeout=120,
            headers={"X-Auth-Token": self._token, **named},
        )  # fmt: skip

    def member(self, project: str, name: str) -> Login:
        """Make a project and a user that is a member of it."""
        made = self("keystone", "POST", "/projects", {"project": {"name": project}})["project"]
        asked = {"name": name, "password": PASSWORD, "default_project_id": made["id"]}
        user = self("keystone", "POST", "/users", {"user": asked})["user"]
        roles = self("keystone", "GET", "/roles?name=member")["roles"]
        path = f"/projects/{made['id']}/users/{user['id']}/roles/{roles[0]['id']}"
        self("keystone", "PUT", path)
        return replace(self.login, username=name, project_name=project)
