"""SSH keys as people paste them: which are taken, which are refused and why, and new ones."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

import asyncssh
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from aglais_hub.errors import InvalidRequest

__all__ = [
    "NotAKeyError",
    "PrivateKeyPastedError",
    "PublicKey",
    "WeakKeyError",
    "looks_private",
    "new_key_pair",
    "parse_public_key",
    "refuse_private",
]

ALGORITHMS = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
)
"""What is taken, in the words of the first field of a key's line."""

DSA = "ssh-dss"
CERTIFICATE = "-cert-v01@openssh.com"

LEAST_RSA_BITS = 3072
"""NIST SP 800-57 part 1, table 2: 128 bits of strength, what the other algorithms have."""

MOST_RSA_BITS = 16_384
"""What OpenSSH itself takes."""

LONGEST_COMMENT = 80

PRIVATE_SIGNS = re.compile(
    rb"begin [a-z0-9 ]{0,20}private key|ssh private key file|putty-user-key-file|private-lines:"
    # In base64: "openssh-key-v1", with which the body of OpenSSH's own format begins, and
    # "-----BEGIN".
    rb"|b3blbnnzac1rzxktdjea|ls0tls1crudjti",
    re.IGNORECASE,
)
"""What is in private keys of all formats that people have."""


class NotAKeyError(InvalidRequest):
    """It is not one public key in OpenSSH's format, or not of a kind that is taken."""

    code = "not-a-key"


class WeakKeyError(InvalidRequest):
    """A key that is too easily broken."""

    code = "weak-key"


class PrivateKeyPastedError(InvalidRequest):
    """Somebody sent a private key; nothing of it is kept, shown or logged."""

    code = "private-key-pasted"


@dataclass(frozen=True)
class PublicKey:
    """A public key that is taken.

    Parameters
    ----------
    algorithm
        Such as ``ssh-ed25519``.
    line
        Algorithm and base64, in the one way in which this key is written.
    fingerprint
        ``SHA256:...``, as ``ssh-keygen -l`` shows it.
    comment
        What came after the key, for people; empty if nothing did.
    """

    algorithm: str
    line: str
    fingerprint: str
    comment: str = ""


def looks_private(text: bytes) -> bool:
    """Tell whether there is a private key in a text, be it as part of a form or of JSON."""
    unquoted = unquote_to_bytes(text.replace(b"+", b" "))
    return any(PRIVATE_SIGNS.search(form) is not None for form in (text, unquoted))


def refuse_private(text: bytes) -> None:
    """Refuse a text in which there is a private key.

    Raises
    ------
    PrivateKeyPastedError
        There is.
    """
    if looks_private(text):
        raise PrivateKeyPastedError(
            "This is a private key, which nobody but you may have. Nothing of it was kept here, "
            "but it has been sent over the network: consider it burnt. Make a new pair with "
            "ssh-keygen -t ed25519, remove the old one wherever it opens something, and paste "
            "what is in the file that ends with .pub."
        )


def parse_public_key(text: str) -> PublicKey:
    """Read the line of a public key.

    Nothing of the text is in what is raised: it may be a secret that was pasted by mistake.

    Raises
    ------
    NotAKeyError, WeakKeyError, PrivateKeyPastedError
        It is not taken; the sentence says why and what to do.
    """
    refuse_private(text.encode(errors="replace"))
    algorithm, blob, comment = _fields(text.strip())
    return _public_key(algorithm, _decoded(blob), comment)


def _fields(line: str) -> tuple[str, str, str]:
    """Return algorithm, base64 and comment of a line."""
    if len(line.splitlines()) > 1:
        raise NotAKeyError(
            "A public key is one line, and one key is added at a time. Paste the one line of a "
            "file that ends with .pub, without line breaks."
        )
    algorithm, *rest = line.split(None, 2) or [""]
    if algorithm.endswith(CERTIFICATE):
        raise NotAKeyError("This is an SSH certificate; paste the public key that it is about.")
    if algorithm == DSA:
        raise WeakKeyError(
            "DSA keys (ssh-dss) have 1024 bits, which can be broken, and SSH no longer takes them. "
            "Make a new pair with ssh-keygen -t ed25519."
        )
    if algorithm not in ALGORITHMS or not rest:
        raise NotAKeyError(_wrong_start(line))
    return algorithm, rest[0], " ".join(rest[1:])


def _wrong_start(line: str) -> str:
    words = line.replace(",", " ").split()
    if any(word in (*ALGORITHMS, DSA) or word.endswith(CERTIFICATE) for word in words[1:]):
        return (
            "There are options, or other words, in front of the key; paste it without them: "
            "the line begins with its algorithm, such as ssh-ed25519."
        )
    return (
        "This is not a public key in OpenSSH's format. It is one line that begins with its "
        f"algorithm ({', '.join(ALGORITHMS)}), as in the file ~/.ssh/id_ed25519.pub."
    )


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotAKeyError(BROKEN) from None


BROKEN = (
    "This begins like a public key, but the rest is not one: something is missing or was changed. "
    "Copy the whole line again."
)


def _public_key(algorithm: str, data: bytes, comment: str) -> PublicKey:
    line = f"{algorithm} {b64encode(data).decode()}"
    try:
        key = asyncssh.import_public_key(line)
    except (asyncssh.KeyImportError, ValueError, TypeError, OverflowError):
        raise NotAKeyError(BROKEN) from None
    # Another algorithm inside, or bytes behind the key: another key to whoever reads it.
    if key.get_algorithm() != algorithm or key.public_data != data:
        raise NotAKeyError(BROKEN)
    if isinstance(key.pyca_key, RSAPublicKey):
        _check_rsa(key.pyca_key.key_size)
    return PublicKey(algorithm, line, key.get_fingerprint(), _clean(comment))


def _check_rsa(bits: int) -> None:
    if bits < LEAST_RSA_BITS:
        raise WeakKeyError(
            f"This RSA key has {bits} bits; {LEAST_RSA_BITS} are the least that is taken, since "
            "shorter ones may be broken while they are still in use. Make a new pair with "
            "ssh-keygen -t ed25519."
        )
    if bits > MOST_RSA_BITS:
        raise NotAKeyError(f"This RSA key has {bits} bits; SSH takes at most {MOST_RSA_BITS}.")


def _clean(comment: str) -> str:
    """Return a comment without what would do something to a page or a terminal."""
    return "".join(filter(str.isprintable, comment)).strip()[:LONGEST_COMMENT]


def new_key_pair() -> tuple[PublicKey, str]:
    """Return a new ed25519 key, and its private half in OpenSSH's format."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    public = parse_public_key(key.export_public_key("openssh").decode())
    return public, key.export_private_key("openssh").decode()
