"""The vault of every kind: what is set is got, forgotten is forgotten, and a keyring that hangs hangs nothing else."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest

from terminal_app.domain.errors import BadInput, VaultError, VaultLocked
from terminal_app.domain.ids import AccountId
from terminal_app.vault import system_keyring
from terminal_app.vault.file_backend import FileKeyring
from terminal_app.vault.file_format import Cost
from terminal_app.vault.places import Kind
from terminal_app.vault.secret import Secret
from terminal_app.vault.store import Vault
from tests.helpers.async_tests import until
from tests.helpers.folders import REPOSITORY
from tests.helpers.memory_keyring import MemoryKeyring

ZERODHA = AccountId("zerodha-AB1234")
UPSTOX = AccountId("upstox-7Q")
PASSWORD = Secret("master")
CHEAP = Cost(passes=1, memory_kib=8, lanes=1)
CANARY = "canary-11d0a2"
LONG = Secret("eyJ" + CANARY * 400)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.fixture(params=["keyring", "file", "memory"])
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
async def vault(kind: Kind, tmp_path: Path) -> AsyncIterator[Vault]:
    """An unlocked, empty vault of each kind."""
    opened = Vault.open(kind, folder=tmp_path, cost=CHEAP)
    await opened.unlock(PASSWORD)
    yield opened
    await opened.aclose()


@pytest.fixture
async def in_keyring(tmp_path: Path) -> AsyncIterator[Vault]:
    """A vault over the keyring of this test, with little patience."""
    opened = Vault.open("keyring", folder=tmp_path, timeout_s=0.2)
    yield opened
    await opened.aclose()


@pytest.fixture
async def in_file(tmp_path: Path) -> AsyncIterator[Vault]:
    """A vault over an encrypted file that does not exist yet."""
    opened = Vault.open("file", folder=tmp_path, cost=CHEAP)
    yield opened
    await opened.aclose()


async def test_what_was_set_is_got(vault: Vault) -> None:
    assert await vault.get(ZERODHA, "api_key") is None
    await vault.set(ZERODHA, "api_key", Secret("first"))
    await vault.set(ZERODHA, "api_key", Secret("päss ₹ 🔑"))
    await vault.set(UPSTOX, "api_key", Secret(""))
    assert await vault.get(ZERODHA, "api_key") == Secret("päss ₹ 🔑")
    assert await vault.get(UPSTOX, "api_key") == Secret("")


async def test_long_tokens_are_kept_whole(vault: Vault) -> None:
    await vault.set(UPSTOX, "access_token", LONG)
    assert await vault.get(UPSTOX, "access_token") == LONG


async def test_fields_are_those_that_have_a_secret(vault: Vault) -> None:
    assert await vault.fields(ZERODHA) == ()
    await vault.set(ZERODHA, "totp_seed", Secret("x"))
    await vault.set(ZERODHA, "api_key", Secret("x"))
    await vault.set(UPSTOX, "pin", Secret("x"))
    assert await vault.fields(ZERODHA) == ("api_key", "totp_seed")
    await vault.delete(ZERODHA, "api_key")
    await vault.delete(ZERODHA, "never_there")
    assert await vault.fields(ZERODHA) == ("totp_seed",)


async def test_a_forgotten_account_leaves_nothing(vault: Vault) -> None:
    for field in ("api_key", "access_token"):
        await vault.set(ZERODHA, field, LONG)
        await vault.set(UPSTOX, field, LONG)
    await vault.forget(ZERODHA)
    assert await vault.fields(ZERODHA) == ()
    assert await vault.get(ZERODHA, "access_token") is None
    assert await vault.get(UPSTOX, "access_token") == LONG
    await vault.forget(ZERODHA)


async def test_calls_at_the_same_time_take_turns(vault: Vault) -> None:
    fields = [f"field_{number}" for number in range(12)]
    await asyncio.gather(*(vault.set(ZERODHA, field, Secret(field * 300)) for field in fields))
    assert await vault.fields(ZERODHA) == tuple(sorted(fields))
    found = await asyncio.gather(*(vault.get(ZERODHA, field) for field in fields))
    assert found == [Secret(field * 300) for field in fields]


@pytest.mark.parametrize("name", ["", "a/b", "a#b", " a", "a\nb", "a" * 101])
async def test_a_name_that_could_be_taken_for_another_is_refused(vault: Vault, name: str) -> None:
    with pytest.raises(BadInput):
        await vault.set(AccountId(name), "api_key", Secret("x"))
    with pytest.raises(BadInput):
        await vault.forget(AccountId(name))


@pytest.mark.parametrize("field", ["", "Api", "a.b", "a#1", "a/b", "a,b"])
async def test_a_field_is_a_plain_word(vault: Vault, field: str) -> None:
    with pytest.raises(BadInput):
        await vault.get(ZERODHA, field)


async def test_a_closed_vault_says_so(vault: Vault) -> None:
    await vault.aclose()
    await vault.aclose()
    with pytest.raises(VaultError, match="closed"):
        await vault.get(ZERODHA, "api_key")
    assert not (await vault.describe()).usable


async def test_an_open_vault_describes_itself(vault: Vault, kind: Kind) -> None:
    state = await vault.describe()
    assert state.kind == kind
    assert state.usable
    assert not state.locked
    assert not state.is_new


async def test_only_the_file_has_a_password_to_change(vault: Vault, kind: Kind) -> None:
    if kind == "file":
        await vault.change_password(PASSWORD, Secret("newer"))
        await vault.lock()
        with pytest.raises(VaultLocked, match="wrong"):
            await vault.unlock(PASSWORD)
        await vault.unlock(Secret("newer"))
    else:
        with pytest.raises(VaultError, match="password"):
            await vault.change_password(PASSWORD, Secret("newer"))


async def test_a_forgotten_account_leaves_no_entry_in_the_keyring(
    in_keyring: Vault, memory_keyring: MemoryKeyring
) -> None:
    await in_keyring.set(ZERODHA, "access_token", LONG)
    assert len(memory_keyring.store) > 3
    await in_keyring.forget(ZERODHA)
    assert memory_keyring.store == {}
    await in_keyring.set(ZERODHA, "access_token", LONG)
    await in_keyring.delete(ZERODHA, "access_token")
    assert memory_keyring.store == {}


async def test_entries_are_called_after_account_and_field(in_keyring: Vault, memory_keyring: MemoryKeyring) -> None:
    await in_keyring.set(ZERODHA, "api_key", Secret("x"))
    assert set(memory_keyring.store) == {("bhav", "zerodha-AB1234/api_key"), ("bhav", "zerodha-AB1234#fields")}


async def test_the_field_is_listed_before_its_secret_is_written(
    in_keyring: Vault, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_secrets(service: str, user: str, password: str) -> None:
        if "/" in user:
            raise OSError("the disk is full")
        memory_keyring.store[service, user] = password

    monkeypatch.setattr(memory_keyring, "set_password", refuse_secrets)
    with pytest.raises(VaultError):
        await in_keyring.set(ZERODHA, "api_key", Secret("x"))
    assert set(memory_keyring.store) == {("bhav", "zerodha-AB1234#fields")}
    assert await in_keyring.fields(ZERODHA) == ()
    await in_keyring.forget(ZERODHA)
    assert memory_keyring.store == {}


async def test_a_damaged_list_is_said_and_forgotten_all_the_same(
    in_keyring: Vault, memory_keyring: MemoryKeyring
) -> None:
    await in_keyring.set(ZERODHA, "api_key", Secret("x"))
    memory_keyring.store["bhav", "zerodha-AB1234#fields"] = "what is this"
    for call in (in_keyring.fields(ZERODHA), in_keyring.set(ZERODHA, "api_key", Secret("y"))):
        with pytest.raises(VaultError, match="Remove the account"):
            await call
    await in_keyring.forget(ZERODHA, also=["api_key", "pin"])
    assert memory_keyring.store == {}


async def test_without_a_keyring_nothing_is_saved_and_the_reason_is_told(in_keyring: Vault, tmp_path: Path) -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    state = await in_keyring.describe()
    assert not state.usable
    assert "encrypted file" in state.reason
    with pytest.raises(VaultError, match="No keyring is running"):
        await in_keyring.set(ZERODHA, "api_key", Secret(CANARY))
    assert names_in(tmp_path) == []


async def test_the_calls_run_off_the_loops_thread(
    in_keyring: Vault, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[threading.Thread] = set()

    def noted(_service: str, _user: str) -> None:
        threads.add(threading.current_thread())

    monkeypatch.setattr(memory_keyring, "get_password", noted)
    await in_keyring.get(ZERODHA, "api_key")
    await in_keyring.get(ZERODHA, "pin")
    assert len(threads) == 1
    assert threading.main_thread() not in threads


class Hanging(MemoryKeyring):
    """Shows a dialog that nobody answers, once, at the ``ask``: "get" or "set"."""

    def __init__(self, ask: str) -> None:
        super().__init__()
        self.ask: str | None = ask
        self.answered = threading.Event()
        self.asked = threading.Event()
        self.ended = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self._dialog("get")
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        is_asked = self._dialog("set")
        super().set_password(service, username, password)
        if is_asked:
            self.ended.set()

    def _dialog(self, doing: str) -> bool:
        if self.ask != doing:
            return False
        self.ask = None
        self.asked.set()
        assert self.answered.wait(20)
        return True


async def test_a_dialog_that_nobody_answers_ends_in_time_and_blocks_nothing(in_keyring: Vault) -> None:
    ring = Hanging("get")
    keyring.set_keyring(ring)
    with pytest.raises(VaultLocked, match=r"did not answer in 0\.2 s"):
        await in_keyring.set(ZERODHA, "api_key", Secret("old"))
    await in_keyring.set(ZERODHA, "api_key", Secret("new"))
    assert await in_keyring.get(ZERODHA, "api_key") == Secret("new")
    ring.answered.set()
    await until(lambda: not [thread for thread in threading.enumerate() if thread.name == "bhav-vault"][1:])
    assert await in_keyring.get(ZERODHA, "api_key") == Secret("new"), "answered late, the old call begins no write"


async def test_the_loop_goes_on_while_a_dialog_is_shown(in_keyring: Vault) -> None:
    ring = Hanging("get")
    keyring.set_keyring(ring)
    call = asyncio.create_task(in_keyring.get(ZERODHA, "api_key"))
    await until(ring.asked.is_set)
    ring.answered.set()
    assert await call is None


async def test_a_write_that_hangs_keeps_later_writes_of_its_account_out_until_it_ends(in_keyring: Vault) -> None:
    ring = Hanging("set")
    keyring.set_keyring(ring)
    with pytest.raises(VaultLocked, match="did not answer"):
        await in_keyring.set(ZERODHA, "api_key", Secret("old"))
    with pytest.raises(VaultLocked, match="earlier change"):
        await in_keyring.set(ZERODHA, "api_key", Secret("new"))
    await in_keyring.set(UPSTOX, "api_key", Secret("of another account"))
    assert await in_keyring.get(ZERODHA, "api_key") is None
    ring.answered.set()
    await until(ring.ended.is_set)
    await until(lambda: not [thread for thread in threading.enumerate() if thread.name == "bhav-vault"][1:])
    await in_keyring.set(ZERODHA, "api_key", Secret("new"))
    assert await in_keyring.get(ZERODHA, "api_key") == Secret("new")


async def test_a_call_that_is_cancelled_is_written_whole(in_keyring: Vault, tmp_path: Path) -> None:
    ring = Hanging("set")
    keyring.set_keyring(ring)
    call = asyncio.create_task(in_keyring.set(ZERODHA, "access_token", LONG))
    await until(ring.asked.is_set)
    call.cancel()
    await asyncio.wait([call])
    assert call.cancelled()
    ring.answered.set()
    assert await in_keyring.get(ZERODHA, "access_token") == LONG


async def test_closing_does_not_wait_for_a_dialog(tmp_path: Path) -> None:
    ring = Hanging("get")
    keyring.set_keyring(ring)
    vault = Vault.open("keyring", folder=tmp_path)
    call = asyncio.create_task(vault.get(ZERODHA, "api_key"))
    await until(ring.asked.is_set)
    await vault.aclose()
    assert not call.done()
    call.cancel()
    await asyncio.wait([call])
    ring.answered.set()


async def test_describing_a_keyring_that_hangs_or_fails_ends_with_a_reason(
    in_keyring: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()
    monkeypatch.setattr(system_keyring, "is_locked", lambda _backend: answered.wait(20))
    state = await in_keyring.describe()
    answered.set()
    assert (state.locked, state.usable) == (True, True)
    assert "did not answer" in state.reason

    def fail(_backend: object) -> bool:
        raise VaultError("The bus is gone.")

    monkeypatch.setattr(system_keyring, "is_locked", fail)
    state = await in_keyring.describe()
    assert (state.locked, state.usable, state.reason) == (False, False, "The bus is gone.")


async def test_the_encrypted_file_can_be_what_keyring_is_set_to(in_keyring: Vault, tmp_path: Path) -> None:
    keyring.set_keyring(FileKeyring(tmp_path / "own.bhav", cost=CHEAP))
    state = await in_keyring.describe()
    assert (state.kind, state.name, state.locked) == ("keyring", "Encrypted file", True)
    await in_keyring.unlock(PASSWORD)
    assert not (await in_keyring.describe()).locked
    await in_keyring.set(ZERODHA, "access_token", LONG)
    assert await in_keyring.get(ZERODHA, "access_token") == LONG


async def test_a_new_file_is_told_from_a_locked_one(in_file: Vault, tmp_path: Path) -> None:
    state = await in_file.describe()
    assert (state.locked, state.is_new, state.usable) == (True, True, True)
    with pytest.raises(VaultLocked):
        await in_file.set(ZERODHA, "api_key", Secret(CANARY))
    assert names_in(tmp_path) == []
    with pytest.raises(BadInput):
        await in_file.unlock()
    await in_file.unlock(PASSWORD)
    await in_file.set(ZERODHA, "api_key", Secret(CANARY))
    await in_file.lock()
    state = await in_file.describe()
    assert (state.locked, state.is_new, state.reason) == (
        True,
        False,
        "The vault is locked. Enter its password to unlock it.",
    )
    assert names_in(tmp_path) == ["vault.bhav"]
    assert CANARY.encode() not in (tmp_path / "vault.bhav").read_bytes()


async def test_the_key_leaves_memory_when_idle_without_another_call(tmp_path: Path) -> None:
    vault = Vault.open("file", folder=tmp_path, idle_s=0.05, cost=CHEAP)
    await vault.unlock(PASSWORD)
    place = vault._place
    await until(lambda: place._made._key is None)  # type: ignore[attr-defined]
    with pytest.raises(VaultLocked):
        await vault.get(ZERODHA, "api_key")
    await vault.aclose()


async def test_closing_locks_the_file(in_file: Vault) -> None:
    await in_file.unlock(PASSWORD)
    await in_file.aclose()
    assert in_file._place._made._key is None  # type: ignore[attr-defined]


async def test_a_damaged_file_is_told_from_a_wrong_password(in_file: Vault, tmp_path: Path) -> None:
    await in_file.unlock(PASSWORD)
    await in_file.set(ZERODHA, "api_key", Secret(CANARY))
    file = tmp_path / "vault.bhav"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    for call in (in_file.get(ZERODHA, "api_key"), in_file.unlock(PASSWORD)):
        with pytest.raises(VaultError, match="damaged") as caught:
            await call
        assert not isinstance(caught.value, VaultLocked)
        text = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
        assert CANARY not in text


async def test_a_refused_write_tells_no_secret(
    in_keyring: Vault, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_service: str, _user: str, password: str) -> None:
        raise keyring.errors.PasswordSetError(f"cannot store {password}")

    monkeypatch.setattr(memory_keyring, "set_password", refuse)
    with pytest.raises(VaultError, match="refused to write") as caught:
        await in_keyring.set(ZERODHA, "access_token", LONG)
    text = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert CANARY not in text


def test_opening_a_vault_imports_neither_keyring_nor_cryptography() -> None:
    script = (
        "import sys, pathlib\n"
        "from terminal_app.vault.store import Vault\n"
        "Vault.open('keyring', folder=pathlib.Path('.')); Vault.open('file', folder=pathlib.Path('.'))\n"
        "print([n for n in ('keyring', 'cryptography', 'argon2', 'secretstorage') if n in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
