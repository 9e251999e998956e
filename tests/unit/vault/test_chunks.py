"""Long values in pieces: whole or not at all, whatever interrupts the writing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.domain.errors import VaultError
from terminal_app.vault import chunks
from terminal_app.vault.memory import MemoryRing
from terminal_app.vault.secret import Secret

NAME = "AB1234/access_token"


class Stop(Exception):
    """The program ended here."""


def nothing(_name: str) -> None:
    """Happens between the steps."""


class StrictRing(MemoryRing):
    """Takes what the strictest system takes, counts its changes, and ends the program at one of them."""

    def __init__(self, entries: dict[str, Secret] | None = None) -> None:
        super().__init__()
        self._entries.update(entries or {})
        self.changes = 0
        self.last_change: int | None = None
        self.on_get: Callable[[str], None] = nothing

    @property
    def names(self) -> set[str]:
        """The entries that are there."""
        return set(self._entries)

    def copy(self) -> StrictRing:
        """The same entries in a ring that goes on working."""
        return StrictRing(self._entries)

    def get(self, name: str) -> Secret | None:
        self.on_get(name)
        return super().get(name)

    def set(self, name: str, secret: Secret) -> None:
        assert len(secret.reveal().encode("utf-16-le")) <= 2560
        self._change()
        super().set(name, secret)

    def delete(self, name: str) -> None:
        self._change()
        super().delete(name)

    def _change(self) -> None:
        if self.changes == self.last_change:
            raise Stop
        self.changes += 1


# Around the limit and over several pieces; letters of one, two and four bytes of UTF-8, two and four of UTF-16.
LENGTHS = st.sampled_from([0, 1, 5, 1200, 1265, 1266, 1270, 1280, 1281, 2560, 2561, 3900, 6000])
VALUES = st.builds(
    lambda length, letters, seed: "".join(letters[(seed + i) % len(letters)] for i in range(length)),
    LENGTHS,
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=7),
    st.integers(0, 6),
)


def stored(ring: StrictRing) -> str | None:
    found = chunks.read(ring, NAME)
    return None if found is None else found.reveal()


def put(ring: StrictRing, value: str | None) -> None:
    if value is None:
        chunks.erase(ring, NAME)
    else:
        chunks.write(ring, NAME, Secret(value))


@given(st.lists(st.one_of(st.none(), VALUES), max_size=6))
def test_what_was_written_last_is_read_and_nothing_else_stays(values: list[str | None]) -> None:
    ring = StrictRing()
    assert stored(ring) is None
    for value in values:
        put(ring, value)
        assert stored(ring) == value
        if value is None:
            assert ring.names == set()
        elif len(value) < 500:
            assert ring.names == {NAME}
    put(ring, None)
    assert ring.names == set()


@given(st.lists(st.tuples(st.one_of(st.none(), VALUES), st.integers(0, 20)), min_size=1, max_size=7))
def test_an_interrupted_write_leaves_the_old_value_or_the_new_one(steps: list[tuple[str | None, int]]) -> None:
    """Each step is a write or a removal that the program's end may interrupt; the next step begins from what is left."""
    ring = StrictRing()
    for value, last_change in steps:
        before = stored(ring)
        ring.last_change = ring.changes + last_change
        try:
            put(ring, value)
        except Stop:
            assert stored(ring) in (before, value)
        else:
            assert stored(ring) == value
        ring.last_change = None
    end = ring.copy()
    put(end, "short")
    assert end.names == {NAME}, "a completed write leaves nothing of those before it"
    put(ring, None)
    assert ring.names == set(), "a completed removal leaves nothing at all"


@given(VALUES, VALUES, st.integers(0, 30))
def test_a_reader_beside_the_writer_sees_a_whole_value(old: str, new: str, moment: int) -> None:
    """The writer gets ahead between two of the reader's steps."""
    ring = StrictRing()
    put(ring, old)
    gets = 0

    def write_at_the_moment(_name: str) -> None:
        nonlocal gets
        gets += 1
        if gets == moment + 1:
            ring.on_get = nothing
            put(ring, new)

    ring.on_get = write_at_the_moment
    assert stored(ring) in (old, new)


def test_pieces_are_cut_at_whole_characters() -> None:
    ring = StrictRing()
    put(ring, "a" + "🔑" * 2000)
    pieces = [secret.reveal() for name, secret in ring._entries.items() if name != NAME]
    assert len(pieces) == 4
    assert "".join(pieces) == "a" + "🔑" * 2000


@pytest.mark.parametrize("damage", ["missing", "changed", "swapped", "shorter"])
def test_a_damaged_piece_is_an_error_and_no_value(damage: str) -> None:
    ring = StrictRing()
    put(ring, "".join(str(i) for i in range(2000)))
    first, second = f"{NAME}#1.0", f"{NAME}#1.1"
    if damage == "missing":
        ring.delete(second)
    elif damage == "changed":
        ring.set(first, Secret("x" + ring._entries[first].reveal()[1:]))
    elif damage == "swapped":
        ring._entries[first], ring._entries[second] = ring._entries[second], ring._entries[first]
    else:
        ring.set(second, Secret(ring._entries[second].reveal()[:-1]))
    with pytest.raises(chunks.EntryDamaged, match="AB1234/access_token"):
        chunks.read(ring, NAME)
    put(ring, "again")
    assert stored(ring) == "again"


@pytest.mark.parametrize(
    "head",
    [
        "canary",
        "",
        "bhav1|1",
        "bhav1|one|v|canary",
        "bhav1|1|v",
        "bhav1|1|p|2|9",
        "bhav1|1|p|9999|9|" + "0" * 64,
        "bhav1|1|q|canary",
        "bhav1|1|x|canary",
        "bhav2|1|v|canary",
    ],
)
def test_a_head_that_is_none_of_ours_is_an_error_and_can_be_replaced(head: str) -> None:
    ring = StrictRing({NAME: Secret(head)})
    with pytest.raises(VaultError) as caught:
        chunks.read(ring, NAME)
    assert "canary" not in str(caught.value)
    put(ring, "new")
    assert stored(ring) == "new"
    ring.set(NAME, Secret(head))
    put(ring, None)
    assert ring.names == set()
