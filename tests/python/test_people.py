"""Keys of people: where the secret comes from, and what never leaves."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.home import Home
from tiktok_warehouse.people import (
    SECRET_VARIABLE,
    hash_person,
    key_fingerprint,
    load_secret,
    make_hasher,
)

SECRET = b"a secret of enough length"


def test_a_new_home_gets_a_private_key_and_keeps_it(home: Home) -> None:
    first = load_secret(home)
    assert home.secret_file.stat().st_mode & 0o777 == 0o600
    assert len(bytes.fromhex(first.decode())) == 32
    assert load_secret(home) == first


def test_the_environment_wins_over_the_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    load_secret(home)
    monkeypatch.setenv(SECRET_VARIABLE, SECRET.decode())
    assert load_secret(home) == SECRET


@pytest.mark.parametrize("value", ["", "   ", "short"])
def test_a_short_secret_is_a_usage_error_that_does_not_show_it(
    home: Home, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, value)
    with pytest.raises(UsageError, match=SECRET_VARIABLE) as caught:
        load_secret(home)
    assert "short" not in str(caught.value).replace("shorter", "")
    assert not home.secret_file.exists()


def test_a_damaged_key_file_is_not_replaced(home: Home) -> None:
    home.secret_file.write_text("")
    with pytest.raises(UsageError, match=r"secret\.key is damaged"):
        load_secret(home)


def test_no_key_is_made_where_people_have_been_hashed(home: Home) -> None:
    with pytest.raises(UsageError, match="missing"):
        load_secret(home, create=False)
    assert not home.secret_file.exists()


def test_a_hash_is_the_first_half_of_the_hmac_of_the_trimmed_id() -> None:
    expected = hmac.new(SECRET, "zoë-7".encode(), hashlib.sha256).hexdigest()[:32]
    assert hash_person(SECRET, " zoë-7\u00a0") == expected


def test_fingerprints_tell_keys_apart_and_are_no_hash_of_a_person() -> None:
    assert key_fingerprint(SECRET) != key_fingerprint(SECRET + b"!")
    assert not hash_person(SECRET, "tiktok-warehouse key fingerprint").startswith(
        key_fingerprint(SECRET)
    )


@pytest.mark.parametrize("length", [16, 63, 64, 65, 200])
def test_the_fast_hasher_is_the_same_hmac(length: int) -> None:
    secret = b"k" * length
    values = ["anna", " zoë-7\u00a0", "x" * 300]
    assert make_hasher(secret)(values) == [hash_person(secret, value) for value in values]
