"""The acts: which scenes are played on which stage, in the order in which they follow each other."""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from terminal_app.domain.enums import Side
from terminal_app.domain.errors import BrokerUnavailable
from tests.shots import dialog_scenes, live_scenes, panel_scenes, ticket_scenes, window_scenes
from tests.shots.camera import LOOKS, Camera, Look
from tests.shots.day import EVE, RELIANCE, Trader, contracts_of_interest, trade_the_day
from tests.shots.stage import LOGIN, Stage, staged
from tests.shots.window_scenes import dismiss_welcome

Scene = Callable[[Camera], Awaitable[None]]

_RECORDED = "symbol,datetime,open,high,low,close,volume\n"


@dataclass(frozen=True, slots=True)
class Act:
    """A stage, what happens on it before the first picture, and its scenes by name."""

    scenes: dict[str, Scene]
    begin: Callable[[Stage], Awaitable[None]]
    begins: datetime = LOGIN
    prepare: Callable[[Path], Sequence[str]] = lambda home: ()

    @asynccontextmanager
    async def opened(self, look: Look) -> AsyncIterator[Stage]:
        """The stage in a look, ready for the first scene."""
        async with staged((look.width, look.height), begins=self.begins, prepare=self.prepare) as stage:
            await self.begin(stage)
            yield stage


async def play(
    act: Act, names: Sequence[str], folder: Path, looks: Sequence[Look] = LOOKS
) -> tuple[list[Path], list[str]]:
    """Take the pictures of an act's scenes in every look; ``names`` chooses scenes.

    The files written, and the scenes that failed.
    """
    chosen = {name: scene for name, scene in act.scenes.items() if not names or any(one in name for one in names)}
    taken: list[Path] = []
    failed: list[str] = []
    if not chosen:
        return taken, failed
    async with act.opened(looks[0]) as stage:
        for look in looks:
            stage.container.terminal.settings.set("theme", look.theme)
            stage.window.resize(look.width, look.height)
            await stage.settle(0.3)
            camera = Camera(stage, folder, look)
            for name, scene in chosen.items():
                try:
                    await scene(camera)
                except Exception:  # noqa: BLE001 - one scene's fault must not cost the others' pictures; it is reported
                    failed.append(f"{name} {look.name}")
                    traceback.print_exc()
                    dialog_scenes.close_all(stage.window)
            taken += camera.taken
    return taken, failed


async def _first_minutes(stage: Stage) -> None:
    await stage.go(90)


async def _first_minutes_over(stage: Stage) -> None:
    dismiss_welcome(stage)
    await stage.go(90)


async def _full_day(stage: Stage) -> None:
    await trade_the_day(stage)
    dismiss_welcome(stage)
    stage.container.terminal.watchlists.extend(1, contracts_of_interest(Trader(stage)))
    await stage.go(2)


def _corrupt_recording(home: Path) -> list[str]:
    recording = home / "day.csv"
    recording.write_text(
        f"{_RECORDED}RELIANCE,2026-11-20 09:15:00,1228,1229,1227,1228,10\nRELIANCE,2026-11-20 09:16:00,1228,abc\n"
    )
    return ["--replay", str(recording)]


def _recording(home: Path) -> list[str]:
    """Two shares over a morning, on a path of its own."""
    rows = []
    for minute in range(150):
        hour, rest = divmod(9 * 60 + 15 + minute, 60)
        for symbol, base in (("RELIANCE", 1228.0), ("TCS", 2255.0)):
            step = ((minute * 37) % 23 - 11) * base / 20_000
            price = base * (1 + minute / 40_000) + step
            prices = (price, price + 1.2, price - 0.9, price + 0.4)
            texts = ",".join(f"{one:.1f}" for one in prices)
            rows.append(f"{symbol},2026-11-20 {hour:02d}:{rest:02d}:00,{texts},{4000 + minute * 13}\n")
    recording = home / "RELIANCE and TCS 2026-11-20.csv"
    recording.write_text(_RECORDED + "".join(rows))
    return ["--replay", str(recording), "--from", "10:40"]


async def _stop_the_market(stage: Stage) -> None:
    """Some trades, then a fault inside the simulated market."""
    dismiss_welcome(stage)
    await stage.go_to(LOGIN + timedelta(minutes=5))
    trader = Trader(stage)
    await trader.market(RELIANCE, Side.BUY, 100)
    await trader.limit(RELIANCE, Side.SELL, 100, "1")

    def fail(_step: object) -> None:
        raise BrokerUnavailable("The practice market has run out of days.")

    stage.container.world.exchange.listen(fail)
    stage.time.pass_s(1)


async def _play_the_recording(stage: Stage) -> None:
    dismiss_welcome(stage)
    await stage.settle(0.5)
    replay = stage.container.terminal.replay
    assert replay is not None
    await Trader(stage).market(RELIANCE, Side.BUY, 40)
    replay.pause()


ACTS = (
    Act(
        {"main-empty": window_scenes.first_day, "panels-empty": panel_scenes.empty_panels},
        _first_minutes,
    ),
    Act(
        {
            "main-full": window_scenes.full_day,
            "main-all-accounts": window_scenes.all_accounts,
            "main-account-list": window_scenes.account_list,
            "main-menu": window_scenes.menu,
            "main-halted": window_scenes.halted,
            "main-toasts": window_scenes.toasts,
            "panels-full": panel_scenes.full_panels,
            "panel-watchlist": panel_scenes.watchlist,
            "panel-depth": panel_scenes.depth,
            "panel-chart": panel_scenes.chart,
            "panel-chart-menu": panel_scenes.chart_menu,
            "panel-positions": panel_scenes.positions,
            "panel-orders": panel_scenes.orders,
            "panel-pnl": panel_scenes.pnl,
            "panel-log": panel_scenes.log,
            "ticket-usual": ticket_scenes.usual,
            "ticket-contracts": ticket_scenes.contracts,
            "ticket-doubts": ticket_scenes.doubts,
            "ticket-modify": ticket_scenes.changing,
            "ticket-sending": ticket_scenes.sending,
            "dialog-accounts": dialog_scenes.accounts,
            "dialog-new-paper": dialog_scenes.new_account,
            "dialog-questions": dialog_scenes.questions,
            "dialog-settings": dialog_scenes.settings,
            "dialog-help": dialog_scenes.help_dialogs,
            "search": dialog_scenes.search,
            "panel-orders-unknown": panel_scenes.unknown_order,
        },
        _full_day,
        EVE,
    ),
    Act(
        {
            "live-accounts": live_scenes.wall,
            "live-status": live_scenes.status,
            "live-add": live_scenes.adding,
            "live-vault": live_scenes.vault,
            "live-login": live_scenes.login,
        },
        live_scenes.add_live_accounts,
    ),
    Act(
        {
            "main-corrupt-recording": window_scenes.corrupt_recording,
            "main-locked-database": window_scenes.locked_database,
        },
        _first_minutes_over,
        prepare=_corrupt_recording,
    ),
    Act({"main-stopped": window_scenes.stopped_market}, _stop_the_market),
    Act({"main-replay": window_scenes.replay}, _play_the_recording, prepare=_recording),
)
