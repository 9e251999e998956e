"""The book of a session compared with the hand calculation: in the terminal, at the exchange, in the database."""

from __future__ import annotations

from decimal import Decimal

from terminal_app.app.container import Container
from terminal_app.domain.clock import ist
from terminal_app.domain.ids import AccountId
from terminal_app.storage.exports import EXPORT_COLUMNS, export_rows
from tests.e2e.headless import until
from tests.e2e.session import AVAILABLE, BOOK, FILLS, ORDERS, POSITIONS, ExpectedFill, moment


def account_ids(container: Container) -> dict[str, AccountId]:
    """The accounts by name."""
    return {account.name: account.id for account in container.terminal.accounts.all()}


async def check_terminal(container: Container) -> None:
    """What the services show is the expected book."""
    terminal, ids = container.terminal, account_ids(container)
    names = {account: name for name, account in ids.items()}
    fills = sorted(terminal.orders.fills(None), key=lambda row: (row[1].filled_at, names[row[0]], row[1].trade_id))
    shown = [
        ExpectedFill(
            names[account],
            f"{ist(fill.filled_at):%H:%M:%S}",
            fill.instrument,
            fill.side,
            fill.product,
            fill.quantity,
            fill.price,
        )
        for account, fill in fills
    ]
    assert shown == list(FILLS)
    for name, account in ids.items():
        wanted = [row[1:] for row in ORDERS if row[0] == name]
        orders = sorted(terminal.orders.orders(account), key=lambda row: row[1].broker_id or "")
        assert [
            (one.instrument.symbol, one.request.side, one.request.quantity, one.filled_quantity, one.status)
            for _account, one in orders
        ] == wanted
        await _check_positions(container, name, account)
        at_exchange = container.world.exchange.positions(account).net
        assert {(one.instrument, one.product, one.quantity, one.realised_pnl) for one in at_exchange} == {
            (one.instrument, one.product, one.quantity, one.realised_pnl) for one in POSITIONS if one.account == name
        }
    for name, available in AVAILABLE.items():
        await terminal.portfolio.refresh(ids[name])
        funds = terminal.portfolio.funds(ids[name])
        assert funds is not None
        assert (funds.available, funds.used) == (available, Decimal(0))


async def _check_positions(container: Container, name: str, account: AccountId) -> None:
    terminal = container.terminal
    expected = {(one.instrument, one.product): one._replace(account=name) for one in POSITIONS if one.account == name}
    await until(lambda: len(terminal.portfolio.positions(account)) == len(expected), f"positions of {name}")
    for view in terminal.portfolio.positions(account):
        one = expected.pop((view.position.instrument, view.position.product))
        position = view.position
        assert (position.quantity, position.average_price) == (one.quantity, one.average_price)
        assert (view.realised, view.unrealised) == (one.realised_pnl, one.unrealised_pnl)
        assert view.differs is None
    assert not expected


async def check_database(container: Container) -> None:
    """What can be exported is the expected book, each row once."""
    names = {str(account): name for name, account in account_ids(container).items()}
    rows = await exported(container, "fills")
    assert all(row["book"] == BOOK for row in rows)
    rows.sort(key=lambda row: (row["filled_at"], names[row["account"]], row["trade_id"]))
    assert [
        (
            names[row["account"]],
            row["filled_at"],
            row["instrument"],
            row["side"],
            row["product"],
            int(row["quantity"]),
            Decimal(row["price"]),
        )
        for row in rows
    ] == [
        (
            one.account,
            ist(moment(one.at)).isoformat(timespec="microseconds"),
            one.instrument.text,
            one.side.value,
            one.product.value,
            one.quantity,
            one.price,
        )
        for one in FILLS
    ]
    orders = await exported(container, "orders")
    orders.sort(key=lambda row: (names[row["account"]], row["broker_order_id"]))
    assert [
        (
            names[row["account"]],
            row["instrument"].split(":")[1],
            row["side"],
            int(row["quantity"]),
            int(row["filled_quantity"]),
            row["status"],
        )
        for row in orders
    ] == [
        (account, symbol, side.value, quantity, filled, status.value)
        for account, symbol, side, quantity, filled, status in ORDERS
    ]


async def exported(container: Container, kind: str) -> list[dict[str, str]]:
    """The rows of an export by column."""
    names = [column.name for column in EXPORT_COLUMNS[kind]]
    return [dict(zip(names, row, strict=True)) async for page in export_rows(container.database, kind) for row in page]
