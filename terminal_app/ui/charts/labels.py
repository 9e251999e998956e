"""Times as the charts write them: time of day and dates in IST, from epoch seconds."""

from __future__ import annotations

IST_OFFSET_S = 19_800
"""India keeps UTC+05:30 all year, so chart time is integer arithmetic on epoch seconds."""

DAY_S = 86_400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def clock(epoch_s: int, *, seconds: bool = False) -> str:
    """Time of day in IST: 9:30 or 09:30:15."""
    second = (epoch_s + IST_OFFSET_S) % DAY_S
    hour, minute = second // 3600, second // 60 % 60
    return f"{hour:02}:{minute:02}:{second % 60:02}" if seconds else f"{hour}:{minute:02}"


def day(epoch_s: int, *, year: bool = False) -> str:
    """Date in IST: 20 Nov, or 20 Nov 2026."""
    years, month, date = _civil(epoch_s)
    return f"{date} {_MONTHS[month - 1]} {years}" if year else f"{date} {_MONTHS[month - 1]}"


def month(epoch_s: int) -> str:
    """Month in IST: Nov; January is given as its year."""
    years, number, _ = _civil(epoch_s)
    return str(years) if number == 1 else _MONTHS[number - 1]


def moment(epoch_s: int, interval_s: int) -> str:
    """What a crosshair says of a bar: date and time of day, or date and year for daily and longer bars."""
    return day(epoch_s, year=True) if interval_s >= DAY_S else f"{day(epoch_s)} {clock(epoch_s)}"


def _civil(epoch_s: int) -> tuple[int, int, int]:
    """Year, month and date of an epoch second in IST (days-to-civil arithmetic of the proleptic Gregorian calendar)."""
    days = (epoch_s + IST_OFFSET_S) // DAY_S + 719_468
    era, of_era = divmod(days, 146_097)
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    number = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (number <= 2), number, of_year - (153 * shifted + 2) // 5 + 1
