"""What the reader of recorded files says about a file that is wrong: file, line and column."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from terminal_app.domain.errors import ReplayError
from terminal_app.simulator.replay.reader import read_series

HEADER = "symbol,datetime,open,high,low,close,volume\n"
GOOD = (
    "INFY,2016-09-09 09:15:00,1035,1036,1034,1035.5,100\n"
    "INFY,2016-09-09 09:16:00,1035.5,1037,1035,1036,200\n"
    "TCS,2016-09-09 09:15:00,2328,2330,2327,2329,50\n"
)


def refusal(folder: Path, text: str | bytes, name: str = "nse.csv") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ReplayError) as caught:
        read_series(path)
    return caught.value.message


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "INFY,2016-09-09 09:17:00,1035,abc,1034,1035,10",
            "nse.csv line 5, column high: “abc” is not a number.",
        ),
        (
            "INFY,2016-09-09 09:17:00,1035,1033,1034,1033.5,10",
            "nse.csv line 5, column high: the high is below the low.",
        ),
        (
            "INFY,2016-09-09 09:17:00,1035,1036,1034,1037,10",
            "nse.csv line 5, column high: the high is below the open or the close.",
        ),
        (
            "INFY,2016-09-09 09:17:00,1033,1036,1034,1035,10",
            "nse.csv line 5, column low: the low is above the open or the close.",
        ),
        (
            "INFY,2016-09-09 09:14:00,1035,1036,1034,1035,10",
            "nse.csv line 5, column datetime: the time of INFY goes backwards, from 2016-09-09 09:16:00 to 2016-09-09 09:14:00.",
        ),
        (
            "INFY,2016-09-09 09:16:00,1035,1036,1034,1035,10",
            "nse.csv line 5, column datetime: the time of INFY comes twice: 2016-09-09 09:16:00.",
        ),
        (
            "INFY,2016-09-09 09:17:30,1035,1036,1034,1035,10",
            "nse.csv line 5, column datetime: a bar must begin on a whole minute.",
        ),
        (
            "INFY,9 o'clock,1035,1036,1034,1035,10",
            "nse.csv line 5, column datetime: “9 o'clock” is not a date and time.",
        ),
        (
            "INFY,2016-09-09 09:17:00,0,1036,0,1035,10",
            "nse.csv line 5, column open: “0” is not a price above zero.",
        ),
        (
            "INFY,2016-09-09 09:17:00,1035,nan,1034,1035,10",
            "nse.csv line 5, column high: “nan” is not a price above zero.",
        ),
        (
            "INFY,2016-09-09 09:17:00,1035,1036,1034,1035,-1",
            "nse.csv line 5, column volume: “-1” is not a whole number of units.",
        ),
        (",2016-09-09 09:17:00,1035,1036,1034,1035,10", "nse.csv line 5, column symbol: the symbol is missing."),
        ("INFY,2016-09-09 09:17:00,1035,1036", "nse.csv line 5: 4 columns, but the header has 7."),
    ],
)
def test_a_wrong_row_is_named_with_line_and_column(tmp_path: Path, row: str, message: str) -> None:
    assert refusal(tmp_path, f"{HEADER}{GOOD}{row}\n") == message


def test_a_header_that_is_neither_bars_nor_ticks_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, "name,price\nINFY,3\n")
    assert message.startswith("nse.csv line 1: the header “name,price” names neither bars")


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "nse.csv line 1: the file is empty."), (HEADER, "nse.csv line 2: the file has a header but no prices.")],
)
def test_a_file_without_prices_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text) == message


def test_a_file_that_is_no_text_is_refused_with_its_line(tmp_path: Path) -> None:
    assert refusal(tmp_path, (HEADER + GOOD).encode() + b"\xff\xfe\n") == "nse.csv line 5: the text is not UTF-8."


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match=r"away\.csv cannot be opened: No such file"):
        read_series(tmp_path / "away.csv")


def test_a_truncated_gzip_is_refused_with_the_line_it_reaches(tmp_path: Path) -> None:
    rows = "".join(
        f"INFY,2016-09-09 {9 + minute // 60:02}:{minute % 60:02}:00,{1000 + minute},{1001 + minute},{999},{1000},{minute}\n"
        for minute in range(300)
    )
    packed = gzip.compress((HEADER + rows).encode())
    message = refusal(tmp_path, packed[: len(packed) // 2], "nse.csv.gz")
    assert message.startswith("nse.csv.gz line ")
    assert message.endswith("the compressed file is damaged or ends too early.")
    assert 1 < int(message.split()[2].rstrip(":")) < 300


def test_something_else_under_the_name_of_a_gzip_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, HEADER + GOOD, "nse.csv.gz")
    assert message == "nse.csv.gz line 1: the compressed file is damaged or ends too early."


def test_longer_bars_than_a_minute_are_refused(tmp_path: Path) -> None:
    text = HEADER + "INFY,2016-09-09 09:15:00,1,2,1,2,0\nINFY,2016-09-09 10:15:00,1,2,1,2,0\n"
    assert refusal(tmp_path, text).endswith("bars of 60 minutes; only 1-minute bars can be replayed.")


def test_rows_of_several_symbols_are_told_apart_in_any_order(tmp_path: Path) -> None:
    lines = (HEADER + GOOD).splitlines()
    path = tmp_path / "nse.csv"
    path.write_text("\n".join([lines[0], lines[3], *lines[1:3]]) + "\n\n")
    series = {one.symbol: one for one in read_series(path)}
    assert set(series) == {"INFY", "TCS"}
    assert series["INFY"].volume.tolist() == [100, 200]
    assert series["TCS"].prices[0].tolist() == [2328.0]


def test_times_are_indian_unless_they_say_otherwise(tmp_path: Path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("Instrument,Date,Time,Open,High,Low,Close\nNIFTY,20240701,09:15,1,2,1,2\n")
    two.write_text("Datetime,Open,High,Low,Close,Volume\n2024-07-01 03:45:00+00:00,1,2,1,2,0\n")
    assert read_series(one)[0].time_us.tolist() == read_series(two)[0].time_us.tolist() == [1_719_805_500_000_000]
