"""Entry point of ``python -m terminal_app``, of the ``bhav`` command and of the packaged program."""

from __future__ import annotations

import gc
import sys


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit status."""
    gc.disable()  # imports make no garbage worth looking for
    from terminal_app.app.cli import run

    gc.enable()
    return run(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
