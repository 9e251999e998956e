"""The project's own files, as the rules about the tree read them."""

from __future__ import annotations

import ast
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.helpers.folders import REPOSITORY

PACKAGE = REPOSITORY / "terminal_app"
_NOT_OURS = {
    ".git",
    ".venv",
    ".venv-peer",
    ".venv-sdk",
    ".tools",
    "build",
    "dist",
    "__pycache__",
    ".hypothesis",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
}


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is tracked or about to be; without git, every file outside the folders of tools."""
    if (REPOSITORY / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=REPOSITORY,
            capture_output=True,
            check=False,
        )
        if listed.returncode == 0:
            names = sorted({name for name in listed.stdout.decode().split("\0") if name})
            return tuple(path for path in (REPOSITORY / name for name in names) if path.is_file())
    return tuple(
        path
        for path in sorted(REPOSITORY.rglob("*"))
        if path.is_file() and not _NOT_OURS & set(path.relative_to(REPOSITORY).parts)
    )


def package_sources() -> tuple[Path, ...]:
    """The Python files of ``terminal_app``."""
    return tuple(sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts))


def module_name(path: Path) -> str:
    """The dotted name of a source file of the package."""
    parts = list(path.relative_to(REPOSITORY).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def shown(path: Path) -> str:
    """A path as messages show it."""
    return path.relative_to(REPOSITORY).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a source file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))
