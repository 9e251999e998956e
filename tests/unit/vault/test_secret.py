"""A secret gives itself away to ``reveal`` and to nothing else."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable

import msgspec
import pytest

from terminal_app.domain.errors import BadInput
from terminal_app.vault.secret import DOTS, Secret

CANARY = "canary-7f3a91c4"


class Holder(msgspec.Struct):
    """Something that has a secret."""

    token: Secret


def failure(secret: Secret) -> str:
    """A traceback with every local of every frame."""
    held = {"list": [secret], "pair": (secret, 1)}
    try:
        raise RuntimeError(f"refused {secret} {held}")
    except RuntimeError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.mark.parametrize(
    "show",
    [
        str,
        repr,
        ascii,
        "{}".format,
        "{:>40}".format,
        "{!r}".format,
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
        lambda secret: pprint.pformat({"a": [secret]}),
        lambda secret: repr(Holder(secret)),
        lambda secret: json.dumps({"a": secret}, default=str),
        lambda secret: logging.makeLogRecord({"msg": "%s", "args": (secret,)}).getMessage(),
        failure,
    ],
)
def test_it_prints_as_dots(show: Callable[[Secret], str]) -> None:
    shown = show(Secret(CANARY))
    assert CANARY not in shown
    assert DOTS in shown or DOTS.encode("ascii", "backslashreplace").decode() in shown


def test_dots_do_not_tell_its_length() -> None:
    assert str(Secret("a")) == str(Secret("a" * 500)) == str(Secret(""))


def test_reveal_gives_the_text() -> None:
    assert Secret("päss ₹ 🔑").reveal() == "päss ₹ 🔑"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_cannot_be_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="not written anywhere"):
        pickle.dumps(Secret(CANARY), protocol)


@pytest.mark.parametrize("write", [json.dumps, msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins])
def test_it_cannot_be_serialised(write: Callable[[object], object]) -> None:
    with pytest.raises(TypeError) as caught:
        write({"a": Secret(CANARY)})
    assert CANARY not in str(caught.value)


def test_its_state_cannot_be_asked_for() -> None:
    with pytest.raises(TypeError):
        Secret(CANARY).__getstate__()
    assert not hasattr(Secret(CANARY), "__dict__")


def test_a_copy_is_the_same_object() -> None:
    secret = Secret(CANARY)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_equal_texts_are_equal_and_no_text_is() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret(CANARY + "x")
    assert Secret("₹") != Secret("€")
    assert Secret(CANARY) != CANARY


def test_it_is_no_key_of_a_table() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Secret(CANARY))


def test_it_does_not_change() -> None:
    secret = Secret(CANARY)
    with pytest.raises(AttributeError):
        setattr(secret, "_Secret__value", "x")  # noqa: B010  # the attribute is not there for mypy
    with pytest.raises(AttributeError):
        delattr(secret, "_Secret__value")
    assert secret.reveal() == CANARY


def test_an_empty_secret_is_false() -> None:
    assert not Secret("")
    assert Secret(" ")


@pytest.mark.parametrize("value", ["a\0b", "a\ud800", "\udfff"])
def test_what_no_keyring_can_hold_is_refused_without_quoting_it(value: str) -> None:
    with pytest.raises(BadInput) as caught:
        Secret(CANARY + value)
    assert CANARY not in str(caught.value)


def test_only_a_text_can_be_one() -> None:
    with pytest.raises(TypeError) as caught:
        Secret(CANARY.encode())  # type: ignore[arg-type]
    assert CANARY not in str(caught.value)
