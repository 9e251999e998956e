"""Who may import whom: the layers hold in every file of the package."""

from __future__ import annotations

import ast

import pytest

from tests.helpers.layers import LAYERS, violations
from tests.helpers.source_tree import PACKAGE, module_name, package_sources, tree_of


def test_no_file_breaks_the_import_rule() -> None:
    found = [
        reason
        for path in package_sources()
        for reason in violations(module_name(path), tree_of(path), is_package=path.name == "__init__.py")
    ]
    assert found == []


def test_every_folder_of_the_package_is_a_layer() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= LAYERS


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("domain.order", "import terminal_app.storage"),
        ("domain.order", "import httpx"),
        ("domain.order", "from ..brokers import base"),
        ("storage.tables", "from terminal_app.trading import desk"),
        ("vault.file", "from terminal_app import storage"),
        ("simulator.exchange", "from terminal_app.brokers.base import Broker"),
        ("brokers.zerodha.feed", "from terminal_app.brokers.upstox import parsing"),
        ("brokers.zerodha.feed", "from terminal_app.brokers import upstox"),
        ("brokers.zerodha.feed", "from ..upstox.parsing import quote"),
        ("brokers.zerodha.auth", "from terminal_app.vault import store"),
        ("brokers.zerodha.feed", "from terminal_app.simulator.exchange import Exchange"),
        ("brokers.base", "import terminal_app.brokers.paper"),
        ("brokers.http", "from terminal_app.brokers.registry import open_broker"),
        ("marketdata.board", "from terminal_app.brokers.registry import open_broker"),
        ("marketdata.board", "import terminal_app.trading.desk"),
        ("trading.desk", "from terminal_app.storage.orders import Orders"),
        ("trading.desk", "from terminal_app.brokers.http import Client"),
        ("services.orders", "from terminal_app.storage import orders"),
        ("services.orders", "from terminal_app.ui.bridge import Bridge"),
        ("services.orders", "from PySide6.QtCore import QObject"),
        ("services.orders", "if TYPE_CHECKING:\n    from PySide6.QtCore import QObject"),
        ("ui.panels.orders.panel", "from terminal_app.trading.desk import OrderDesk"),
        ("ui.panels.orders.panel", "def f():\n    import terminal_app.storage.tables"),
        ("ui.main_window", "from terminal_app.app import container"),
        ("services.orders", "importlib.import_module('terminal_app.app.container')"),
        ("services.orders", "import_module(f'terminal_app.ui.{name}')"),
        ("", "from terminal_app.app import main"),
    ],
)
def test_a_forbidden_import_is_found(module: str, source: str) -> None:
    assert violations(f"terminal_app.{module}".rstrip("."), ast.parse(source), is_package=not module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("domain.bars", "import numpy as np\nfrom terminal_app.domain.values import Price"),
        ("brokers.paper.execution", "from terminal_app.simulator.exchange import Exchange"),
        ("brokers.zerodha.feed", "from terminal_app.brokers.zerodha.parsing import quote\nfrom ..base import Feed"),
        ("brokers.registry", "importlib.import_module(f'terminal_app.brokers.{name}')"),
        (
            "services.sessions",
            "from terminal_app.brokers.registry import open_broker\nfrom terminal_app.brokers import base",
        ),
        ("ui.bridge", "from PySide6.QtCore import QObject\nfrom terminal_app.services import orders"),
        ("app.container", "import terminal_app.storage, terminal_app.ui, terminal_app.vault"),
        ("__main__", "from terminal_app.app.command_line import main"),
        ("ui.about", "from terminal_app import __version__"),
    ],
)
def test_an_allowed_import_passes(module: str, source: str) -> None:
    assert violations(f"terminal_app.{module}", ast.parse(source)) == []
