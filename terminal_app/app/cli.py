"""The command line: choose what to run, tell errors in one sentence, set the exit status."""

from __future__ import annotations

import sys
from pathlib import Path

from terminal_app.app.options import Options, parse
from terminal_app.app.paths import Paths
from terminal_app.domain.errors import BhavError

EXIT_OK = 0
EXIT_UNUSABLE = 1
EXIT_BAD_CALL = 2


def run(arguments: list[str]) -> int:
    """Run one call; the exit status: 0 done, 1 unusable, 2 the call or the place is wrong."""
    try:
        options = parse(arguments)
        return _COMMANDS[options.command](options)
    except BhavError as error:
        print(f"bhav: {error.message}", file=sys.stderr)
        return EXIT_BAD_CALL


def paths_of(options: Options) -> Paths:
    """The folders of this call, made and writable. Raises ConfigError."""
    paths = Paths.under(options.home.expanduser().absolute()) if options.home is not None else Paths.of_user()
    paths.prepare()
    return paths


def _window(options: Options) -> int:
    from terminal_app.app.start import run_window

    if options.demo and options.home is None:
        return _in_passing(options)
    return run_window(options, paths_of(options))


def _in_passing(options: Options) -> int:
    """The window in a home that is gone afterwards."""
    import tempfile

    from terminal_app.app.start import run_window

    with tempfile.TemporaryDirectory(prefix="bhav-demo-") as home:
        return run_window(options, paths_of(options._replace(home=Path(home))))


def _doctor(options: Options) -> int:
    from terminal_app.app.doctor import run_doctor

    return run_doctor(options)


def _export(options: Options) -> int:
    from terminal_app.app.export import run_export

    return run_export(options, paths_of(options))


def _selftest(options: Options) -> int:
    from terminal_app.app.selftest import run_selftest

    return run_selftest(options)


def _simulate(options: Options) -> int:
    from terminal_app.app.simulate import run_simulate

    return run_simulate(options)


_COMMANDS = {
    "window": _window,
    "doctor": _doctor,
    "export": _export,
    "selftest": _selftest,
    "simulate": _simulate,
}
