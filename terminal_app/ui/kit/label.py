"""Text in one of the type steps and one of the colours, and rows of a label left with its value right."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SPACE, theme

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Label(QLabel, ThemedMixin):
    """Plain text; `step` is a type step, `tone` a colour name. Rich text only where `rich` says so."""

    def __init__(
        self,
        text: str = "",
        step: str = "body",
        tone: str = "text.1",
        *,
        rich: bool = False,
        mono: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        # Broker texts are shown as they are: nothing in them may become a link or a picture.
        self.setTextFormat(Qt.TextFormat.RichText if rich else Qt.TextFormat.PlainText)
        self._step, self._tone, self._mono = step, tone, mono
        self.follow_theme()

    @property
    def tone(self) -> str:
        """The colour's name."""
        return self._tone

    def set_tone(self, tone: str) -> None:
        """Change the colour."""
        if tone != self._tone:
            self._tone = tone
            self.restyle()

    def set_step(self, step: str) -> None:
        """Change the type step."""
        if step != self._step:
            self._step = step
            self.restyle()

    def show_text(self, text: str, tone: str | None = None) -> None:
        """Change text and colour, repainting only what differs."""
        if text != self.text():
            self.setText(text)
        if tone is not None:
            self.set_tone(tone)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # When a parent moves into another window, the style sheet puts back the palette that it saw at the first polish.
        if event.type() == QEvent.Type.PaletteChange and getattr(self, "_is_dressed", False):
            now = self.palette().color(QPalette.ColorGroup.Active, QPalette.ColorRole.WindowText)
            if now != theme().color(self._tone):
                self.restyle()

    def restyle(self) -> None:
        self._is_dressed = True
        self.setFont(theme().mono(self._step) if self._mono else theme().font(self._step))
        palette = QPalette(self.palette())
        color = theme().color(self._tone)
        # A label inside a button takes the button's text role.
        for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
            palette.setColor(QPalette.ColorGroup.Active, role, color)
            palette.setColor(QPalette.ColorGroup.Inactive, role, color)
            palette.setColor(QPalette.ColorGroup.Disabled, role, theme().color("text.disabled"))
        self.setPalette(palette)


class ValueRow(QWidget):
    """Label left in `text.2`, value right in `text.1`, and a small remark behind the value."""

    def __init__(self, label: str, value: str = "\u2013", note: str = "", *, indent: bool = False) -> None:
        super().__init__()
        step = "small" if indent else "body"
        self.label = Label(label, step, "text.3" if indent else "text.2")
        self.value = Label(value, step, "text.2" if indent else "text.1")
        self.note = Label(note, "small", "text.3")
        self.value.setAlignment(_RIGHT)
        self.note.setAlignment(_RIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.group if indent else 0, 0, 0, 0)
        row.setSpacing(SPACE.tight)
        row.addWidget(self.label)
        row.addStretch(1)
        row.addWidget(self.value)
        row.addWidget(self.note)
        self.note.setVisible(bool(note))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._name()

    def show_value(self, value: str, note: str = "", *, tone: str = "text.1", strong: bool = False) -> None:
        """Change the figure and the remark behind it."""
        self.value.show_text(value, tone)
        self.value.set_step("strong" if strong else "body")
        self.note.show_text(note)
        self.note.setVisible(bool(note))
        self._name()

    def _name(self) -> None:
        self.setAccessibleName(
            " ".join(part for part in (self.label.text(), self.value.text(), self.note.text()) if part)
        )
