"""`doorward encryption rewrap`: another master key, and nothing that was sealed is lost."""

import base64
import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doorward import crypto
from doorward.bootstrap import RecordedState, make_authenticator, open_recorded, rewrap_keys
from doorward.cli import main
from doorward.domain.actors import Actor
from doorward.domain.callers import ALL_SCOPES, Caller
from doorward.domain.database_address import DatabaseAddress
from doorward.domain.encryption import Place
from doorward.domain.errors import EncryptionFailed
from doorward.services.recording import Recorder
from doorward.services.rotation import RotationService
from doorward.store.database import Database
from support.databases import PostgresqlDatabases

HERE = Place("account", "email", "ann", "acme")
OPERATOR = Actor(caller=Caller("operator", ALL_SCOPES))


def key_file(path: Path, byte: int) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(base64.b64encode(bytes([byte] * 32)))
    return path


@dataclass
class Kept:
    """A database, and a text that was sealed under the first of two master keys."""

    address: DatabaseAddress
    state: Path
    old: Path
    new: Path
    sealed: str = ""

    @contextlib.contextmanager
    def opened(self, master: Path) -> Iterator[RecordedState]:
        """What is recorded, as a sidecar with a master key has it."""
        recorded = open_recorded(self.address, self.state, master)
        try:
            recorded.start(make_authenticator(None, no_auth=False))
            yield recorded
        finally:
            recorded.close()

    def rewrap(self, *more: str, old: Path | None = None) -> Result:
        files = ["--master-key-file", str(old or self.old), "--new-master-key-file", str(self.new)]
        place = self.address.place if not self.address.is_sqlite else f"sqlite:{self.address.place}"
        return CliRunner().invoke(main, ["encryption", "rewrap", *files, "--database", place, *more])

    def opens_with(self, master: Path) -> bool:
        try:
            with self.opened(master) as recorded:
                return recorded.encryption.vault.open(self.sealed, HERE) == "ann@acme.com"
        except EncryptionFailed:
            return False


def kept_in(address: DatabaseAddress, folder: Path) -> Kept:
    kept = Kept(address, folder, key_file(folder / "old.key", 1), key_file(folder / "new.key", 2))
    with kept.opened(kept.old) as recorded:
        kept.sealed = recorded.encryption.vault.seal("ann@acme.com", HERE)
    return kept


@pytest.fixture
def kept(database_address: DatabaseAddress, tmp_path: Path) -> Kept:
    return kept_in(database_address, tmp_path)


@pytest.fixture
def kept_in_postgresql(postgresql: PostgresqlDatabases, tmp_path: Path) -> Iterator[Kept]:
    address = postgresql.lend()
    yield kept_in(address, tmp_path)
    postgresql.take_back(address)


def test_what_was_sealed_opens_with_the_new_master_key_alone(kept: Kept) -> None:
    done = kept.rewrap()

    assert done.exit_code == 0, done.output
    assert f"2 of 2 keys wrapped under {kept.new} now\n" in done.stdout
    assert f"put it in the place of {kept.old}, and start every sidecar anew" in done.stderr
    assert kept.opens_with(kept.new)
    assert not kept.opens_with(kept.old)
    again = kept.rewrap("--json")
    assert json.loads(again.stdout) == {"database": str(kept.address), "keys": 2, "rewrapped": 0}


def test_keys_that_are_under_the_new_one_already_stay(kept: Kept) -> None:
    with contextlib.closing(Database.open(kept.address)) as database, database.change() as transaction:
        first = transaction.encryption_keys.all()[0]
        masters = crypto.read_master_key(kept.old), crypto.read_master_key(kept.new)
        transaction.encryption_keys.replace(crypto.rewrap(first, *masters))

    assert "1 of 2 keys" in kept.rewrap().stdout
    assert kept.opens_with(kept.new)


def test_with_a_wrong_old_master_key_nothing_is_changed(kept: Kept) -> None:
    done = kept.rewrap(old=key_file(kept.state / "wrong.key", 3))

    assert done.exit_code == 5
    assert "does not open with this master key" in done.stderr
    assert kept.opens_with(kept.old)


def test_a_sidecar_that_runs_goes_on_and_makes_no_key_under_the_old_one(kept_in_postgresql: Kept) -> None:
    kept = kept_in_postgresql
    with kept.opened(kept.old) as running:
        assert kept.rewrap().exit_code == 0
        assert running.encryption.vault.open(kept.sealed, HERE) == "ann@acme.com"
        rotation = RotationService(Recorder(running.records, running.encryption, lambda: 1.0))
        with pytest.raises(EncryptionFailed, match="does not open with this master key"):
            rotation.rotate(OPERATOR)
    assert kept.opens_with(kept.new)


def test_a_key_that_is_being_made_meanwhile_is_waited_for(kept_in_postgresql: Kept) -> None:
    kept = kept_in_postgresql
    files = kept.old, kept.new
    rewrapping = threading.Thread(target=rewrap_keys, args=(kept.address, kept.state, *files))
    with kept.opened(kept.old) as running:
        with running.records.change() as transaction:
            transaction.encryption_keys.lock()
            running.encryption.rotate(transaction, 9)
            rewrapping.start()
            rewrapping.join(0.3)
            assert rewrapping.is_alive()
        rewrapping.join()
    assert kept.opens_with(kept.new)


def test_a_file_that_a_sidecar_has_is_left_alone(tmp_path: Path) -> None:
    kept = kept_in(DatabaseAddress.in_folder(tmp_path), tmp_path)
    with kept.opened(kept.old):
        done = kept.rewrap()
    assert done.exit_code == 5
    assert "used by another process; stop it first" in done.stderr


def test_where_there_is_nothing_to_wrap_nothing_is_made(tmp_path: Path) -> None:
    kept = Kept(DatabaseAddress.in_folder(tmp_path), tmp_path, key_file(tmp_path / "a", 1), key_file(tmp_path / "b", 2))
    assert "there is no database" in kept.rewrap().stderr
    assert not Path(kept.address.place).exists()
    Database.open(kept.address).close()
    assert "holds no keys yet" in kept.rewrap().stderr
