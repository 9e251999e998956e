"""What a driver told of its story, by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Told:
    """The steps of a story in their order. Indexing gives what a step that went well gave."""

    def __init__(self, lines: Sequence[Mapping[str, Any]]) -> None:
        self._steps = {line["step"]: line for line in lines}
        assert len(self._steps) == len(lines), "two steps of one name"

    def __getitem__(self, step: str) -> Any:
        line = self._steps[step]
        assert line["ok"], f"{step}: {line.get('error') or line.get('value')}"
        return line["value"]

    @property
    def names(self) -> list[str]:
        """All steps."""
        return list(self._steps)

    def failures(self) -> dict[str, Any]:
        """The steps that did not go well, with what is known of it."""
        return {name: line.get("error", line.get("value")) for name, line in self._steps.items() if not line["ok"]}
