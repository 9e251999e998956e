"""The command line: choose what to run, tell errors in one sentence, set the exit status."""

from __future__ import annotations

import sys

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

    return run_window(options, paths_of(options))


def _doctor(options: Options) -> int:
    from terminal_app.app.doctor import run_doctor

    return run_doctor(options)


def _export(options: Options) -> int:
    from terminal_app.app.export import run_export

    return run_export(options, paths_of(options))


def _selftest(options: Options) -> int:
    from terminal_app.app.selftest import run_selftest

    return run_selftest(options)


_COMMANDS = {"window": _window, "doctor": _doctor, "export": _export, "selftest": _selftest}
