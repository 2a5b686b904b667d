"""People are keys: every viewer id becomes a keyed hash before anything is stored.

The key comes from the environment variable ``TIKTOK_WAREHOUSE_SECRET``, or from a file in the
home that the first ingest makes. It never reaches SQL, a log or a message.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterable

from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.home import Home

SECRET_VARIABLE = "TIKTOK_WAREHOUSE_SECRET"  # noqa: S105
MIN_SECRET_LENGTH = 16
HASH_LENGTH = 32
FINGERPRINT_LENGTH = 16

_WHITE_SPACE = " \t\n\r\v\f"
# SHA-256's block, to which HMAC pads its key.
_BLOCK = 64

# A prefix with a NUL: no trimmed id can be mistaken for it, so a fingerprint is no person's hash.
_FINGERPRINT_MESSAGE = b"\0tiktok-warehouse key fingerprint"


def load_secret(home: Home, *, create: bool = True) -> bytes:
    """The home's key: the environment's, else the secret file's, else a new one in that file.

    Args:
        home: whose key it is.
        create: make a key where there is none. False where data has already been hashed: a new
            key could not fit it.

    Returns:
        The key as bytes, at least 16 of them.

    Raises:
        UsageError: the variable is set but empty or too short, the file is damaged, or there is
            no key and ``create`` is False.
        OSError: the secret file cannot be read or written.
    """
    from_environment = os.environ.get(SECRET_VARIABLE)
    if from_environment is not None:
        secret = from_environment.strip().encode("utf-8", "surrogateescape")
        if len(secret) < MIN_SECRET_LENGTH:
            raise UsageError(
                f"{SECRET_VARIABLE} is set to fewer than {MIN_SECRET_LENGTH} characters. Give it a"
                " longer value, or unset it to use the key in the home."
            )
        return secret
    if home.secret_file.exists():
        secret = home.secret_file.read_bytes().strip()
        if len(secret) < MIN_SECRET_LENGTH:
            raise UsageError(
                f"{home.secret_file} is damaged: it holds fewer than {MIN_SECRET_LENGTH}"
                " characters. Restore it from a backup; if nothing has been ingested into this"
                " home yet, delete it and a new one is made."
            )
        return secret
    if not create:
        raise UsageError(
            f"The key that hashed this home's people is missing: {home.secret_file} is gone and"
            f" {SECRET_VARIABLE} is not set. With a new key the same person would count as two, so"
            f" none is made. Copy the key back to {home.secret_file} (mode 600), or set"
            f" {SECRET_VARIABLE} to it; if it is lost for good, begin a new home with 'tiktok-"
            "warehouse init --home' and ingest the original files there."
        )
    return _create_secret(home)


def _create_secret(home: Home) -> bytes:
    """Write a new key aside and link it into place whole: a kill leaves all of it or none."""
    secret = secrets.token_hex(32).encode("ascii")
    aside = home.secret_file.with_name(f".{home.secret_file.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret + b"\n")
            file.flush()
            os.fsync(file.fileno())
        home.secret_file.hardlink_to(aside)
    finally:
        aside.unlink(missing_ok=True)
    return secret


def hash_person(secret: bytes, value: str) -> str:
    """The key of one person: the first 32 hex characters of HMAC-SHA256 over the trimmed id."""
    return hmac.digest(secret, value.strip().encode("utf-8"), "sha256").hex()[:HASH_LENGTH]


def hash_handle(secret: bytes, handle: str) -> str:
    """The key of the person who has a handle, with or without @, in any case of letters."""
    return hash_person(secret, fold_handle(handle))


def fold_handle(handle: str) -> str:
    """A handle as it is compared: without @ and in small letters."""
    return handle.strip(_WHITE_SPACE).removeprefix("@").casefold()


def make_hasher(secret: bytes) -> Callable[[Iterable[str]], list[str]]:
    """``hash_person`` for many values, three times as fast: it mixes in the key only once.

    HMAC as RFC 2104 defines it: H(outer key, H(inner key, message)).
    """
    key = hashlib.sha256(secret).digest() if len(secret) > _BLOCK else secret
    key = key.ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))

    def hash_all(values: Iterable[str]) -> list[str]:
        hashes = []
        for value in values:
            message = inner.copy()
            message.update(value.strip().encode("utf-8"))
            whole = outer.copy()
            whole.update(message.digest())
            hashes.append(whole.hexdigest()[:HASH_LENGTH])
        return hashes

    return hash_all


def key_fingerprint(secret: bytes) -> str:
    """16 hex characters that tell two keys apart and reveal neither."""
    return hmac.digest(secret, _FINGERPRINT_MESSAGE, "sha256").hex()[:FINGERPRINT_LENGTH]
