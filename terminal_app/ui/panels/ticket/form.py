"""The ticket's controls: two rows of choices, three number fields, and what is wrong with them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from terminal_app.domain.enums import Side
from terminal_app.ui import formats
from terminal_app.ui.icons import icon_pixmap
from terminal_app.ui.kit.buttons import Button
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.number_field import NumberField
from terminal_app.ui.kit.segments import Segments
from terminal_app.ui.kit.styled import ThemedMixin, quietly
from terminal_app.ui.panels.ticket.model import (
    LIMIT,
    PROTECTION,
    QUANTITY,
    TRIGGER,
    ChoiceView,
    FieldProblem,
    FieldView,
    TicketView,
)
from terminal_app.ui.panels.ticket.words import NEUTRAL_PRODUCTS, SIDES, TYPE_WORDS, VALIDITY_WORDS
from terminal_app.ui.theme import SIZE, SPACE, theme

_LONGEST_TEXT = 24
_FIELD_PADDING = 14
"""What the style sheet and the line edit itself keep free at both ends, in pixels."""
_FIT_STEPS = ("input", "body", "small", "micro")
_MOST_PROBLEMS = 2


class ChoiceRow(Segments):
    """Segments that are rebuilt only when what can be chosen changes."""

    def __init__(
        self, name: str, choices: tuple[tuple[str, str], ...], parent: QWidget, tones: dict[str, str] | None = None
    ) -> None:
        super().__init__(name, choices, tones=tones, parent=parent)
        self._shown = choices

    def show_view(self, view: ChoiceView) -> None:
        """Show the choices and the chosen one."""
        if view.choices != self._shown:
            had_focus = any(button.hasFocus() for button in self.findChildren(QAbstractButton))
            self._shown = view.choices
            self.set_choices(view.choices)
            if had_focus:
                self.setFocus()
        if self.key() != view.chosen:
            self.set_chosen(view.chosen)
        if self.isEnabled() != view.enabled:
            self.setEnabled(view.enabled)


class FieldBox(QWidget):
    """A number field under its label, with a remark at the label's right end."""

    edited = Signal(str)

    def __init__(self, name: str, parent: QWidget, suffix: str = "") -> None:
        super().__init__(parent)
        self.label = Label(name, "small", "text.3", parent=self)
        self.remark = Label("", "small", "text.3", parent=self)
        self._places = 0
        self.field = NumberField(name, suffix=suffix, parent=self)
        self.field.setMaxLength(_LONGEST_TEXT)
        self.field.setMinimumWidth(theme().px(64))
        self.field.textChanged.connect(self.edited)
        self.field.textChanged.connect(self._fit)
        line = QHBoxLayout()
        line.setSpacing(SPACE.tight)
        line.addWidget(self.label)
        line.addStretch(1)
        line.addWidget(self.remark)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.hair)
        column.addLayout(line)
        column.addWidget(self.field)
        self.label.setBuddy(self.field)

    def show_view(self, view: FieldView) -> None:
        """Show it. Text that is being typed is left as it is typed."""
        self.label.show_text(view.label)
        self.remark.show_text(view.remark)
        field = self.field
        if field.isEnabled() != view.enabled:
            field.setEnabled(view.enabled)
        field.set_step(view.step, view.places)
        self._places = view.places
        if view.placeholder != field.placeholderText():
            field.setPlaceholderText(view.placeholder)
        if field.accessibleName() != view.label:
            field.setAccessibleName(view.label)
        if not _same(field.text(), view.text):
            with quietly(field):
                field.setText(view.text)
            if field.hasFocus():
                field.selectAll()
        field.set_problem(view.problem)
        field.setToolTip(view.problem)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """A figure that is too long for the field is written smaller, never cut."""
        room = self.field.width() - theme().px(SIZE.stepper) - _FIELD_PADDING
        value = self.field.value()
        # Leaving the field groups the digits, and that must fit too.
        texts = (self.field.text(), "" if value is None else formats.number(value, self._places))
        for step in _FIT_STEPS:
            font = theme().font(step)
            if max(map(QFontMetrics(font).horizontalAdvance, texts)) <= room or step == _FIT_STEPS[-1]:
                if font != self.field.font():
                    self.field.setFont(font)
                return


class ProblemLine(QWidget, ThemedMixin):
    """Icon, words, and what would do, to click."""

    fixed = Signal(str, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._picture = QLabel(self)
        self._picture.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._text = Label("", "small", "error", parent=self)
        self._text.setWordWrap(True)
        self._fixes = QHBoxLayout()
        self._fixes.setSpacing(SPACE.tight)
        self._buttons: list[QWidget] = []
        self._shown: FieldProblem | None = None
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._text)
        words.addLayout(self._fixes)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.form_gap)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.hide()
        self.follow_theme()

    def show_problem(self, problem: FieldProblem | None) -> None:
        """Show one, or nothing."""
        if problem == self._shown:
            return
        self._shown = problem
        self.setVisible(problem is not None)
        while self._fixes.count():
            self._fixes.takeAt(0)
        for button in self._buttons:
            button.hide()
            button.deleteLater()
        self._buttons = []
        if problem is None:
            return
        self._text.show_text(problem.message)
        self.setAccessibleName(problem.message)
        self._offer(problem)

    def restyle(self) -> None:
        self._picture.setPixmap(icon_pixmap("triangle-alert", theme().px(SIZE.icon_small), "error"))

    def _offer(self, problem: FieldProblem) -> None:
        if not problem.fixes:
            return
        is_number = problem.field in (QUANTITY, LIMIT, TRIGGER, PROTECTION)
        self._add(Label("Nearest:" if is_number and len(problem.fixes) > 1 else "Use", "small", "error"))
        for place, (label, value) in enumerate(problem.fixes):
            if place:
                self._add(Label("or", "small", "error"))
            button = Button(label, "link")
            button.setFont(theme().font("small"))
            button.setAccessibleName(f"Use {label}")
            button.clicked.connect(lambda _=False, value=value: self.fixed.emit(problem.field, value))
            self._add(button)
        self._fixes.addStretch(1)

    def _add(self, widget: QWidget) -> None:
        self._fixes.addWidget(widget)
        self._buttons.append(widget)


class TicketForm(QWidget):
    """Says what the user did; it decides nothing."""

    side_chosen = Signal(str)
    product_chosen = Signal(str)
    order_type_chosen = Signal(str)
    validity_chosen = Signal(str)
    text_edited = Signal(str, str)
    """Field name and text as typed."""
    fixed = Signal(str, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.side = ChoiceRow("Side", SIDES, self, {Side.BUY.value: "buy", Side.SELL.value: "sell"})
        self.product = ChoiceRow("Product", NEUTRAL_PRODUCTS, self)
        self.order_type = ChoiceRow("Order type", tuple((kind.value, text) for kind, text in TYPE_WORDS.items()), self)
        self.validity = ChoiceRow("Validity", tuple((kind.value, text) for kind, text in VALIDITY_WORDS.items()), self)
        self.quantity, self.price = FieldBox("Quantity", self), FieldBox("Price", self)
        self.stop_protection = FieldBox("Protection", self, " %")
        self.trigger, self.protection = FieldBox("Trigger", self), FieldBox("Protection", self, " %")
        self._second, self._third = QStackedLayout(), QStackedLayout()
        self._problems = [ProblemLine(self) for _ in range(_MOST_PROBLEMS)]
        self._lay_out()
        self._connect()

    def show_view(self, view: TicketView) -> None:
        """Show it."""
        self.side.show_view(view.side)
        self.product.show_view(view.product)
        self.order_type.show_view(view.order_type)
        self.validity.show_view(view.validity)
        self._second.setCurrentWidget(self.stop_protection if view.second == "protection" else self.price)
        self._third.setCurrentWidget(self.protection if view.third == "protection" else self.trigger)
        self.quantity.show_view(view.quantity)
        self.price.show_view(view.price)
        self.trigger.show_view(view.trigger)
        self.stop_protection.show_view(view.protection)
        self.protection.show_view(view.protection)
        for place, line in enumerate(self._problems):
            line.show_problem(view.problems[place] if place < len(view.problems) else None)

    def focus_price(self) -> None:
        """Put the focus where the typing begins: the price, else what stands for it, else the quantity."""
        for box in (self.price, self._third.currentWidget(), self.quantity):
            if isinstance(box, FieldBox) and box.field.isEnabled() and box.isVisibleTo(self):
                box.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
                box.field.selectAll()
                return

    def _lay_out(self) -> None:
        self._second.addWidget(self.price)
        self._second.addWidget(self.stop_protection)
        self._third.addWidget(self.trigger)
        self._third.addWidget(self.protection)
        first, second = QHBoxLayout(), QHBoxLayout()
        for line in (first, second):
            line.setSpacing(SPACE.form_gap)
        first.addWidget(self.side, 1)
        first.addWidget(self.product, 1)
        second.addWidget(self.order_type, 17)
        second.addWidget(self.validity, 8)
        fields = QHBoxLayout()
        fields.setSpacing(SPACE.form_gap)
        fields.addWidget(self.quantity, 6)
        fields.addLayout(self._second, 8)
        fields.addLayout(self._third, 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.form_gap)
        column.addLayout(first)
        column.addLayout(second)
        column.addLayout(fields)
        for problem in self._problems:
            column.addWidget(problem)

    def _connect(self) -> None:
        self.side.chosen.connect(self.side_chosen)
        self.product.chosen.connect(self.product_chosen)
        self.order_type.chosen.connect(self.order_type_chosen)
        self.validity.chosen.connect(self.validity_chosen)
        for name, box in (
            (QUANTITY, self.quantity),
            (LIMIT, self.price),
            (TRIGGER, self.trigger),
            (PROTECTION, self.stop_protection),
            (PROTECTION, self.protection),
        ):
            box.edited.connect(lambda text, name=name: self.text_edited.emit(name, text))
        for line in self._problems:
            line.fixed.connect(self.fixed)


def _same(shown: str, wanted: str) -> bool:
    """Whether two texts mean the same, so that what is being typed need not be touched."""
    if shown == wanted:
        return True
    try:
        return formats.parse_number(shown) == formats.parse_number(wanted)
    except ValueError:
        return False
