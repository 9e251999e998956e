"""The day's change of a list of instruments, read from the quote board in one go."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from terminal_app.domain.ids import InstrumentId
    from terminal_app.services.market import QuoteRows


def day_changes(
    quotes: QuoteRows | None, ids: Sequence[InstrumentId], places: NDArray[np.intp] | None = None
) -> dict[InstrumentId, float | None]:
    """Percent of the previous close by instrument, None where not known. ``places`` are those of ``ids`` in the rows, all by default."""
    import numpy as np

    if quotes is None:
        return {}
    changes = quotes.change_percent(np.arange(len(ids), dtype=np.intp) if places is None else places)
    return {one: None if math.isnan(change) else change for one, change in zip(ids, changes.tolist(), strict=True)}
