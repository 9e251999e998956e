"""Which bars are in view: a pure model of panning, zooming, following the last bar and asking for older ones."""

from __future__ import annotations

MAX_SPACING_PX = 60.0
DEFAULT_SPACING_PX = 8.0
_MARGIN_SHARE = 0.07
_NEAR_LEFT_SHARE = 0.25
_KEEP_BARS = 3


class BarWindow:
    """The bars in view, in index units: bar i covers [i - 0.5, i + 0.5].

    The right edge and the spacing are kept, so that a resize shows more or fewer bars and does not stretch them.
    """

    def __init__(self) -> None:
        self.count = 0
        self.width_px = 1.0
        self.spacing_px = DEFAULT_SPACING_PX
        self.right = 0.0
        self._exhausted = False
        self._asked_at: int | None = None

    @property
    def span(self) -> float:
        """Bars that fit in the width."""
        return self.width_px / self.spacing_px

    @property
    def left(self) -> float:
        """Index at the left edge."""
        return self.right - self.span

    @property
    def is_following(self) -> bool:
        """Whether the last bar is in view, and so new bars move the picture."""
        return self.count > 0 and self.right >= self.count - 1 and self.left <= self.count - 1

    @property
    def visible(self) -> tuple[int, int]:
        """First and last index in view; last < first where there is none."""
        return max(0, round(self.left)), min(self.count - 1, round(self.right))

    def reset(self, count: int) -> None:
        """Show the newest of ``count`` bars at the present spacing."""
        self.count = count
        self._exhausted = False
        self._asked_at = None
        self.spacing_px = min(max(self.spacing_px, DEFAULT_SPACING_PX / 4), MAX_SPACING_PX)
        self.to_end()

    def resize(self, width_px: float) -> None:
        """Take a new width and keep the right edge."""
        self.width_px = max(1.0, width_px)
        self._clamp()

    def appended(self) -> None:
        """A bar was added at the right."""
        following = self.is_following or self.count == 0
        self.count += 1
        if self.count == 1:
            self.to_end()
        elif following:
            self.right += 1

    def prepended(self, added: int) -> None:
        """``added`` bars came in at the left; none means that there are no older ones."""
        if added == 0:
            self._exhausted = True
        self.count += added
        self.right += added
        self._asked_at = None

    def pan(self, delta_px: float) -> None:
        """Move the picture right by ``delta_px`` (towards older bars)."""
        self.right -= delta_px / self.spacing_px
        self._clamp()

    def zoom(self, factor: float, at_px: float) -> None:
        """Widen the bars by ``factor``, keeping what is under ``at_px`` where it is."""
        under = self.left + at_px / self.spacing_px
        least = min(DEFAULT_SPACING_PX, self.width_px / (max(self.count, 1) * (1 + _MARGIN_SHARE) + _KEEP_BARS))
        self.spacing_px = min(MAX_SPACING_PX, max(least, self.spacing_px * factor))
        self.right = under + (self.width_px - at_px) / self.spacing_px
        self._clamp()

    def to_end(self) -> None:
        """Put the last bar at the right with a margin."""
        self.right = self.count - 1 + max(float(_KEEP_BARS), self.span * _MARGIN_SHARE)

    def to_start(self) -> None:
        """Put the first bar at the left."""
        self.right = self.span - 1.0
        self._clamp()

    def show(self, bars: int) -> None:
        """Choose the spacing so that ``bars`` fit, and show the newest."""
        self.spacing_px = min(MAX_SPACING_PX, self.width_px / (max(bars, 1) / (1 - _MARGIN_SHARE)))
        self.to_end()

    def wants_older(self) -> bool:
        """True once when the view nears the left edge, and again only after bars were prepended or replaced."""
        if self._exhausted or self.count in (0, self._asked_at):
            return False
        if self.left > self.span * _NEAR_LEFT_SHARE:
            return False
        self._asked_at = self.count
        return True

    def _clamp(self) -> None:
        if self.count == 0:
            return
        keep = min(_KEEP_BARS, self.count)
        self.right = min(max(self.right, keep - 0.5), self.count - 1 - keep + self.span + 0.5)
