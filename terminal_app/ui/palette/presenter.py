"""What the palette decides: which instruments and commands a text finds, in what order, and what was chosen lately."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from terminal_app.domain.enums import InstrumentKind, Segment
from terminal_app.domain.errors import BadInput
from terminal_app.domain.ids import InstrumentId
from terminal_app.ui import formats
from terminal_app.ui.palette.model import Result

if TYPE_CHECKING:
    from terminal_app.domain.instrument import Instrument
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.actions import Actions, ActionSpec

MOST_INSTRUMENTS = 30
_BESIDE_COMMANDS = 6
_MOST_COMMANDS = 8
_MOST_RECENT = 8
_COMMANDS_ONLY = ">"
_OWN = "search"
_MARKETS = {Segment.FNO: "F&O", Segment.CURRENCY: "currency", Segment.COMMODITY: "commodity"}


class PalettePresenter:
    """Searches as one types; nothing is remembered but what was chosen."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._recent: list[Result] = []
        self.terminal: Terminal | None = None
        """None until the services are there: commands alone are found."""

    def find(self, text: str) -> list[Result]:
        """What a text finds; for an empty one, what was chosen lately. ``>`` first finds commands only."""
        words = text.strip()
        if not words:
            return list(self._recent)
        if words.startswith(_COMMANDS_ONLY):
            return self._commands(words[1:].strip(), loosely=True)
        instruments = self._instruments(words)
        commands = self._commands(words, loosely=not instruments)
        if not commands:
            return instruments
        if not _begins(instruments, words):
            return [*commands, *instruments]
        return [*instruments[:_BESIDE_COMMANDS], *commands, *instruments[_BESIDE_COMMANDS:]]

    def note_chosen(self, result: Result) -> None:
        """Keep it for the empty box, newest first."""
        others = [kept for kept in self._recent if kept != result]
        self._recent = [result, *others][:_MOST_RECENT]

    def price(self, instrument: InstrumentId) -> str:
        """Its last price as text."""
        if self.terminal is None:
            return formats.EN_DASH
        known = self.terminal.market.instrument(instrument)
        return formats.price(self.terminal.market.last_price(instrument), known.price_decimals if known else 2)

    def save_state(self) -> dict[str, Any]:
        """What was chosen lately."""
        return {"recent": [str(kept.instrument or kept.action) for kept in self._recent]}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take it back; what is not there any more is left out."""
        names = state.get("recent")
        found = [self._restored(str(name)) for name in (names if isinstance(names, list) else [])]
        self._recent = [result for result in found if result is not None][:_MOST_RECENT]

    def _restored(self, name: str) -> Result | None:
        spec = next((spec for spec in self._actions.visible() if spec.name == name), None)
        if spec is not None:
            return self._command(spec)
        try:
            one = InstrumentId.parse(name)
        except BadInput:
            return None
        instrument = self.terminal.market.instrument(one) if self.terminal is not None else None
        return instrument_result(instrument) if instrument is not None else None

    def _instruments(self, words: str) -> list[Result]:
        if self.terminal is None:
            return []
        return [instrument_result(found) for found in self.terminal.market.search(words, MOST_INSTRUMENTS)]

    def _commands(self, words: str, *, loosely: bool) -> list[Result]:
        ranked = []
        for place, spec in enumerate(self._actions.visible()):
            rank = command_rank(spec.text, words)
            if rank is None or spec.name == _OWN or not self._actions.get(spec.name).isEnabled():
                continue
            if loosely or rank < _LOOSE:
                ranked.append((rank, place, spec))
        return [self._command(spec) for _, _, spec in sorted(ranked, key=lambda row: row[:2])[:_MOST_COMMANDS]]

    def _command(self, spec: ActionSpec) -> Result:
        return Result(spec.text, spec.menu, end=self._actions.key_text(spec.name), action=spec.name)


_LOOSE = 1000


def command_rank(text: str, words: str) -> int | None:
    """How well typed words fit a command, 0 best: words that begin its words, then letters in their order (1000 and more).

    None where they do not fit; an empty text fits all.
    """
    own, typed = text.casefold(), words.casefold()
    parts, wanted = own.replace("&", " ").split(), typed.split()
    if all(any(part.startswith(word) for part in parts) for word in wanted):
        return 0 if own.startswith(typed) else 1
    if len("".join(wanted)) < 2:
        return None
    place, gaps = 0, 0
    for letter in "".join(wanted):
        found = own.find(letter, place)
        if found < 0:
            return None
        gaps += found - place
        place = found + 1
    return _LOOSE + gaps


def instrument_result(instrument: Instrument) -> Result:
    """The line of an instrument: label, market, kind with expiry or the company's name, lot."""
    market = instrument.exchange.value
    if word := _MARKETS.get(instrument.segment):
        market = f"{market} {word}"
    lot = f"lot {formats.quantity(instrument.lot_size)}" if instrument.is_derivative else ""
    series = instrument.id.series
    if series not in ("", "EQ"):
        market = f"{market} {series}"
    return Result(instrument.label, market, _detail(instrument), lot, instrument.id)


def _detail(instrument: Instrument) -> str:
    expiry = instrument.expiry
    if expiry is not None:
        kind = "Future" if instrument.kind is InstrumentKind.FUTURE else "Option"
        return f"{kind}, expires {expiry.day} {expiry:%b %Y}"
    if instrument.kind is InstrumentKind.INDEX:
        return "Index"
    return "" if instrument.name == instrument.label else instrument.name


def _begins(instruments: Sequence[Result], words: str) -> bool:
    """Whether an instrument is called as typed: then instruments come before commands."""
    first: Iterable[str] = words.upper().split()[:1]
    return any(result.text.startswith(word) for result in instruments for word in first)
