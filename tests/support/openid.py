"""A real OpenID provider: npm's oidc-provider, installed once into the cache, on loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from aglais_hub.platform.proxy import node_folder

HERE = Path(__file__).parent / "oidc"
NPM_FILES = ("package.json", "package-lock.json")


@dataclass(frozen=True)
class OpenIdProvider:
    """A provider that is running."""

    issuer: str

    def client(self, *redirect_uris: str) -> dict[str, Any]:
        """Register the platform with it; returns what the platform is told of the provider."""
        metadata = {
            "redirect_uris": list(redirect_uris),
            "token_endpoint_auth_method": "client_secret_post",
        }
        made = httpx.post(f"{self.issuer}/reg", json=metadata).raise_for_status().json()
        return {
            "class": "oidc", "issuer": self.issuer,
            "client_id": made["client_id"], "client_secret": made["client_secret"],
        }  # fmt: skip


def _installed() -> Path:
    """Return a folder with the provider in it; another lock file is another folder."""
    cache = Path(os.environ.get("AGLAIS_CACHE") or Path.home() / ".cache" / "aglais")
    version = sha256(b"".join((HERE / name).read_bytes() for name in NPM_FILES)).hexdigest()[:12]
    folder = cache / f"oidc-provider-{version}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix="oidc-provider-", dir=folder.parent))
        for name in NPM_FILES:
            shutil.copy(HERE / name, part)
        install = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(install, cwd=part, check=True, capture_output=True)
        try:
            part.rename(folder)
        except OSError:  # another worker was faster
            shutil.rmtree(part)
    shutil.copy(HERE / "provider.js", folder)
    return folder


@contextmanager
def openid_provider() -> Iterator[OpenIdProvider]:
    """Run the provider until the block ends."""
    folder = _installed()
    process = subprocess.Popen(
        [node_folder() / "node", "provider.js"], cwd=folder, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith("Ready: "):
                yield OpenIdProvider(line.removeprefix("Ready: ").strip())
                return
        raise AssertionError("the OpenID provider did not start")
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
