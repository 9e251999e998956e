"""Takes the pictures: ``python -m tests.shots [names]``; a name chooses the scenes that have it in theirs, without names all are taken."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "build" / "shots"
SCREEN = {
    "name": "shots",
    "x": 0,
    "y": 0,
    "width": 1600,
    "height": 1000,
    "logicalDpi": 96,
    "logicalBaseDpi": 96,
    "dpr": 1,
}


def main(names: list[str]) -> int:
    """Take them; 1 where a scene fails or a name chooses nothing."""
    with tempfile.TemporaryDirectory(prefix="bhav-screen-") as folder:
        # The usual screen of this platform is smaller than the window, and would push menus and dialogs aside.
        screen = Path(folder) / "screen.json"
        screen.write_text(json.dumps({"screens": [SCREEN]}))
        os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={screen}"
        return _take(names)


def _take(names: list[str]) -> int:
    import qasync

    from terminal_app.app.start import make_application
    from terminal_app.ui.theme import theme
    from tests.shots.acts import ACTS, play

    began = time.monotonic()
    FOLDER.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=FOLDER / "log.txt", filemode="w", format="%(asctime)s %(name)s %(message)s")
    app = make_application()
    theme().set_choice("dark")
    theme().apply(app)
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    taken: list[Path] = []
    failed: list[str] = []
    with loop:
        for act in ACTS:
            pictures, faults = loop.run_until_complete(play(act, names, FOLDER))
            taken += pictures
            failed += faults
    print(f"{len(taken)} pictures in {FOLDER}, {time.monotonic() - began:.0f} s")
    for name in failed:
        print(f"failed: {name}")
    return 1 if failed or not taken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
