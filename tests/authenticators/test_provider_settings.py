"""A configuration of providers that cannot be meant stops the start in one line that names it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aglais_authenticators.providers import check_providers, open_providers
from aglais_hub.config import ConfigurationError
from aglais_hub.platform.providers import provider_titles, read_providers

GITHUB = {"class": "github", "client_id": "an-id", "client_secret": "a-secret-of-the-client"}
OIDC = GITHUB | {"class": "oidc", "issuer": "https://id.example.org"}


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("GitHub", GITHUB, "small letters"),
        ("email", GITHUB, "stands for e-mail"),
        ("one", "github", "not a table"),
        ("one", {}, "class is missing"),
        ("one", GITHUB | {"class": "myspace"}, "myspace is none of github"),
        ("one", GITHUB | {"class": "no.such.Class", "subject_claim": "id"}, "no no.such.Class"),
        ("one", GITHUB | {"class": "pathlib.Path", "subject_claim": "id"}, "does not speak"),
        ("one", GITHUB | {"class": "oauthenticator.auth0.Auth0OAuthenticator"}, "subject_claim"),
        ("one", GITHUB | {"clientid": "x"}, "clientid is not a setting; did you mean client_id?"),
        ("one", GITHUB | {"zzz": "x"}, "zzz is not a setting; see docs/how-to/login-providers.md"),
        ("one", GITHUB | {"issuer": "https://github.com"}, "issuer is not a setting"),
        ("one", OIDC | {"subject_claim": "email"}, "subject_claim is not a setting"),
        ("one", GITHUB | {"admin_users": ["me"]}, "admin_users is not a setting"),
        ("one", GITHUB | {"admin_groups": ["us"]}, "admin_groups is not for providers"),
        ("one", GITHUB | {"allow_all": True}, "allow_all is not for providers"),
        ("one", GITHUB | {"github_client_id": "x"}, "github_client_id is not a setting"),
        ("one", GITHUB | {"scope": 7}, "'scope' trait"),
        ("one", GITHUB | {"client_id": ""}, "client_id is missing"),
        ("one", GITHUB | {"client_secret": ["a-secret-of-the-client"]}, "must be texts"),
        ("one", GITHUB | {"client_secret_file": "x"}, "choose one"),
        ("one", OIDC | {"issuer": "http://id.example.org"}, "does not begin with https://"),
        ("one", OIDC | {"issuer": "id.example.org"}, "does not begin with https://"),
        ("one", OIDC | {"token_url": "http://127.0.0.1.evil.org/"}, "token_url: http://"),
        ("one", {**OIDC, "issuer": ""}, "authorize_url is missing, or an issuer"),
    ],
)
def test_what_cannot_be_meant_is_named(name: str, given: Any, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_providers({name: given})
    line = str(refused.value)
    assert line.startswith(f"AGLAIS_PROVIDERS: {name}: ")
    assert sentence in line
    assert "\n" not in line
    assert "a-secret-of-the-client" not in line


def test_any_number_of_providers_is_opened_and_titled() -> None:
    told = {
        "github": GITHUB, "work": GITHUB | {"github_url": "https://git.example.org"},
        "institute": OIDC | {"title": "The Institute"},
    }  # fmt: skip
    assert check_providers(told) == {
        "github": "GitHub", "work": "GitHub", "institute": "The Institute",
    }  # fmt: skip
    authenticators = [one.authenticator for one in open_providers(told).values()]
    assert all(one.enable_pkce for one in authenticators)
    assert authenticators[1].token_url == "https://git.example.org/login/oauth/access_token"


def written(folder: Path, text: str, *, mode: int = 0o600, name: str = "providers.json") -> Path:
    file = folder / name
    file.write_text(text)
    file.chmod(mode)
    return file


def test_json_and_toml_say_the_same(tmp_path: Path) -> None:
    toml = "[github]\n" + "\n".join(f'{key} = "{value}"' for key, value in GITHUB.items())
    as_toml = read_providers(written(tmp_path, toml, name="providers.toml"))
    as_json = read_providers(written(tmp_path, json.dumps({"github": GITHUB})))
    assert as_toml == as_json == {"github": GITHUB}
    assert provider_titles(as_json) == {"github": "GitHub"}


def test_a_secret_may_stand_in_a_file_beside_it(tmp_path: Path) -> None:
    told = {key: value for key, value in GITHUB.items() if key != "client_secret"}
    told["client_secret_file"] = "github.secret"
    written(tmp_path, "in-the-file\n", name="github.secret")
    # Without a secret in it, everybody may read what providers there are.
    table = read_providers(written(tmp_path, json.dumps({"github": told}), mode=0o644))
    assert open_providers(table)["github"].authenticator.client_secret == "in-the-file"
    (tmp_path / "github.secret").chmod(0o644)
    with pytest.raises(ConfigurationError, match=r"everybody can read .*github\.secret"):
        check_providers(table)
    (tmp_path / "github.secret").unlink()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        check_providers(table)


@pytest.mark.parametrize(
    ("text", "mode", "sentence"),
    [
        ('{"github": ', 0o600, "is not JSON (line 1)"),
        ("[]", 0o600, "is not a table of providers"),
        ('{"github": 7}', 0o600, "github is not a table"),
        (json.dumps({"github": GITHUB}), 0o604, "everybody can read it; chmod 600"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(
    tmp_path: Path, text: str, mode: int, sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_providers(written(tmp_path, text, mode=mode))
    line = str(refused.value)
    assert line.startswith("AGLAIS_PROVIDERS: ")
    assert sentence in line
    assert "a-secret" not in line


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_providers(tmp_path / "none.json")
