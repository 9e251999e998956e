"""A bare PySide6 main window: the least that any window of this kind costs. Prints when its first paint is done."""

from __future__ import annotations

import json
import os
import sys
import time

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow


class Window(QMainWindow):
    """Remembers that it was painted."""

    painted = False

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.painted = True


app = QApplication(sys.argv)
window = Window()
window.resize(1440, 900)
window.show()
while not window.painted:
    app.processEvents()
print(json.dumps({"trace": "window", "epoch_ms": round(time.time() * 1000, 1)}), flush=True)
os._exit(0)  # how it ends is not measured
