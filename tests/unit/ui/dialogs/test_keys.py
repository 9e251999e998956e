"""The cheat sheet shows every key there is, and no key that does nothing."""

from __future__ import annotations

from terminal_app.ui.dialogs.keys import IN_PANELS, KeyGroup, KeysDialog, balance, groups_of
from terminal_app.ui.kit.badges import KeyCap
from tests.helpers.scripted_window import WindowBench


async def test_it_reads_the_registry_and_the_users_keys(bench: WindowBench) -> None:
    groups = {group.title: dict(group.rows) for group in groups_of(bench.window.actions_registry, {"kill": "Ctrl+F12"})}
    assert groups["Trade"]["Kill switch"] == ("Ctrl+F12",)
    assert groups["Trade"]["Buy"] == ("F1",)
    assert "Modify order" not in groups["Trade"], "no panel bound it here"
    assert groups["Account"]["Account 1 to 9"] == ("Ctrl+1", "Ctrl+9")
    assert "In the ticket" in groups


def test_columns_are_about_as_long_as_each_other_and_keep_the_order() -> None:
    groups = [
        KeyGroup(str(count), tuple((str(row), ()) for row in range(count))) for count in (3, 15, 8, 3, 1, 6, 6, 3, 3, 3)
    ]
    for columns in (1, 2, 3, 4):
        shares = balance(groups, columns)
        assert len(shares) <= columns
        assert [group for share in shares for group in share] == groups
    heights = [sum(len(group.rows) + 2 for group in share) for share in balance(groups, 3)]
    assert max(heights) - min(heights) <= 12


async def test_every_cap_is_inside_the_dialog_at_both_sizes(bench: WindowBench) -> None:
    for size in ((1440, 900), (1180, 700)):
        bench.window.resize(*size)
        dialog = KeysDialog(bench.window, bench.window.actions_registry, {})
        dialog.open()
        caps = dialog.findChildren(KeyCap)
        assert len(caps) > 50
        right = dialog.rect().right()
        assert all(cap.mapTo(dialog, cap.rect().topRight()).x() < right for cap in caps)
        assert dialog.height() <= bench.window.height()
        dialog.reject()
        dialog.deleteLater()


def test_keys_of_panels_name_no_action_twice() -> None:
    for group in IN_PANELS:
        words = [text for text, _ in group.rows]
        assert len(words) == len(set(words))
