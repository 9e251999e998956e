"""Numbers, money and times as the screen shows them: Indian grouping, a real minus sign, an en dash for the unknown."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

MINUS = "\u2212"
EN_DASH = "\u2013"
UP_ARROW = "\u25b2"
DOWN_ARROW = "\u25bc"
IST = timezone(timedelta(hours=5, minutes=30), "IST")
"""India has one zone without summer time, so a fixed offset is exact and needs no zone data."""

Number = Decimal | float | int
LAKH = Decimal(100_000)
CRORE = Decimal(10_000_000)


def group_digits(digits: str) -> str:
    """Commas in the Indian manner: 1234567 becomes 12,34,567. Takes digits only."""
    if len(digits) <= 3:
        return digits
    head, tail = digits[:-3], digits[-3:]
    first = len(head) % 2
    pairs = [head[:first]] if first else []
    pairs.extend(head[i : i + 2] for i in range(first, len(head), 2))
    return ",".join([*pairs, tail])


def _exact(value: Number | None) -> Decimal | None:
    """The value as a Decimal, None where it is unknown (None, NaN, infinite). A float is read as it prints."""
    if value is None:
        return None
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, int):
        return Decimal(value)
    return Decimal(repr(float(value))) if math.isfinite(value) else None


def number(value: Number | None, places: int = 2, *, sign: bool = False) -> str:
    """A figure with fixed decimals and Indian grouping; rounds half up.

    With `sign` a gain carries `+`; a value that rounds to zero never carries a sign. Unknown is an en dash.
    """
    exact = _exact(value)
    if exact is None:
        return EN_DASH
    rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    whole, _, fraction = f"{abs(rounded):f}".partition(".")
    text = group_digits(whole) + (f".{fraction}" if fraction else "")
    if not rounded:
        return text
    return (MINUS if rounded < 0 else "+" if sign else "") + text


def price(value: Number | None, places: int = 2) -> str:
    """A price with the instrument's decimals."""
    return number(value, places)


def money(value: Number | None, places: int = 2) -> str:
    """An amount in rupees, without sign unless negative."""
    return number(value, places)


def signed(value: Number | None, places: int = 2) -> str:
    """Profit, loss or change: the sign always, but for zero."""
    return number(value, places, sign=True)


def with_arrow(value: Number | None, places: int = 2) -> str:
    """The one headline figure: sign and arrow."""
    text = signed(value, places)
    if text.startswith("+"):
        return f"{UP_ARROW} {text}"
    return f"{DOWN_ARROW} {text}" if text.startswith(MINUS) else text


def percent(value: Number | None, places: int = 2, *, sign: bool = True) -> str:
    """A percentage that is already in percent: 1.22 becomes +1.22%."""
    text = number(value, places, sign=sign)
    return text if text == EN_DASH else f"{text}%"


def quantity(value: int | None, *, sign: bool = False) -> str:
    """Units with grouping; with `sign` a long quantity carries `+`."""
    return number(value, 0, sign=sign)


def short_money(value: Number | None, places: int = 2) -> str:
    """Lakh and crore for summaries: 341200 becomes 3.41 L; below one lakh the plain amount without paise."""
    exact = _exact(value)
    if exact is None:
        return EN_DASH
    step = Decimal(1).scaleb(-places)
    if abs(exact / CRORE).quantize(step, rounding=ROUND_HALF_UP) >= 1:
        return f"{number(exact / CRORE, places)} Cr"
    if abs(exact) >= LAKH:
        return f"{number(exact / LAKH, places)} L"
    return number(exact, 0)


def tone(value: Number | None) -> str:
    """The colour name of a gain or loss: `profit`, `loss`, or `text.3` for zero and unknown."""
    exact = _exact(value)
    if not exact:
        return "text.3"
    return "profit" if exact > 0 else "loss"


def quantity_tone(value: int | None) -> str:
    """The colour name of a long or short quantity: `buy`, `sell`, or `text.3`."""
    if not value:
        return "text.3"
    return "buy" if value > 0 else "sell"


def decimals_of_tick(tick: Decimal) -> int:
    """How many decimals a price needs: 0.05 gives 2, 0.0025 gives 4; at least 2. Raises ValueError if not positive."""
    if tick <= 0:
        raise ValueError("The tick size must be above zero.")
    exponent = tick.normalize().as_tuple().exponent
    return max(2, -exponent) if isinstance(exponent, int) else 2


_MOST_DIGITS = 15
_TYPED = re.compile(r"[+-]?(\d[\d,]*(\.\d*)?|\.\d+)")


def parse_number(text: str) -> Decimal:
    """The value of typed text such as `1,418.50`, `1418.5`, `\u2212350`, `+2.00 %`, `\u20b9 500`.

    Raises ValueError with one sentence for the user.
    """
    cleaned = text.strip().replace(MINUS, "-").replace("\u00a0", " ")
    cleaned = cleaned.removeprefix("\u20b9").removesuffix("%").replace(" ", "")
    if not cleaned:
        raise ValueError("Type a number.")
    if not cleaned.isascii() or not _TYPED.fullmatch(cleaned):
        raise ValueError(f"{text.strip()} is not a number.")
    whole, _, fraction = cleaned.replace(",", "").partition(".")
    if len(whole.lstrip("+-0")) > _MOST_DIGITS or len(fraction) > _MOST_DIGITS - 5:
        raise ValueError(f"{text.strip()[:_MOST_DIGITS]}… has too many digits.")
    return Decimal(cleaned.replace(",", ""))


def to_ist(moment: datetime) -> datetime:
    """The moment in India's time. Raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("A time without a zone cannot be shown.")
    return moment.astimezone(IST)


def clock(moment: datetime | None) -> str:
    """14:36:08 in IST."""
    return EN_DASH if moment is None else f"{to_ist(moment):%H:%M:%S}"


def clock_ms(moment: datetime | None) -> str:
    """14:35:51.198 in IST, for timelines."""
    return EN_DASH if moment is None else f"{clock(moment)}.{to_ist(moment).microsecond // 1000:03d}"


def hour_minute(moment: datetime | None) -> str:
    """14:36 in IST."""
    return EN_DASH if moment is None else f"{to_ist(moment):%H:%M}"


def day(moment: datetime | date | None) -> str:
    """20 Nov Fri; a time is first brought to IST."""
    if moment is None:
        return EN_DASH
    local = to_ist(moment) if isinstance(moment, datetime) else moment
    return f"{local.day:02d} {_MONTHS[local.month - 1]} {_DAYS[local.weekday()]}"


def day_and_time(moment: datetime | None) -> str:
    """Fri 20 Nov 14:36 in IST."""
    if moment is None:
        return EN_DASH
    local = to_ist(moment)
    return f"{_DAYS[local.weekday()]} {local.day:02d} {_MONTHS[local.month - 1]} {local:%H:%M}"


def expiry(value: date | None) -> str:
    """24 NOV, as it stands in an instrument's name."""
    return EN_DASH if value is None else f"{value.day:02d} {_MONTHS[value.month - 1].upper()}"


def epoch_clock(epoch_s: float) -> str:
    """HH:MM in IST of seconds since 1970."""
    return hour_minute(datetime.fromtimestamp(epoch_s, UTC))


def age(seconds: float | None) -> str:
    """How old a price is: `14 s old`, `3 min old`, `2 h old`."""
    if seconds is None or not math.isfinite(seconds):
        return EN_DASH
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s old"
    return f"{whole // 60} min old" if whole < 3600 else f"{whole // 3600} h old"


def duration(seconds: float) -> str:
    """Time left in two units at most: `15 h 24 min`, `2 min 41 s`, `9 s`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {left} s" if minutes else f"{left} s"


def milliseconds(value: float | None) -> str:
    """A delay: `43 ms`."""
    return EN_DASH if value is None else f"{round(value)} ms"


# Month and day names are fixed English, as on the exchange's contract notes; strftime would follow the locale.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
