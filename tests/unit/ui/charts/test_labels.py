"""Times on charts are those of India."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from terminal_app.ui.charts import labels

_IST = ZoneInfo("Asia/Kolkata")


@given(st.integers(0, 4_000_000_000))
def test_dates_and_times_agree_with_the_time_zone_database(epoch_s: int) -> None:
    local = datetime.fromtimestamp(epoch_s, UTC).astimezone(_IST)
    assert labels.day(epoch_s, year=True) == f"{local.day} {local:%b %Y}"
    assert labels.clock(epoch_s, seconds=True) == f"{local:%H:%M:%S}"
    assert labels.clock(epoch_s) == f"{local.hour}:{local:%M}"


def test_a_daily_bar_is_named_by_its_date_and_a_minute_by_its_time() -> None:
    noon = int(datetime(2026, 11, 20, 12, 55, tzinfo=_IST).timestamp())
    assert labels.moment(noon, 300) == "20 Nov 12:55"
    assert labels.moment(noon, 86_400) == "20 Nov 2026"
