"""Small parts that several dialogs share: a scrolled column, a problem beside its field, a row of key caps."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QScrollArea, QVBoxLayout, QWidget

from terminal_app.ui.icons import icon_pixmap
from terminal_app.ui.kit.badges import KeyCap
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SIZE, SPACE, theme


class ScrollColumn(QScrollArea):
    """Scrolls `content` up and down on the dialog's own ground; asks for the content's height up to `most_height`."""

    def __init__(self, name: str, most_height: int) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self._most_height = most_height
        self.content = QWidget()
        self.content.setAutoFillBackground(False)
        self.setWidget(self.content)
        self.content.setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        """The content's own size, as far as there is room."""
        wanted = self.content.sizeHint()
        return QSize(wanted.width(), min(wanted.height(), self._most_height))

    def minimumSizeHint(self) -> QSize:
        """Never higher than the room either."""
        return QSize(0, min(self.content.sizeHint().height(), self._most_height))


class Problem(QWidget, ThemedMixin):
    """What is wrong with the field above it, in one sentence; hidden while nothing is."""

    def __init__(self) -> None:
        super().__init__()
        self._picture = QLabel()
        self._text = Label("", "small", "error")
        self._text.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, SPACE.hair, 0, 0)
        row.setSpacing(SPACE.tight)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        self.hide()
        self.follow_theme()

    @property
    def text(self) -> str:
        """The sentence; empty where nothing is wrong."""
        return self._text.text()

    def show_problem(self, text: str) -> None:
        """Say it; empty takes it away."""
        self._text.setText(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))

    def restyle(self) -> None:
        """Draw the sign in the colours of now."""
        self._picture.setPixmap(icon_pixmap("triangle-alert", theme().px(SIZE.icon_small), "error"))


def key_caps(keys: Sequence[str]) -> QHBoxLayout:
    """Keys as caps side by side at the right, written as the desktop writes them."""
    row = QHBoxLayout()
    row.setSpacing(SPACE.tight)
    row.addStretch(1)
    for key in keys:
        row.addWidget(KeyCap(key_words(key)))
    return row


def key_words(key: str) -> str:
    """`Ctrl+Shift+C` as it is printed on a cap."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) or key


def clear(layout: QLayout) -> None:
    """Take everything out of a layout and let it go."""
    while (item := layout.takeAt(0)) is not None:
        inner = item.layout()
        if inner is not None:
            clear(inner)
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def column(*, spacing: int = 0) -> QVBoxLayout:
    """An upright layout without margins."""
    layout = QVBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    return layout
