"""Scripts and styles of a service's pages: the common ones, and the service's own."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from aglais_hub.errors import NotFound
from aglais_hub.service import Service
from aglais_hub.web.api import BaseHandler

__all__ = ["AssetHandler", "Assets"]

FOLDER = "static"
"""In the package of a service, and in this one; what lies in it is served to everybody."""

FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file."""

    name: str
    media: str
    body: bytes

    @property
    def version(self) -> str:
        """What changes with the file; part of its address, so that browsers may keep it."""
        return hashlib.sha256(self.body).hexdigest()[:12]


class Assets:
    """The files of a service, read once; nothing else can be asked for.

    Raises
    ------
    ValueError
        The service has a file of the name of a common one.
    """

    def __init__(self, service: Service, prefix: str) -> None:
        self.prefix = prefix
        common, own = _files("aglais_hub.web"), _files(service.package)
        if twice := common.keys() & own.keys():
            message = f"{service.package} has files of common names: {', '.join(sorted(twice))}"
            raise ValueError(message)
        self._assets = common | own

    def url(self, name: str) -> str:
        """Return the address of a file that there is."""
        return f"{self.prefix}{FOLDER}/{name}?v={self._assets[name].version}"

    def get(self, name: str) -> Asset | None:
        """Return a file."""
        return self._assets.get(name)


def _files(package: str) -> dict[str, Asset]:
    return {asset.name: asset for asset in _read(package)}


def _read(package: str) -> Iterator[Asset]:
    folder = files(package) / FOLDER
    for file in folder.iterdir() if folder.is_dir() else ():
        media = mimetypes.guess_type(file.name)[0]
        if media is not None:
            yield Asset(file.name, media, file.read_bytes())


class AssetHandler(BaseHandler):
    """Answers with a file, to everybody."""

    def prepare(self) -> None:
        """Ask nobody who it is: a login page has scripts, too."""

    def get(self, name: str) -> None:
        """Answer with it; under the address of its version it stays so for ever."""
        assets: Assets = self.settings["assets"]
        asset = assets.get(name)
        if asset is None:
            raise NotFound(f"There is no file {name}.")
        is_named = self.get_query_argument("v", "") == asset.version
        self.set_header("Cache-Control", FOR_EVER if is_named else "no-cache")
        text = asset.media.startswith("text/")
        self.set_header("Content-Type", f"{asset.media}; charset=utf-8" if text else asset.media)
        self.finish(asset.body)
