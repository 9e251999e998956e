"""Writes messages in the protobuf encoding: what little of it the market feed needs.

Written by hand and not generated, so that it shares nothing with the adapter's parser: the two can only agree by both
being right. proto3: a scalar with its zero value is left out.
"""

from __future__ import annotations

import struct

_VARINT, _FIXED64, _LENGTH = 0, 1, 2
_SEVEN_BITS, _MORE = 0x7F, 0x80
_TWO_TO_64 = 1 << 64
_PACK_DOUBLE = struct.Struct("<d").pack


def varint(value: int) -> bytes:
    """A whole number, seven bits a byte, the lowest first; a negative one as its 64-bit two's complement."""
    value %= _TWO_TO_64
    out = bytearray()
    while value > _SEVEN_BITS:
        out.append(value & _SEVEN_BITS | _MORE)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(number: int, value: int) -> bytes:
    """A field of type int64, bool or enum."""
    return varint(number << 3 | _VARINT) + varint(value) if value else b""


def double(number: int, value: float) -> bytes:
    """A field of type double."""
    return varint(number << 3 | _FIXED64) + _PACK_DOUBLE(value) if value else b""


def message(number: int, body: bytes) -> bytes:
    """A field that holds a message: present even where its body is empty."""
    return varint(number << 3 | _LENGTH) + varint(len(body)) + body


def text(number: int, value: str) -> bytes:
    """A field of type string."""
    return message(number, value.encode()) if value else b""


def entry(number: int, key: str, value: bytes) -> bytes:
    """One entry of a map from strings; ``value`` is the encoded field 2."""
    return message(number, text(1, key) + value)
