"""Byte columns say the same as texts."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.ui import formats
from terminal_app.ui.grid.cell_bytes import bytes_text, number_bytes, text_bytes

AMOUNTS = st.decimals(min_value=Decimal("-99999999999"), max_value=Decimal("99999999999"), places=2)


@given(st.lists(AMOUNTS, min_size=1, max_size=20), st.booleans())
def test_byte_columns_say_what_texts_say(amounts: list[Decimal], sign: bool) -> None:
    column = number_bytes(np.array([float(amount) for amount in amounts]), 2, 20, sign=sign)
    wanted = [formats.number(float(amount), 2, sign=sign) for amount in amounts]
    assert [bytes_text(row) for row in column] == wanted


def test_byte_columns_know_the_unknown_and_never_cut_a_figure() -> None:
    values = np.array([np.nan, 12345.0, -12345.0, 1.0])
    texts = [bytes_text(row) for row in number_bytes(values, 2, 9)]
    assert texts == ["\u2013", "12,345.00", "#########", "1.00"]
    percent = number_bytes(np.array([-0.113, 0.0]), 2, 8, sign=True, suffix=b"%")
    assert [bytes_text(row) for row in percent] == ["\u22120.11%", "0.00%"]


def test_short_texts_become_bytes_and_back() -> None:
    column = text_bytes(["14 s old", "\u22125", "\u2013"], 10, right=True)
    assert [bytes_text(row) for row in column] == ["14 s old", "\u22125", "\u2013"]
    assert column.shape == (3, 10)
