"""VeighNa's main window on a main engine without a gateway, as its own examples start it. Prints when it is painted."""

from __future__ import annotations

import json
import os
import time

from vnpy.event import EventEngine  # type: ignore[import-not-found]
from vnpy.trader.engine import MainEngine  # type: ignore[import-not-found]
from vnpy.trader.ui import MainWindow, create_qapp  # type: ignore[import-not-found]

app = create_qapp()
event_engine = EventEngine()
main_engine = MainEngine(event_engine)
window = MainWindow(main_engine, event_engine)
window.resize(1440, 900)
window.show()
app.processEvents()
print(json.dumps({"trace": "window", "epoch_ms": round(time.time() * 1000, 1)}), flush=True)
os._exit(0)  # how it ends is not measured
