"""Reads the frames of the market feed. What a frame says of an instrument it says in part: ``columns.py`` merges it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal_app.domain.errors import ProtocolError

if TYPE_CHECKING:
    from terminal_app.brokers.upstox.proto.market_feed_pb2 import FeedResponse

_TYPES = frozenset({0, 1, 2})
_MODES = frozenset({0, 1, 2, 3})
_STATUSES = frozenset(range(6))


def parse_frame(data: bytes | memoryview) -> FeedResponse:
    """The message of a frame. Parts that are not known are left alone.

    Raises ProtocolError where it is cut off or garbage, or names a type, mode or status that is not known.
    """
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    from terminal_app.brokers.upstox.proto.market_feed_pb2 import FeedResponse

    try:
        message: FeedResponse = FeedResponse.FromString(bytes(data))
    except DecodeError:
        raise ProtocolError(f"Upstox's feed sent {len(data)} bytes that are no message.") from None
    if message.type not in _TYPES:
        raise ProtocolError(f"Upstox's feed sent a message of the type {message.type}, which is not known.")
    for feed in message.feeds.values():
        if feed.requestMode not in _MODES:
            raise ProtocolError(f"Upstox's feed sent the mode {feed.requestMode}, which is not known.")
    for status in message.marketInfo.segmentStatus.values():
        if status not in _STATUSES:
            raise ProtocolError(f"Upstox's feed sent the market status {status}, which is not known.")
    return message
