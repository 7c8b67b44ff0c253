"""Each kind of provider: its stable subject, what it says of addresses, whom it lets in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from aglais_authenticators.providers import open_providers
from aglais_authenticators.providers.claims import facebook, github, gitlab, openid, orcid
from aglais_hub.client.mock import MockPlatform
from tests.authenticators.test_providers import log_in, opened, said
from tests.support.oauth_provider import CLIENT_ID, CLIENT_SECRET, Answer, OAuthProvider
from tests.support.oauth_provider import oauth_provider as running
from tests.support.visitors import KnowsVisitors

pytestmark = pytest.mark.slow

CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
Told = Callable[[str], dict[str, Any]]

KINDS: dict[str, tuple[Told, str]] = {
    "github": (lambda url: {"class": "github", "github_url": url}, "4711"),
    "gitlab": (lambda url: {"class": "gitlab", "gitlab_url": url}, "4711"),
    "google": (
        lambda url: {
            "class": "google", "google_api_url": url, "authorize_url": f"{url}/authorize",
        },
        "248289761001",
    ),
    "facebook": (
        lambda url: {
            "class": "facebook", "authorize_url": f"{url}/authorize", "token_url": f"{url}/token",
            "userdata_url": f"{url}/userinfo",
        },
        "4711",
    ),
    "orcid": (lambda url: {"class": "orcid", "issuer": url}, "248289761001"),
    "another": (
        lambda url: {
            "class": "oauthenticator.bitbucket.BitbucketOAuthenticator", "subject_claim": "uuid",
            "authorize_url": f"{url}/authorize", "token_url": f"{url}/token",
            "userdata_url": f"{url}/userinfo",
        },
        "{the-uuid}",
    ),
}  # fmt: skip


@pytest.fixture
async def provider() -> AsyncIterator[OAuthProvider]:
    async with running() as provider:
        provider.claims |= {"uuid": "{the-uuid}", "verified_email": True}
        provider.scope = "user:email"
        yield provider


@pytest.fixture
def accounts() -> KnowsVisitors:
    return KnowsVisitors(MockPlatform())


async def came(
    folder: Path, accounts: KnowsVisitors, told: dict[str, Any]
) -> tuple[httpx.Response, list[str]]:
    """Log in with one provider; returns the answer, and who came."""
    async with opened(folder, accounts, {"one": told | CLIENT}) as hub, hub.browser() as browser:
        answer = await log_in(browser, "one")
    return answer, [visit.subject for visit in accounts.visits]


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_says_who_somebody_is_by_what_never_changes(
    tmp_path: Path, accounts: KnowsVisitors, provider: OAuthProvider, kind: str
) -> None:
    told, subject = KINDS[kind]
    answer, subjects = await came(tmp_path, accounts, told(provider.url))
    assert answer.headers["Location"] == "/hub/register/finish"
    assert subjects == [subject]


@pytest.mark.parametrize(
    ("emails", "scope", "expected"),
    [
        ([("a1@b.org", True, True)], "user:email", ("a1@b.org", True)),
        ([("a1@b.org", False, True), ("a2@b.org", True, True)], "user:email", ("a2@b.org", True)),
        ([("a1@b.org", True, False)], "user:email", ("alice@example.org", False)),
        ([("a1@b.org", True, True)], "read:org", ("alice@example.org", False)),
    ],
)
async def test_github_s_primary_address_counts_where_it_is_verified(
    tmp_path: Path,
    accounts: KnowsVisitors,
    provider: OAuthProvider,
    emails: list[tuple[str, bool, bool]],
    scope: str,
    expected: tuple[str, bool],
) -> None:
    words = ("email", "primary", "verified")
    provider.emails = [dict(zip(words, entry, strict=True)) for entry in emails]
    provider.scope = scope
    await came(tmp_path, accounts, {"class": "github", "github_url": provider.url})
    visit = accounts.visits[0]
    assert (visit.address, visit.is_address_verified) == expected


@pytest.mark.parametrize(("status", "is_let_in"), [(204, True), (404, False)])
async def test_only_members_of_an_organization_are_let_in_where_it_is_said(
    tmp_path: Path,
    accounts: KnowsVisitors,
    provider: OAuthProvider,
    status: int,
    is_let_in: bool,
) -> None:
    provider.instead["/api/v3/orgs/stars/members/alice"] = Answer(status=status)
    told = {"class": "github", "github_url": provider.url, "allowed_organizations": ["stars"]}
    answer, subjects = await came(tmp_path, accounts, told)
    assert (answer.status_code, bool(subjects)) == ((302, True) if is_let_in else (403, False))
    if not is_let_in:
        assert "only some of its people" in said(answer)


@pytest.mark.parametrize(("domain", "is_let_in"), [("stars.org", True), ("moon.org", False)])
async def test_only_people_of_a_domain_are_let_in_where_it_is_said(
    tmp_path: Path,
    accounts: KnowsVisitors,
    provider: OAuthProvider,
    domain: str,
    is_let_in: bool,
) -> None:
    provider.claims["hd"] = domain
    told = KINDS["google"][0](provider.url) | {"hosted_domain": ["stars.org"]}
    answer, _ = await came(tmp_path, accounts, told)
    assert answer.status_code == (302 if is_let_in else 403)


@pytest.mark.parametrize(("groups", "is_let_in"), [(["astronomers"], True), (["others"], False)])
async def test_only_groups_that_are_named_are_let_in_where_they_are(
    tmp_path: Path,
    accounts: KnowsVisitors,
    provider: OAuthProvider,
    groups: list[str],
    is_let_in: bool,
) -> None:
    provider.claims["groups"] = groups
    limits = {
        "allowed_groups": ["astronomers"],
        "auth_state_groups_key": "oauth_user.groups",
        "username_claim": "preferred_username",
    }
    answer, _ = await came(tmp_path, accounts, provider.settings(**limits))
    assert answer.status_code == (302 if is_let_in else 403)


@pytest.mark.parametrize("read", [github, gitlab])
@pytest.mark.parametrize("subject", ["alice", None, "", "١٢", True, 1.0])
def test_a_login_name_is_never_a_subject(read: Callable[..., Any], subject: Any) -> None:
    with pytest.raises(ValueError, match="subject"):
        read({"id": subject, "login": "alice", "username": "alice"})


def test_an_orcid_person_is_known_by_the_id_and_called_by_name() -> None:
    person = orcid(
        {"sub": "0000-0002-1825-0097", "given_name": "Josiah", "family_name": "Carberry"}
    )
    assert (person.subject, person.label) == ("0000-0002-1825-0097", "0000-0002-1825-0097")
    assert (person.display_name, person.address) == ("Josiah Carberry", None)


def test_facebook_and_an_unconfirmed_gitlab_account_verify_no_address() -> None:
    assert facebook({"id": "1", "email": "a1@b.org"}).is_address_verified is False
    claims = {"id": 1, "username": "ann", "email": "a1@b.org"}
    assert gitlab(claims | {"confirmed_at": None}).is_address_verified is False
    assert gitlab(claims | {"confirmed_at": "2026-01-01T00:00:00Z"}).is_address_verified is True


def test_what_people_read_is_short_and_printable() -> None:
    person = openid({"sub": "1", "name": "A\x00\u202eb" * 100, "preferred_username": 7})
    assert person.label == ("Ab" * 100)[:254]
    assert person.display_name == ("Ab" * 100)[:80]


def test_addresses_of_the_real_providers_are_as_they_publish_them() -> None:
    opened_ = open_providers(
        {word: {"class": word} | CLIENT for word in KINDS if word != "another"}
    )
    seen = {name: one.authenticator.authorize_url for name, one in opened_.items()}
    assert seen == {
        "github": "https://github.com/login/oauth/authorize",
        "gitlab": "https://gitlab.com/oauth/authorize",
        "google": "https://accounts.google.com/o/oauth2/v2/auth",
        "facebook": "https://www.facebook.com/v23.0/dialog/oauth",
        "orcid": "",
    }
    assert opened_["orcid"].issuer == "https://orcid.org"
    assert [one.title for one in opened_.values()] == [
        "GitHub", "GitLab", "Google", "Facebook", "ORCID",
    ]  # fmt: skip
