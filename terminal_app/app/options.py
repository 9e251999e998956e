"""What the command line asks for: parsed, checked, and told in one sentence when it is wrong."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn

from terminal_app.domain.errors import ConfigError

if TYPE_CHECKING:
    from datetime import time

EXPORTS = ("orders", "fills", "pnl", "journal", "audit")
SIMULATED = ("zerodha", "upstox")


class Options(NamedTuple):
    """The call. ``command`` is "window", "doctor", "export", "selftest" or "simulate"."""

    command: str = "window"
    home: Path | None = None
    demo: bool = False
    vault: Literal["keyring", "file", "memory"] = "keyring"
    vault_password_fd: int | None = None
    replay: tuple[Path, ...] = ()
    replay_from: time | None = None
    speed: float = 1.0
    instrument_names: tuple[tuple[str, str], ...] = ()
    screenshot: Path | None = None
    after_s: float = 3.0
    size: tuple[int, int] | None = None
    theme: str | None = None
    as_json: bool = False
    export_what: str = ""
    account: str | None = None
    out: Path | None = None
    broker: str = ""
    port: int = 0
    seed: int | None = None
    tls: bool = False


class _Parser(argparse.ArgumentParser):
    """Raises instead of exiting, so that the caller decides how an error is told."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError("command line", f"{message[0].upper()}{message[1:]}. Try bhav --help.")


def parse(arguments: list[str]) -> Options:
    """Read the command line. Raises ConfigError with one sentence; --help and --version print and raise SystemExit."""
    given = vars(_parser().parse_args(arguments))
    return Options(
        command=given["command"] or "window",
        home=given["home"],
        demo=given["demo"],
        vault=given["vault"],
        vault_password_fd=given["vault_password_fd"],
        replay=tuple(given.get("recording") or given["replay"] or ()),
        replay_from=given["replay_from"],
        speed=given["speed"],
        instrument_names=tuple(given["instrument"] or ()),
        screenshot=given["screenshot"],
        after_s=given["after"],
        size=given["size"],
        theme=given["theme"],
        as_json=given.get("json", False),
        export_what=given.get("what", ""),
        account=given.get("account"),
        out=given.get("out"),
        broker=given.get("broker", ""),
        port=given.get("port", 0),
        seed=given.get("seed"),
        tls=given.get("tls", False),
    )


def _parser() -> argparse.ArgumentParser:
    from terminal_app import __version__

    parser = _Parser(
        prog="bhav", description="Bhav, a desktop trading terminal for the Indian markets.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"Bhav {__version__}")
    _add_common(parser, defaults=True)
    parser.add_argument(
        "--replay",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="paper prices come from recorded bars or ticks (csv, csv.gz)",
    )
    parser.add_argument(
        "--demo", action="store_true", help="one simulated account per broker, in a home that is removed at the end"
    )
    parser.add_argument("--from", dest="replay_from", type=_time, metavar="HH:MM", help="where the recording begins")
    parser.add_argument(
        "--speed", type=_speed, default=1.0, metavar="N", help="how fast the recording plays; 0: as fast as it can"
    )
    parser.add_argument(
        "--instrument",
        action="append",
        type=_instrument,
        metavar="TOKEN=ID",
        help="name an instrument that a recording does not name",
    )
    parser.add_argument("--screenshot", type=Path, metavar="FILE", help="save the window as a PNG picture and exit")
    parser.add_argument(
        "--after",
        type=_seconds,
        default=3.0,
        metavar="SECONDS",
        help="how long after the first paint the picture is taken",
    )
    parser.add_argument("--size", type=_size, metavar="WxH", help="size of the window")
    parser.add_argument("--theme", choices=("dark", "light"), help="for this start only")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    doctor = commands.add_parser("doctor", help="what works on this computer and what does not")
    doctor.add_argument("--json", action="store_true")
    _add_common(doctor, defaults=False)
    export = commands.add_parser("export", help="data out as CSV, without the window")
    export.add_argument("what", choices=EXPORTS)
    export.add_argument("--account", metavar="ID")
    export.add_argument("--out", type=Path, metavar="FILE")
    _add_common(export, defaults=False)
    selftest = commands.add_parser(
        "selftest", help="prove that this installation paints, trades on paper and opens a web page"
    )
    selftest.add_argument("--json", action="store_true")
    _add_common(selftest, defaults=False)
    _add_simulate(commands)
    return parser


def _add_simulate(commands: argparse._SubParsersAction[_Parser]) -> None:
    simulate = commands.add_parser(
        "simulate", help="serve a broker's interface over a simulated market, on this computer"
    )
    simulate.add_argument("broker", choices=SIMULATED, metavar="BROKER", help=" or ".join(SIMULATED))
    simulate.add_argument("--port", type=_port, default=0, metavar="N", help="0, the default, picks a free one")
    simulate.add_argument("--seed", type=int, metavar="S", help="another practice market than the usual one")
    simulate.add_argument(
        "--replay",
        nargs="+",
        type=Path,
        dest="recording",
        metavar="FILE",
        help="prices come from recorded bars or ticks",
    )
    simulate.add_argument("--tls", action="store_true", help="speak https and wss with a test certificate")


def _add_common(parser: argparse.ArgumentParser, *, defaults: bool) -> None:
    """Options that may stand before or behind the command; only the main parser sets their defaults."""
    unset = None if defaults else argparse.SUPPRESS
    parser.add_argument("--home", type=Path, metavar="DIR", default=unset, help="keep all state under this folder")
    parser.add_argument(
        "--vault",
        choices=("keyring", "file", "memory"),
        default="keyring" if defaults else argparse.SUPPRESS,
        help="where secrets are kept",
    )
    parser.add_argument(
        "--vault-password-fd",
        type=int,
        metavar="N",
        default=unset,
        help="descriptor to read the vault's master password from",
    )


def _time(text: str) -> time:
    from datetime import time

    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"“{text}” is not a time such as 10:30")
    return time(int(match[1]), int(match[2]))


def _speed(text: str) -> float:
    number = _number(text)
    if not 0 <= number <= 10000:
        raise argparse.ArgumentTypeError("the speed must be from 0 to 10000")
    return number


def _seconds(text: str) -> float:
    number = _number(text)
    if not 0 <= number <= 3600:
        raise argparse.ArgumentTypeError("the time must be from 0 to 3600 seconds")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is not a number") from None


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{3,5})x(\d{3,5})", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"“{text}” is not a size such as 1440x900")
    return int(match[1]), int(match[2])


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"“{text}” is not a port from 0 to 65535")
    return int(text)


def _instrument(text: str) -> tuple[str, str]:
    token, separator, name = text.partition("=")
    if not separator or not token or not name:
        raise argparse.ArgumentTypeError(f"“{text}” must read TOKEN=ID, for instance 256265=NSE:NIFTY 50:INDEX")
    return token, name
