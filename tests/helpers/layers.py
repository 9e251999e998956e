"""The import rule of the layers, and a reader that finds where source breaks it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

ROOT = "terminal_app"
BROKER_TOOLS = frozenset(
    {"opening", "strict", "base", "dial", "http", "network", "ratelimit", "socket", "text", "trust"}
)
QT = frozenset({"PySide6", "shiboken6", "qasync", "pyqtgraph"})
QT_LAYERS = frozenset({"ui", "app"})

# What a layer may import beside itself; "brokers.x" names one module of brokers only.
ALLOWED: dict[str, frozenset[str]] = {
    "domain": frozenset(),
    "vault": frozenset({"domain"}),
    "storage": frozenset({"domain"}),
    "simulator": frozenset({"domain"}),
    "marketdata": frozenset({"domain", "brokers.base"}),
    "trading": frozenset({"domain", "brokers.base"}),
    "services": frozenset({"domain", "brokers.base", "brokers.registry", "marketdata", "trading"}),
    "ui": frozenset({"domain", "services"}),
}
LAYERS = frozenset(ALLOWED) | {"brokers", "app"}


def violations(module: str, tree: ast.Module, *, is_package: bool = False) -> list[str]:
    """The imports of ``module`` that the rule forbids, one sentence each. Imports for type checkers count too."""
    return sorted({reason for name in _imports(module, tree, is_package) if (reason := _judge(module, name))})


def _imports(module: str, tree: ast.Module, is_package: bool) -> Iterator[str]:
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            # "from terminal_app.brokers import registry" names a module as much as the long form does.
            wide = prefix in {ROOT, f"{ROOT}.brokers"}
            yield from ((f"{prefix}.{alias.name}" for alias in node.names) if wide else (prefix,))
        elif isinstance(node, ast.Call) and _is_import_call(node.func):
            yield from (part for argument in node.args if (part := _leading_text(argument)))


def _is_import_call(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"import_module", "__import__", "lazy_import"}


def _leading_text(argument: ast.expr) -> str:
    first = argument.values[0] if isinstance(argument, ast.JoinedStr) and argument.values else argument
    is_text = isinstance(first, ast.Constant) and isinstance(first.value, str)
    return str(first.value).rstrip(".") if is_text and isinstance(first, ast.Constant) else ""


def _judge(module: str, name: str) -> str | None:
    own = module.split(".")[1:]
    layer = own[0] if own else ""
    target = name.split(".")
    if target[0] == ROOT:
        return None if _may_import(own, target[1:]) else f"{module} may not import {name}"
    if target[0] in QT and layer not in QT_LAYERS:
        return f"{module} imports {name}, but Qt belongs to ui and app"
    if layer == "domain" and target[0] not in sys.stdlib_module_names | {"numpy", "msgspec"}:
        return f"{module} imports {name}, but domain knows the standard library, numpy and msgspec only"
    return None


def _may_import(own: list[str], target: list[str]) -> bool:
    if not target or target[0] not in LAYERS:
        return True  # names that the package itself defines, such as its version
    layer = own[0] if own else ""
    if layer == "app" or own == ["__main__"]:
        return True
    if layer == "brokers":
        return _broker_may_import(own[1:], target)
    if layer not in ALLOWED:
        return False  # the package's own file imports no layer
    return target[0] == layer or any(target[: rule.count(".") + 1] == rule.split(".") for rule in ALLOWED[layer])


def _broker_may_import(own: list[str], target: list[str]) -> bool:
    if target[0] == "domain":
        return True
    if target[0] == "simulator":
        return own[:1] == ["paper"]
    if target[0] != "brokers":
        return False
    if len(target) == 1 or target[1] in BROKER_TOOLS or own[:1] == ["registry"]:
        return True
    return target[1] == (own[0] if own else "")
