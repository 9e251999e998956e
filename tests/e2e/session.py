"""A trading session over the recorded day of 9 September 2016, as data: what is done when, and the book that must come of it.

Everything expected here was worked out by hand from the rows of ``nse_1m_symbols_2016-09-09.csv.gz`` and the rules that
``simulator/replay/path.py`` and ``simulator/matching.py`` document; no number was taken from the program. Times are Indian.

How the rows become prices (all by those rules; the tick is 0.05; the row's figures are in ``ROWS``): second 0 is the open,
second 20 the nearer extreme, second 40 the other, second 59 the close, straight lines between, rounded half up to the tick.
Second k trades V * (k + 1) // 60 - V * k // 60 units. Each depth level shows V // 300 units, the first one tick away from
the last price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import Exchange, OrderStatus, OrderType, Product, Side
from terminal_app.domain.ids import InstrumentId

RECORDING = "nse_1m_symbols_2016-09-09.csv.gz"
BOOK = "replay:nse_1m_symbols_2016-09-09"
RELIANCE = InstrumentId.equity(Exchange.NSE, "RELIANCE")
INFY = InstrumentId.equity(Exchange.NSE, "INFY")
FIRST, SECOND = "Paper", "Second"
SECOND_FUNDS = Decimal(500_000)

ROWS = """\
RELIANCE,2016-09-09 09:26:00,1032,1033.3,1031.55,1033.15,5850
INFY,2016-09-09 09:30:00,1033.25,1034.25,1033.25,1034,4724
INFY,2016-09-09 09:45:00,1028.4,1028.9,1028.3,1028.9,7250
RELIANCE,2016-09-09 10:07:00,1038,1038.65,1037.5,1038,11577
RELIANCE,2016-09-09 10:08:00,1038,1038.4,1035.05,1035.35,13344
RELIANCE,2016-09-09 10:09:00,1035.3,1035.35,1033.05,1034.3,37287
RELIANCE,2016-09-09 10:10:00,1034.7,1035.45,1034,1035.45,10202
RELIANCE,2016-09-09 10:11:00,1035.05,1037,1035.05,1035.7,7566
RELIANCE,2016-09-09 10:14:00,1035.1,1035.9,1035.05,1035.65,7864
RELIANCE,2016-09-09 10:22:00,1036.85,1037.45,1034,1034.05,20294
INFY,2016-09-09 10:22:00,1029.8,1029.85,1029.65,1029.7,2409
RELIANCE,2016-09-09 10:30:00,1039.2,1040.95,1038.75,1038.95,56159
RELIANCE,2016-09-09 10:33:00,1039.05,1041,1038.55,1038.7,18699
INFY,2016-09-09 10:34:00,1031.25,1031.95,1031.25,1031.65,8849
RELIANCE,2016-09-09 10:35:00,1039.6,1040.3,1039.1,1039.1,11383
INFY,2016-09-09 10:35:00,1031.65,1032,1031.55,1031.65,3849
"""
"""The recorded rows that the arithmetic below uses; a test compares them with the file."""


@dataclass(frozen=True, slots=True)
class Place:
    """Send an order from the account that is shown. ``name`` is how later steps call it."""

    at: str
    name: str
    instrument: InstrumentId
    side: Side
    quantity: int
    limit: str | None = None
    trigger: str | None = None
    product: Product = Product.INTRADAY

    @property
    def order_type(self) -> OrderType:
        """Follows from the prices that are given."""
        if self.trigger is not None:
            return OrderType.SL_M if self.limit is None else OrderType.SL
        return OrderType.MARKET if self.limit is None else OrderType.LIMIT


@dataclass(frozen=True, slots=True)
class Modify:
    """Change an order that works."""

    at: str
    name: str
    quantity: int
    limit: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel an order that works."""

    at: str
    name: str


@dataclass(frozen=True, slots=True)
class ExitAll:
    """Exit every position of the account that is shown."""

    at: str


@dataclass(frozen=True, slots=True)
class Switch:
    """Show another account."""

    at: str
    account: str


@dataclass(frozen=True, slots=True)
class Look:
    """What an order must be at this moment."""

    at: str
    name: str
    status: OrderStatus
    filled: int


Step = Place | Modify | Cancel | ExitAll | Switch | Look

BUY, SELL = Side.BUY, Side.SELL
_S = OrderStatus

STEPS: tuple[Step, ...] = (
    Place("09:26:00", "entry", RELIANCE, BUY, 150, "1031.85"),
    Look("09:26:05", "entry", _S.OPEN, 0),
    Look("09:26:06", "entry", _S.PARTIALLY_FILLED, 78),
    Modify("09:26:06", "entry", 200, "1031.95"),
    Look("09:26:06", "entry", _S.PARTIALLY_FILLED, 116),
    Look("09:26:07", "entry", _S.FILLED, 200),
    Place("09:30:00", "far", INFY, BUY, 50, "1015.00"),
    Cancel("09:40:00", "far"),
    Look("09:40:00", "far", _S.CANCELLED, 0),
    Place("09:45:00", "infy", INFY, BUY, 40),
    Look("09:45:00", "infy", _S.FILLED, 40),
    Place("10:07:00", "stop", RELIANCE, SELL, 90, "1036.85", trigger="1037.00"),
    Look("10:08:28", "stop", _S.TRIGGER_PENDING, 0),
    Look("10:08:29", "stop", _S.PARTIALLY_FILLED, 44),
    Look("10:11:38", "stop", _S.PARTIALLY_FILLED, 44),
    Look("10:11:39", "stop", _S.FILLED, 90),
    Place("10:14:00", "flip", RELIANCE, SELL, 230, "1035.00"),
    Look("10:14:00", "flip", _S.PARTIALLY_FILLED, 52),
    Look("10:14:01", "flip", _S.PARTIALLY_FILLED, 183),
    Look("10:14:02", "flip", _S.FILLED, 230),
    ExitAll("10:22:00"),
    Switch("10:25:00", SECOND),
    Place("10:30:00", "short", RELIANCE, SELL, 250, "1039.10"),
    Look("10:30:00", "short", _S.FILLED, 250),
    Place("10:33:00", "cover", RELIANCE, BUY, 100, "1039.15"),
    Look("10:33:00", "cover", _S.FILLED, 100),
    Place("10:34:00", "keep", INFY, BUY, 25, "1031.30", product=Product.DELIVERY),
    Look("10:34:00", "keep", _S.FILLED, 25),
    Switch("10:35:00", FIRST),
)


class ExpectedFill(NamedTuple):
    """One execution: of which account, when, and what."""

    account: str
    at: str
    instrument: InstrumentId
    side: Side
    product: Product
    quantity: int
    price: Decimal


def _fill(account: str, at: str, instrument: InstrumentId, side: Side, quantity: int, price: str) -> ExpectedFill:
    return ExpectedFill(account, at, instrument, side, Product.INTRADAY, quantity, Decimal(price))


FILLS: tuple[ExpectedFill, ...] = (
    # 09:26 of RELIANCE: open 1032, V 5850: 97 units in even seconds, 98 in odd ones (97.5 a second), 5850 // 300 = 19 a level.
    # Nearer extreme: the low, 0.45 below (the high is 1.30 above), so 1032.00 falls by 0.0225 a second to 1031.55.
    # Second 0: bids 1031.95, 1031.90, 1031.85 with 19 each: the buy at 1031.85 queues behind 19.
    # Second 5: 1032 - 5 x 0.0225 = 1031.8875, which rounds to 1031.90: not at the limit yet.
    # Second 6: 1031.865 rounds to 1031.85: 97 are traded there, 19 of them for the queue: 97 - 19 = 78 for us.
    _fill(FIRST, "09:26:06", RELIANCE, BUY, 78, "1031.85"),
    # The change to 200 at 1031.95 leaves 122 and arrives anew. Last 1031.85: asks 1031.90 and 1031.95 with 19 each are taken.
    _fill(FIRST, "09:26:06", RELIANCE, BUY, 19, "1031.90"),
    _fill(FIRST, "09:26:06", RELIANCE, BUY, 19, "1031.95"),
    # 84 rest at 1031.95. Second 7: 1031.8425 rounds to 1031.85, below the limit: the market trades through; 98 >= 84.
    _fill(FIRST, "09:26:07", RELIANCE, BUY, 84, "1031.95"),
    # 09:45 of INFY: open 1028.40, 7250 // 300 = 24 a level. A market buy of 40: 24 at 1028.45, 16 at 1028.50.
    _fill(FIRST, "09:45:00", INFY, BUY, 24, "1028.45"),
    _fill(FIRST, "09:45:00", INFY, BUY, 16, "1028.50"),
    # 10:07 of RELIANCE stays at or above 1037.50, above the trigger 1037.00. 10:08: open 1038, the high 1038.40 is nearer
    # (0.40 against 2.95), second 20 there, then 3.35 down to 1035.05 in 20 seconds: 0.1675 a second.
    # Second 28: 1038.40 - 8 x 0.1675 = 1037.06, rounds to 1037.05: above the trigger.
    # Second 29: 1038.40 - 9 x 0.1675 = 1036.8925, rounds to 1036.90: triggers. 13344 // 300 = 44 a level, the best bid is
    # 1036.85, the limit of the stop: 44 are sold, 46 rest at 1036.85, which betters every ask: nobody ahead.
    _fill(FIRST, "10:08:29", RELIANCE, SELL, 44, "1036.85"),
    # Second 30: 1036.725, rounds to 1036.75, and then down: the market does not trade at 1036.85 again before 10:11:
    # 10:09 stays at or below 1035.35, 10:10 at or below 1035.45.
    # 10:11: open and low 1035.05 (so the low comes first, at second 20), high 1037 at second 40: 0.0975 a second.
    # Second 38: 1035.05 + 18 x 0.0975 = 1036.805, rounds to 1036.80: below the limit of the sell.
    # Second 39: 1036.9025, rounds to 1036.90: through it. V 7566, 126.1 a second: 5044 - 4917 = 127 traded, 46 for us.
    _fill(FIRST, "10:11:39", RELIANCE, SELL, 46, "1036.85"),
    # 10:14: open 1035.10, V 7864, 26 a level. A sell of 230 at 1035.00 takes the bids 1035.05 and 1035.00; 178 rest.
    _fill(FIRST, "10:14:00", RELIANCE, SELL, 26, "1035.05"),
    _fill(FIRST, "10:14:00", RELIANCE, SELL, 26, "1035.00"),
    # The low 1035.05 is nearer (0.05): 0.0025 a second down. Seconds 1 and 2: 1035.0975 and 1035.095 round to 1035.10, above
    # the limit: through. 7864 x 2 // 60 - 7864 // 60 = 262 - 131 = 131, then 393 - 262 = 131, of which 47 are left to sell.
    _fill(FIRST, "10:14:01", RELIANCE, SELL, 131, "1035.00"),
    _fill(FIRST, "10:14:02", RELIANCE, SELL, 47, "1035.00"),
    # Exit at 10:22:00. RELIANCE: open 1036.85, 20294 // 300 = 67 a level; 120 are bought back: 67 at 1036.90, 53 at 1036.95.
    _fill(FIRST, "10:22:00", RELIANCE, BUY, 67, "1036.90"),
    _fill(FIRST, "10:22:00", RELIANCE, BUY, 53, "1036.95"),
    # INFY: open 1029.80, 2409 // 300 = 8 a level; 40 are sold: all five bids.
    _fill(FIRST, "10:22:00", INFY, SELL, 8, "1029.75"),
    _fill(FIRST, "10:22:00", INFY, SELL, 8, "1029.70"),
    _fill(FIRST, "10:22:00", INFY, SELL, 8, "1029.65"),
    _fill(FIRST, "10:22:00", INFY, SELL, 8, "1029.60"),
    _fill(FIRST, "10:22:00", INFY, SELL, 8, "1029.55"),
    # 10:30 of RELIANCE: open 1039.20, 56159 // 300 = 187 a level. A sell of 250 at 1039.10: 187 at 1039.15, 63 at 1039.10.
    _fill(SECOND, "10:30:00", RELIANCE, SELL, 187, "1039.15"),
    _fill(SECOND, "10:30:00", RELIANCE, SELL, 63, "1039.10"),
    # 10:33: open 1039.05, 18699 // 300 = 62 a level. A buy of 100 at 1039.15: 62 at 1039.10, 38 at 1039.15.
    _fill(SECOND, "10:33:00", RELIANCE, BUY, 62, "1039.10"),
    _fill(SECOND, "10:33:00", RELIANCE, BUY, 38, "1039.15"),
    # 10:34 of INFY: open 1031.25, 8849 // 300 = 29 a level. A buy of 25 at 1031.30: the best ask.
    ExpectedFill(SECOND, "10:34:00", INFY, BUY, Product.DELIVERY, 25, Decimal("1031.30")),
)


class ExpectedPosition(NamedTuple):
    """A position at the end of the session."""

    account: str
    instrument: InstrumentId
    product: Product
    quantity: int
    average_price: Decimal
    realised_pnl: Decimal
    unrealised_pnl: Decimal


POSITIONS: tuple[ExpectedPosition, ...] = (
    # Bought 200: 78 x 1031.85 + 19 x 1031.90 + 103 x 1031.95 = 80484.30 + 19606.10 + 106290.85 = 206381.25; average 1031.90625.
    # Sold of it: 90 x 1036.85 + 26 x 1035.05 + 84 x 1035.00 = 93316.50 + 26911.30 + 86940.00 = 207167.80; gain 786.55.
    # The flip sold 230 - 110 = 120 short at 1035.00 = 124200.00.
    # Bought back: 67 x 1036.90 + 53 x 1036.95 = 69472.30 + 54958.35 = 124430.65; loss 230.65. 786.55 - 230.65 = 555.90.
    ExpectedPosition(FIRST, RELIANCE, Product.INTRADAY, 0, Decimal(0), Decimal("555.90"), Decimal(0)),
    # Bought 24 x 1028.45 + 16 x 1028.50 = 24682.80 + 16456.00 = 41138.80; sold 8 x (1029.75 + 1029.70 + 1029.65 + 1029.60
    # + 1029.55) = 8 x 5148.25 = 41186.00; gain 47.20.
    ExpectedPosition(FIRST, INFY, Product.INTRADAY, 0, Decimal(0), Decimal("47.20"), Decimal(0)),
    # Sold 187 x 1039.15 + 63 x 1039.10 = 194321.05 + 65463.30 = 259784.35; average 259784.35 / 250 = 1039.1374.
    # Bought back 62 x 1039.10 + 38 x 1039.15 = 64424.20 + 39487.70 = 103911.90; 100 x 1039.1374 = 103913.74; gain 1.84.
    # 150 stay short; the last price at 10:35:00 is the open 1039.60: (1039.1374 - 1039.60) x 150 = -69.39.
    ExpectedPosition(
        SECOND, RELIANCE, Product.INTRADAY, -150, Decimal("1039.1374"), Decimal("1.84"), Decimal("-69.39")
    ),
    # The last price of INFY at 10:35:00 is the open 1031.65: (1031.65 - 1031.30) x 25 = 8.75.
    ExpectedPosition(SECOND, INFY, Product.DELIVERY, 25, Decimal("1031.30"), Decimal(0), Decimal("8.75")),
)

AVAILABLE = {
    # 10,00,000 + 555.90 + 47.20.
    FIRST: Decimal("1000603.10"),
}
"""Funds of an account whose positions are all closed: what it began with, and what it realised."""

ORDERS: tuple[tuple[str, str, Side, int, int, OrderStatus], ...] = (
    # Account, symbol, side, quantity, filled, status; in the order they were placed.
    (FIRST, "RELIANCE", BUY, 200, 200, _S.FILLED),
    (FIRST, "INFY", BUY, 50, 0, _S.CANCELLED),
    (FIRST, "INFY", BUY, 40, 40, _S.FILLED),
    (FIRST, "RELIANCE", SELL, 90, 90, _S.FILLED),
    (FIRST, "RELIANCE", SELL, 230, 230, _S.FILLED),
    (FIRST, "RELIANCE", BUY, 120, 120, _S.FILLED),
    (FIRST, "INFY", SELL, 40, 40, _S.FILLED),
    (SECOND, "RELIANCE", SELL, 250, 250, _S.FILLED),
    (SECOND, "RELIANCE", BUY, 100, 100, _S.FILLED),
    (SECOND, "INFY", BUY, 25, 25, _S.FILLED),
)


def moment(text: str) -> datetime:
    """A time of the recorded day, aware UTC."""
    hour, minute, second = (int(part) for part in text.split(":"))
    return at_ist(2016, 9, 9, hour, minute, second)
