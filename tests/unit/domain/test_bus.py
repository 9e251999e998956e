"""The bus: by type, in order, and no subscriber silences another."""

from __future__ import annotations

from dataclasses import dataclass

from terminal_app.domain.bus import Bus


@dataclass(frozen=True)
class Said:
    word: str


@dataclass(frozen=True)
class Done:
    pass


def make_bus() -> tuple[Bus, list[BaseException]]:
    faults: list[BaseException] = []
    return Bus(lambda error, _message: faults.append(error)), faults


def test_only_subscribers_of_the_type_hear_a_message_until_they_cancel() -> None:
    bus, heard = make_bus()[0], []
    subscription = bus.subscribe(Said, lambda said: heard.append(said.word))
    bus.publish(Said("one"))
    bus.publish(Done())
    subscription.cancel()
    subscription.cancel()
    bus.publish(Said("two"))
    assert heard == ["one"]


def test_a_message_published_while_another_is_delivered_waits_its_turn() -> None:
    bus, heard = make_bus()[0], []

    def answer(said: Said) -> None:
        if said.word == "first":
            bus.publish(Said("second"))
        heard.append(f"early {said.word}")

    bus.subscribe(Said, answer)
    bus.subscribe(Said, lambda said: heard.append(f"late {said.word}"))
    bus.publish(Said("first"))
    assert heard == ["early first", "late first", "early second", "late second"]


def test_a_failing_subscriber_is_reported_and_the_others_still_hear() -> None:
    bus, faults = make_bus()
    heard: list[str] = []

    def fail(_: Said) -> None:
        raise ValueError("broken")

    bus.subscribe(Said, fail)
    bus.subscribe(Said, lambda said: heard.append(said.word))
    bus.publish(Said("one"))
    assert heard == ["one"]
    assert [str(fault) for fault in faults] == ["broken"]
