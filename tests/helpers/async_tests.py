"""Plain ``async def`` tests and fixtures on one qasync loop, which must be empty again when a test ends.

The loop lives as long as the QApplication does, for the whole session: qasync owns a timer object and notifiers that
are costly and fragile to make anew.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Any

import pytest
import qasync
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication

from tests.helpers.counts import proving

LIMIT_S = 900.0 if proving() else 30.0
GRACE_S = 1.0

_loops: list[asyncio.AbstractEventLoop] = []
_of_wide_fixtures: set[asyncio.Task[Any]] = set()


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    """WebEngine wants shared GL contexts, and they must be asked for before the QApplication exists."""
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    return ["bhav-tests"]


@pytest.fixture(scope="session")
def loop(qapp: QApplication) -> Iterator[asyncio.AbstractEventLoop]:
    """The session's qasync loop."""
    qapp.setQuitOnLastWindowClosed(False)  # else closing a window stops the loop under a waiting test
    event_loop: asyncio.AbstractEventLoop = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(event_loop)
    _loops.append(event_loop)
    yield event_loop
    # The last test's teardown ends here, too late for the hook below.
    left = _end_tasks(event_loop, set())
    _loops.remove(event_loop)
    event_loop.run_until_complete(event_loop.shutdown_asyncgens())
    event_loop.run_until_complete(event_loop.shutdown_default_executor())
    event_loop.close()
    asyncio.set_event_loop(None)
    _fail_for(left)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if (
            isinstance(item, pytest.Function)
            and inspect.iscoroutinefunction(item.obj)
            and "loop" not in item.fixturenames
        ):
            item.fixturenames.insert(0, "loop")


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> None:
    """Let fixtures be coroutines and asynchronous generators; their steps run on the session's loop."""
    original = fixturedef.func
    if inspect.isasyncgenfunction(original):
        event_loop = request.getfixturevalue("loop")
        fixturedef.func = _generator_on(event_loop, original, is_wide=fixturedef.scope != "function")  # type: ignore[misc]
    elif inspect.iscoroutinefunction(original):
        event_loop = request.getfixturevalue("loop")
        fixturedef.func = _call_on(event_loop, original)  # type: ignore[misc]


def _generator_on(
    event_loop: asyncio.AbstractEventLoop, original: Callable[..., AsyncIterator[Any]], *, is_wide: bool
) -> Callable[..., Generator[Any]]:
    @functools.wraps(original)
    def steps(**kwargs: Any) -> Generator[Any]:
        source = original(**kwargs)
        before = asyncio.all_tasks(event_loop)
        value = event_loop.run_until_complete(_limited(anext(source)))
        if is_wide:
            _of_wide_fixtures.update(asyncio.all_tasks(event_loop) - before)
        yield value
        end = object()
        if event_loop.run_until_complete(_limited(anext(source, end))) is not end:
            pytest.fail(f"fixture {original.__name__} yields more than once")

    # wraps() leaves a mark that makes inspect see the asynchronous original.
    del steps.__wrapped__
    return steps


def _call_on(event_loop: asyncio.AbstractEventLoop, original: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    def call(**kwargs: Any) -> Any:
        return event_loop.run_until_complete(_limited(original(**kwargs)))

    return call


async def _limited(step: Awaitable[Any]) -> Any:
    async with asyncio.timeout(LIMIT_S):
        return await step


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    event_loop: Any = pyfuncitem.funcargs["loop"]
    kwargs = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    from_fixtures = asyncio.all_tasks(event_loop)
    problems: list[str] = []

    def note(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        problems.append(f"{context.get('message')}: {context.get('exception')!r}")

    event_loop.set_exception_handler(note)
    try:
        event_loop.run_until_complete(_limited(pyfuncitem.obj(**kwargs)))
    finally:
        left = _end_tasks(event_loop, from_fixtures)
        event_loop.set_exception_handler(None)
    if left:
        pytest.fail("tasks left running: " + ", ".join(left))
    if problems:
        pytest.fail("unhandled in the loop: " + "; ".join(problems))
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None]:
    """Once a test's fixtures are gone, only tasks of fixtures with a wider scope may be on the loop."""
    yield
    _fail_for([name for event_loop in _loops for name in _end_tasks(event_loop, _of_wide_fixtures)])


def _fail_for(left: list[str]) -> None:
    if left:
        pytest.fail("tasks left running by a fixture: " + ", ".join(left))


def _end_tasks(event_loop: asyncio.AbstractEventLoop, spared: set[asyncio.Task[Any]]) -> list[str]:
    """Give tasks that are about to end a moment, cancel the others; return the names of the others."""
    stray = asyncio.all_tasks(event_loop) - spared
    if not stray:
        return []
    _, stray = event_loop.run_until_complete(asyncio.wait(stray, timeout=GRACE_S))
    for task in stray:
        task.cancel()
    if stray:
        event_loop.run_until_complete(asyncio.wait(stray, timeout=GRACE_S))
    return sorted(task.get_name() for task in stray)


def signal_future(signal: Any, *, timeout_s: float = 5.0) -> Awaitable[tuple[Any, ...]]:
    """Await a Qt signal from an async test; the result is its arguments. Raises TimeoutError.

    ``qtbot.waitSignal`` would nest a second Qt loop inside a running task, and other tasks could then not enter.
    The signal is connected at once, before the first await.
    """
    future: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()

    def got(*arguments: Any) -> None:
        if not future.done():
            future.set_result(arguments)

    signal.connect(got)

    async def wait() -> tuple[Any, ...]:
        try:
            return await asyncio.wait_for(future, timeout_s)
        finally:
            signal.disconnect(got)

    return wait()


async def until(condition: Callable[[], object], *, timeout_s: float = 5.0) -> None:
    """Poll until ``condition()`` is true, letting the loop and Qt run. Raises AssertionError if it stays false."""
    event_loop = asyncio.get_running_loop()
    end_s = event_loop.time() + timeout_s
    while not condition():
        if event_loop.time() > end_s:
            raise AssertionError(f"did not come true in {timeout_s} s: {inspect.getsource(condition).strip()}")
        await asyncio.sleep(0.005)


@pytest.fixture
def wait_for_signal() -> Callable[..., Awaitable[tuple[Any, ...]]]:
    return signal_future


@pytest.fixture
def flush_deletes(qapp: QApplication) -> Callable[[], None]:
    """``deleteLater`` acts only in a Qt loop of the right level; tests that check teardown call this."""

    def flush() -> None:
        for _ in range(3):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            qapp.processEvents()

    return flush
