"""The encrypted file: nothing in plain text, every changed byte noticed, never half written, locked when it should be."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import stat
import subprocess
import sys
import tomllib
import traceback
from collections.abc import Callable
from pathlib import Path

import argon2.low_level
import keyring
import keyring.backend
import pytest
from argon2.exceptions import HashingError
from hypothesis import given
from hypothesis import strategies as st
from keyring.errors import KeyringError, KeyringLocked, PasswordDeleteError

from terminal_app.domain.errors import BadInput, VaultError, VaultLocked
from terminal_app.vault import file_backend, file_format
from terminal_app.vault.file_backend import FileKeyring
from terminal_app.vault.file_format import Cost, FileDamaged
from terminal_app.vault.secret import Secret
from tests.helpers.folders import REPOSITORY
from tests.helpers.log_guard import LogGuard

CHEAP = Cost(passes=1, memory_kib=8, lanes=1)
PASSWORD = Secret("correct horse ₹")
CANARY = "canary-5c1e77"


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "vault.bhav"


@pytest.fixture
def ring(path: Path) -> FileKeyring:
    """An unlocked file with three entries."""
    made = FileKeyring(path, cost=CHEAP)
    made.unlock(PASSWORD)
    for user, value in (("A/api_key", CANARY), ("A/token", CANARY * 5), ("B/api_key", "päss ₹ 🔑")):
        made.set_password("bhav", user, value)
    return made


def opened_anew(path: Path, password: Secret = PASSWORD) -> FileKeyring:
    again = FileKeyring(path, cost=CHEAP)
    again.unlock(password)
    return again


def with_new_checksum(content: bytes) -> bytes:
    """What a hand that knows the format does after changing the file."""
    body = content[:-32]
    return body + hashlib.sha256(body).digest()


def test_what_was_saved_is_there_after_a_restart(ring: FileKeyring, path: Path) -> None:
    again = opened_anew(path)
    assert again.get_password("bhav", "A/api_key") == CANARY
    assert again.get_password("bhav", "B/api_key") == "päss ₹ 🔑"
    assert again.get_password("bhav", "C/api_key") is None
    assert again.get_password("other", "A/api_key") is None


def test_neither_secrets_nor_names_nor_the_password_are_in_the_file(ring: FileKeyring, path: Path) -> None:
    content = path.read_bytes()
    for text in (CANARY, "api_key", "bhav", PASSWORD.reveal()):
        assert text.encode() not in content


def test_the_file_is_for_its_user_alone(ring: FileKeyring, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    opened_anew(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "call",
    [
        lambda ring: ring.get_password("bhav", "A/api_key"),
        lambda ring: ring.set_password("bhav", "A/api_key", "x"),
        lambda ring: ring.delete_password("bhav", "A/api_key"),
    ],
    ids=["get", "set", "delete"],
)
def test_a_locked_file_gives_and_takes_nothing(
    ring: FileKeyring, path: Path, call: Callable[[FileKeyring], object]
) -> None:
    before = path.read_bytes()
    ring.lock()
    with pytest.raises(VaultLocked, match="is locked") as caught:
        call(ring)
    assert isinstance(caught.value, KeyringLocked)
    assert path.read_bytes() == before


def test_a_wrong_password_is_told_from_a_damaged_file(ring: FileKeyring, path: Path) -> None:
    with pytest.raises(VaultLocked, match="password is wrong"):
        opened_anew(path, Secret("correct horse"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(VaultError, match="damaged") as caught:
        opened_anew(path)
    assert not isinstance(caught.value, VaultLocked)
    assert isinstance(caught.value, KeyringError)


@pytest.mark.skipif(sys.platform != "linux", reason="needs the folders of Linux")
def test_without_a_path_it_is_in_the_users_data_folder(home: Path) -> None:
    assert FileKeyring().file == Path(os.environ["XDG_DATA_HOME"]) / "bhav" / "vault.bhav"


def test_a_machine_without_the_memory_for_it_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_arguments: object, **_options: object) -> bytes:
        raise HashingError("Memory allocation error")

    monkeypatch.setattr(argon2.low_level, "hash_secret_raw", no_memory)
    with pytest.raises(VaultError, match=r"Memory allocation error.*1024 MB"):
        FileKeyring(path, cost=Cost(1, 1024 * 1024, 1)).unlock(PASSWORD)
    assert not path.exists()


def test_an_empty_password_is_refused(path: Path) -> None:
    with pytest.raises(BadInput):
        FileKeyring(path, cost=CHEAP).unlock(Secret(""))
    assert not path.exists()


def test_the_same_password_composed_otherwise_opens_it(path: Path) -> None:
    FileKeyring(path, cost=CHEAP).unlock(Secret("caf\u00e9"))
    assert not opened_anew(path, Secret("cafe\u0301")).is_locked


def test_flipping_any_byte_is_noticed(ring: FileKeyring, path: Path) -> None:
    whole = path.read_bytes()
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 1 << position % 8
        path.write_bytes(changed)
        with pytest.raises(VaultError, match="damaged") as caught:
            opened_anew(path)
        assert not isinstance(caught.value, VaultLocked), position
        with pytest.raises(FileDamaged):
            ring.get_password("bhav", "A/api_key")
    path.write_bytes(whole)
    assert ring.get_password("bhav", "A/api_key") == CANARY


def test_flipping_any_bit_is_noticed_before_a_password_is_asked(ring: FileKeyring, path: Path) -> None:
    whole = path.read_bytes()
    for position in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(FileDamaged):
            file_format.take_apart(bytes(changed))


def test_flipping_any_byte_is_noticed_where_the_checksum_was_made_to_fit(ring: FileKeyring, path: Path) -> None:
    whole = path.read_bytes()
    for position in range(len(whole) - 32):
        changed = bytearray(whole)
        changed[position] ^= 1
        path.write_bytes(with_new_checksum(bytes(changed)))
        with pytest.raises(VaultError):
            opened_anew(path)
        with pytest.raises(VaultError):
            ring.get_password("bhav", "A/api_key")


@given(st.integers(0, 2000))
def test_a_file_cut_short_is_noticed(length: int) -> None:
    opened, key = file_format.new_file(PASSWORD, CHEAP)
    whole = file_format.to_bytes(file_format.with_entry(opened, key, ("bhav", "A/b"), Secret(CANARY)), key)
    for content in (whole[: length % len(whole)], whole + b"\0" * (length + 1), b""):
        with pytest.raises(FileDamaged):
            file_format.take_apart(content)
        with pytest.raises(FileDamaged):
            file_format.take_apart(with_new_checksum(content))


@given(st.binary(max_size=300))
def test_garbage_with_a_fitting_checksum_is_damage_and_nothing_else(garbage: bytes) -> None:
    with pytest.raises(FileDamaged):
        file_format.take_apart(with_new_checksum(file_format.MAGIC + garbage + b"\0" * 32))


def remade(content: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    """The file with its entries changed by a hand that has no key: lengths, number and checksum are made to fit."""
    sealed = file_format.take_apart(content)
    entries = change(list(sealed.entries))
    block = file_format._block
    body = file_format.MAGIC + block(sealed.head) + block(sealed.wrapped) + len(entries).to_bytes(4, "little")
    body += b"".join(block(entry) for entry in entries) + block(sealed.names)
    return body + hashlib.sha256(body).digest()


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries[:-1],
        lambda entries: entries[1:],
        lambda _entries: [],
        lambda entries: [entries[1], entries[0], *entries[2:]],
        lambda entries: [*entries, entries[0]],
        lambda entries: [entries[0], entries[0], entries[2]],
    ],
    ids=["last removed", "first removed", "emptied", "two swapped", "one doubled", "one over another"],
)
def test_an_entry_cannot_be_removed_moved_or_doubled(
    ring: FileKeyring, path: Path, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    path.write_bytes(remade(path.read_bytes(), change))
    with pytest.raises(FileDamaged):
        ring.get_password("bhav", "A/api_key")
    with pytest.raises(FileDamaged):
        opened_anew(path)


def test_the_same_entries_made_to_fit_are_the_same_file(ring: FileKeyring, path: Path) -> None:
    assert remade(path.read_bytes(), list) == path.read_bytes()


def test_an_entry_cannot_be_put_back_to_an_earlier_value(ring: FileKeyring, path: Path) -> None:
    earlier = file_format.take_apart(path.read_bytes()).entries[0]
    ring.set_password("bhav", "A/api_key", "newer")
    path.write_bytes(remade(path.read_bytes(), lambda entries: [earlier, *entries[1:]]))
    with pytest.raises(FileDamaged):
        ring.get_password("bhav", "A/api_key")


def test_an_entry_of_one_name_is_not_read_under_another(ring: FileKeyring, path: Path) -> None:
    """Even by one who could write the list of names: each entry is bound to its own."""
    opened, key = file_format.unlock(file_format.take_apart(path.read_bytes()), PASSWORD)
    first, second = ("bhav", "A/api_key"), ("bhav", "B/api_key")
    swapped = {**opened.entries, first: opened.entries[second], second: opened.entries[first]}
    import msgspec

    with pytest.raises(FileDamaged):
        file_format.decrypt_entry(msgspec.structs.replace(opened, entries=swapped), key, first)


def test_no_two_writes_of_one_value_look_alike(ring: FileKeyring, path: Path) -> None:
    first = file_format.take_apart(path.read_bytes()).entries
    ring.set_password("bhav", "A/api_key", CANARY)
    second = file_format.take_apart(path.read_bytes()).entries
    assert first[0] != second[0]
    assert first[1:] == second[1:], "only the entry that changed is encrypted anew"


def test_a_removed_entry_is_gone(ring: FileKeyring, path: Path) -> None:
    ring.delete_password("bhav", "A/token")
    assert opened_anew(path).get_password("bhav", "A/token") is None
    with pytest.raises(PasswordDeleteError):
        ring.delete_password("bhav", "A/token")


def test_a_file_of_a_newer_version_is_left_alone(ring: FileKeyring, path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[7] = 2
    path.write_bytes(with_new_checksum(bytes(content)))
    with pytest.raises(VaultError, match="newer Bhav"):
        opened_anew(path)


def test_the_password_can_be_changed(ring: FileKeyring, path: Path) -> None:
    before = path.read_bytes()
    new = Secret("another one")
    ring.change_password(PASSWORD, new)
    assert opened_anew(path, new).get_password("bhav", "A/api_key") == CANARY
    assert ring.get_password("bhav", "A/api_key") == CANARY
    with pytest.raises(VaultLocked, match="wrong"):
        opened_anew(path)
    _, old_key = file_format.unlock(file_format.take_apart(before), PASSWORD)
    with pytest.raises(FileDamaged):
        file_format.reopen(file_format.take_apart(path.read_bytes()), old_key)


def test_a_wrong_old_password_changes_nothing(ring: FileKeyring, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(VaultLocked, match="wrong"):
        ring.change_password(Secret("guess"), Secret("another one"))
    with pytest.raises(BadInput):
        ring.change_password(PASSWORD, Secret(""))
    assert path.read_bytes() == before
    with pytest.raises(VaultError, match="no vault yet"):
        FileKeyring(path.with_name("none"), cost=CHEAP).change_password(PASSWORD, Secret("x"))


def test_a_password_changed_elsewhere_locks_this_one_out(ring: FileKeyring, path: Path) -> None:
    opened_anew(path).change_password(PASSWORD, Secret("another one"))
    with pytest.raises(VaultError):
        ring.get_password("bhav", "A/api_key")


def test_a_cheap_key_is_made_dearer_at_the_next_unlock(ring: FileKeyring, path: Path) -> None:
    dearer = Cost(passes=2, memory_kib=16, lanes=1)
    upgraded = FileKeyring(path, cost=dearer)
    upgraded.unlock(PASSWORD)
    assert file_format.take_apart(path.read_bytes()).cost == dearer
    assert upgraded.get_password("bhav", "A/api_key") == CANARY
    opened_anew(path)
    assert file_format.take_apart(path.read_bytes()).cost == dearer, "never made cheaper again"


@pytest.mark.skipif(sys.platform != "linux", reason="needs the right to be refused")
def test_an_upgrade_that_cannot_be_written_opens_the_file_all_the_same(
    ring: FileKeyring, path: Path, expected_logs: LogGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected_logs("older key derivation")
    monkeypatch.setattr(os, "fsync", refused)
    upgraded = FileKeyring(path, cost=Cost(passes=2, memory_kib=16, lanes=1))
    upgraded.unlock(PASSWORD)
    assert upgraded.get_password("bhav", "A/api_key") == CANARY


def refused(_descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def test_what_cannot_be_written_changes_nothing(ring: FileKeyring, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refused)
        with pytest.raises(VaultError, match="No space left on device"):
            ring.set_password("bhav", "A/api_key", "newer")
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert ring.get_password("bhav", "A/api_key") == CANARY


def test_a_process_killed_while_it_writes_leaves_a_whole_file(path: Path) -> None:
    """The child writes one value after another, each long, and is killed among them; three times."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from terminal_app.vault.file_backend import FileKeyring\n"
        "from terminal_app.vault.file_format import Cost\n"
        "from terminal_app.vault.secret import Secret\n"
        "ring = FileKeyring(Path(sys.argv[1]), cost=Cost(1, 8, 1))\n"
        "ring.unlock(Secret('p'))\n"
        "for number in range(10**6):\n"
        "    ring.set_password('bhav', 'A/b', f'{number}:' * 5000)\n"
        "    print(number, flush=True)\n"
    )
    for kill_after in (3, 11, 20):
        with subprocess.Popen([sys.executable, "-c", script, path], cwd=REPOSITORY, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            for _ in range(kill_after):
                assert child.stdout.readline()
            child.kill()
        value = opened_anew(path, Secret("p")).get_password("bhav", "A/b")
        assert value is not None
        number = value.split(":", 1)[0]
        assert int(number) >= kill_after - 1
        assert value == f"{number}:" * 5000
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_it_locks_itself_when_idle(path: Path) -> None:
    clock = Clock()
    ring = FileKeyring(path, cost=CHEAP, idle_s=60, clock=clock)
    assert ring.is_locked
    ring.unlock(PASSWORD)
    for _ in range(3):
        clock.now_s += 59
        ring.set_password("bhav", "A/b", "x")
    assert not ring.is_locked
    clock.now_s += 60
    with pytest.raises(VaultLocked):
        ring.get_password("bhav", "A/b")
    assert ring.is_locked


def test_two_that_have_it_open_see_each_others_entries(ring: FileKeyring, path: Path) -> None:
    other = opened_anew(path)
    other.set_password("bhav", "C/api_key", "of the other")
    ring.set_password("bhav", "D/api_key", "of this one")
    assert ring.get_password("bhav", "C/api_key") == "of the other"
    assert other.get_password("bhav", "D/api_key") == "of this one"


def test_a_file_that_disappears_is_not_made_anew_by_a_write(ring: FileKeyring, path: Path) -> None:
    path.unlink()
    with pytest.raises(FileDamaged, match="is gone"):
        ring.set_password("bhav", "A/b", "x")
    assert not path.exists()


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="cannot be read"):
        FileKeyring(tmp_path, cost=CHEAP).unlock(PASSWORD)


def test_a_link_to_the_file_stays_a_link(ring: FileKeyring, path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.bhav"
    link.symlink_to(path)
    opened_anew(link).set_password("bhav", "A/b", "x")
    assert link.is_symlink()
    assert ring.get_password("bhav", "A/b") == "x"


@pytest.mark.parametrize("field", ["passes", "memory_kib", "lanes"])
def test_a_file_cannot_ask_for_all_of_the_memory(field: str) -> None:
    opened, key = file_format.new_file(PASSWORD, CHEAP)
    value = getattr(CHEAP, field)
    greedy = opened.head.replace(f'"{field}":{value}'.encode(), f'"{field}":{2**40}'.encode())
    assert greedy != opened.head
    import msgspec

    with pytest.raises(FileDamaged):
        file_format.take_apart(file_format.to_bytes(msgspec.structs.replace(opened, head=greedy), key))


def test_todays_cost_is_what_the_standard_asks_for() -> None:
    cost = Cost()
    assert cost.is_possible
    assert not cost.is_weaker_than(Cost(passes=3, memory_kib=64 * 1024, lanes=4))


def test_errors_and_their_tracebacks_hold_no_secret(ring: FileKeyring, path: Path) -> None:
    broken = bytearray(path.read_bytes())
    broken[100] ^= 1
    shown = []
    for content in (path.read_bytes(), bytes(broken), with_new_checksum(bytes(broken))):
        path.write_bytes(content)
        for password in (Secret(CANARY), Secret(CANARY + "x")):
            with pytest.raises(VaultError) as caught:
                opened_anew(path, password)
            shown.append(traceback.TracebackException.from_exception(caught.value, capture_locals=True))
    text = "".join(line for error in shown for line in error.format())
    assert CANARY not in text
    assert "password = ••••••" in text


def test_keyring_finds_it_by_its_entry_point_and_never_chooses_it_by_itself() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    (name, module) = next(iter(project["project"]["entry-points"]["keyring.backends"].items()))
    importlib.metadata.EntryPoint(name, module, "keyring.backends").load()
    assert FileKeyring in set(keyring.backend.KeyringBackend.get_viable_backends())
    from keyring.backends import fail

    assert FileKeyring.priority < fail.Keyring.priority


def test_keyring_can_be_set_to_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring.core

    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "terminal_app.vault.file_backend.FileKeyring")
    monkeypatch.setenv("KEYRING_PROPERTY_PATH", str(path))
    monkeypatch.setattr(file_backend, "Cost", lambda: CHEAP)
    backend = keyring.core.load_env()
    assert isinstance(backend, FileKeyring)
    keyring.set_keyring(backend)
    with pytest.raises(KeyringLocked):
        keyring.get_password("any program", "user")
    backend.unlock(PASSWORD)
    keyring.set_password("any program", "user", "secret")
    assert keyring.get_password("any program", "user") == "secret"
    assert keyring.get_credential("any program", "user").password == "secret"  # type: ignore[union-attr]
    assert path.exists()
