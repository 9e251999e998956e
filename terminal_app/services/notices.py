"""Notices: one way for everything that the user should know."""

from __future__ import annotations

import logging
from collections import deque
from typing import Protocol

from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import Clock
from terminal_app.domain.errors import BhavError, StorageError
from terminal_app.domain.ids import AccountId
from terminal_app.domain.messages import Notice, NoticeCleared, NoticeLevel, NoticePosted

_log = logging.getLogger("bhav.notices")
_KEPT = 2000


class NoticeStore(Protocol):
    """Where notices are kept over restarts."""

    async def add(self, notice: Notice) -> None:
        """Keep one. Raises StorageError."""
        ...

    async def recent(self, limit: int) -> list[Notice]:
        """The newest ones, oldest first."""
        ...


class NoticeService:
    """Posts notices and remembers them for the Log."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._recent: deque[Notice] = deque(maxlen=_KEPT)
        self._lasting: dict[tuple[str, AccountId | None], Notice] = {}
        bus.subscribe(NoticePosted, self._remember)
        bus.subscribe(NoticeCleared, self._forget)

    def post(
        self, level: NoticeLevel, title: str, text: str, topic: str = "", account: AccountId | None = None
    ) -> None:
        """Tell the user; doubts and failures of a topic last until they are cleared."""
        self._bus.publish(NoticePosted(Notice(level, title, text, self._clock.now(), topic, account)))

    def failed(self, title: str, error: BhavError, topic: str = "", account: AccountId | None = None) -> None:
        """Tell that something did not work, in the error's own sentence."""
        self.post(NoticeLevel.FAILED, title, error.message, topic, account)

    def clear(self, topic: str, account: AccountId | None = None) -> None:
        """A lasting doubt or failure is over."""
        if self._lasting.pop((topic, account), None) is not None:
            self._bus.publish(NoticeCleared(topic, account))

    def recent(self) -> tuple[Notice, ...]:
        """What was told, oldest first."""
        return tuple(self._recent)

    def lasting(self) -> tuple[Notice, ...]:
        """Doubts and failures that are not over."""
        return tuple(self._lasting.values())

    async def keep_in(self, store: NoticeStore) -> None:
        """Bring back what was told before. Raises nothing: a database that cannot be read has been told of already."""
        try:
            earlier = await store.recent(_KEPT // 4)
        except StorageError as error:
            _log.warning("earlier notices could not be read: %s", error.message)
            return
        now = tuple(self._recent)
        self._recent.clear()
        self._recent.extend((*earlier, *now))

    def _remember(self, message: NoticePosted) -> None:
        notice = message.notice
        self._recent.append(notice)
        if notice.level in (NoticeLevel.DOUBT, NoticeLevel.FAILED) and notice.topic:
            self._lasting[notice.topic, notice.account] = notice
        _log.info("%s: %s %s", notice.level.value, notice.title, notice.text)

    def _forget(self, message: NoticeCleared) -> None:
        self._lasting.pop((message.topic, message.account), None)
