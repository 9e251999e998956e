"""Rules about the tree itself: sizes, colours, nested loops, the one gate to a broker, no trace of a machine."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.folders import REPOSITORY
from tests.helpers.source_tree import PACKAGE, package_sources, project_files, shown, tree_of

UI_LIMIT_LINES = 400
LIMIT_LINES = 800

HEX_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b")
# Classes of one letter keep this file inside the rules that it checks.
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b")
HOSTS = r"(?:pyp[i]|pythonhost[e]d|npm[j]s)\.(?:org|com)|deb\.deb[i]an"
PATHS = r"(?<![.\w])/(?:work|farm|root|home/\w+)/|/opt/pyp[i]"
MACHINE = re.compile(f"{HOSTS}|{PATHS}")


def nested_loops(tree: ast.Module) -> list[int]:
    """Lines that call ``.exec()``: a nested Qt loop, which breaks qasync. A drag has no other way."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"exec", "exec_"}
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id == "drag")
    ]


def colours(tree: ast.Module) -> list[int]:
    """Lines with a hex colour in a text, docstrings aside."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
        and HEX_COLOUR.search(node.value)
    ]


def uses_of_execution(tree: ast.Module) -> list[int]:
    """Lines that read an attribute called ``execution``, by a dot or by ``getattr``."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr == "execution")
        or (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", "") == "getattr"
            and any(isinstance(argument, ast.Constant) and argument.value == "execution" for argument in node.args)
        )
    ]


def outside(*folders: str) -> Iterator[Path]:
    return (
        path for path in package_sources() if not any(PACKAGE / folder in [path, *path.parents] for folder in folders)
    )


def text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None  # a picture or another file without text


def test_no_file_outgrows_its_limit() -> None:
    grown = []
    for path in project_files():
        if path.suffix != ".py":
            continue
        lines = len(path.read_text(encoding="utf-8").splitlines())
        limit = UI_LIMIT_LINES if PACKAGE / "ui" in path.parents else LIMIT_LINES
        if lines > limit:
            grown.append(f"{shown(path)}: {lines} lines, limit {limit}")
    assert grown == []


def test_every_source_file_begins_with_its_subject() -> None:
    silent = [shown(path) for path in project_files() if path.suffix == ".py" and not ast.get_docstring(tree_of(path))]
    assert silent == []


def test_colours_come_from_the_theme() -> None:
    assert [f"{shown(path)}:{line}" for path in outside("ui/theme") for line in colours(tree_of(path))] == []


def test_no_dialog_nests_a_loop() -> None:
    assert [f"{shown(path)}:{line}" for path in package_sources() for line in nested_loops(tree_of(path))] == []


def test_only_the_desk_reaches_a_brokers_execution() -> None:
    others = outside("brokers", "simulator", "trading/desk.py")
    assert [f"{shown(path)}:{line}" for path in others for line in uses_of_execution(tree_of(path))] == []


def test_nothing_is_marked_unfinished() -> None:
    marked = [
        f"{shown(path)}: {found.group()}"
        for path in project_files()
        if path.suffix in {".py", ".sh", ".md", ".toml", ".spec"} and (found := UNFINISHED.search(text_of(path) or ""))
    ]
    assert marked == []


def test_nothing_names_a_machine_or_a_registry_host() -> None:
    named = [
        f"{shown(path)}: {found.group()}" for path in project_files() if (found := MACHINE.search(text_of(path) or ""))
    ]
    assert named == []


def test_the_lock_pins_every_package_by_hash_and_every_dependency_is_in_it() -> None:
    lock = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    entries = re.findall(
        r"^([a-z0-9][a-z0-9._-]*)==[^\n]*\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)*)", lock, re.MULTILINE
    )
    assert len(entries) > 20
    assert [name for name, hashes in entries if not hashes] == []
    assert "://" not in lock
    declared = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*declared["project"]["dependencies"], *declared["dependency-groups"]["dev"]]
    names = {re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0].lower().replace("_", "-") for line in wanted}
    assert names - {name for name, _ in entries} == set()


@pytest.mark.parametrize("source", ["dialog.exec()", "QMenu(self).exec(point)", "app.exec_()"])
def test_a_nested_loop_is_found(source: str) -> None:
    assert nested_loops(ast.parse(source)) == [1]


@pytest.mark.parametrize(
    "source", ["desk._broker.execution.place(order)", "getattr(broker, 'execution')", "x = session.execution"]
)
def test_a_use_of_execution_is_found(source: str) -> None:
    assert uses_of_execution(ast.parse(source)) == [1]


def test_a_hex_colour_is_found_but_not_in_a_docstring() -> None:
    assert colours(ast.parse('"""Like #ffffff."""\nc = "#12a"\nd = f"color: #00ff0080; {x}"\ne = "order #1"')) == [2, 3]


@pytest.mark.parametrize(
    ("frame", "word"),
    [
        ("see /{}/main/x", "work"),
        ("python3 /{}/x/y", "root"),
        ("files.{}.org", "pythonhosted"),
        ("get {}.org/simple", "pypi"),
    ],
)
def test_a_machines_path_or_host_is_found(frame: str, word: str) -> None:
    assert MACHINE.search(frame.format(word))


@pytest.mark.parametrize("text", ["network/main", "../shared/work", "framework/x", "a.home/x"])
def test_an_ordinary_path_is_left_alone(text: str) -> None:
    assert not MACHINE.search(text)
