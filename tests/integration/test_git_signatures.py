"""Whose signature counts: real keys, real commits, ssh-keygen as the judge."""

import itertools
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from doorward.sources.git.signatures import Signers, signing_key_fault
from support.git_repositories import Repository
from support.git_servers import make_key
from support.git_signing import LONG_AGO, allow, raw, signature_of, signed, with_signature, without_signature
from support.trees import tree

pytestmark = pytest.mark.needs("ssh-keygen")
ANN, BOB = "ann@example.org", "bob@example.org"
PGP = b"-----BEGIN PGP SIGNATURE-----\n\niQEzBAABCAAdFiEE\n-----END PGP SIGNATURE-----\n"
X509 = b"-----BEGIN SIGNED MESSAGE-----\nMIIEowYJKoZIhvc\n-----END SIGNED MESSAGE-----\n"


@dataclass
class Bench:
    """A repository, two keys, and commits by them."""

    folder: Path
    repository: Repository
    ann: Path
    bob: Path
    tree: str

    def commit(self, key: Path | None, dates: dict[str, str] | None = None) -> bytes:
        if key is None:
            return raw(self.repository, self.repository.commit_tree(self.tree))
        return raw(self.repository, signed(self.repository, key, self.tree, dates=dates))

    def allowed(self, *lines: tuple[str, Path]) -> Path:
        return allow(self.folder / "allowed", *lines)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("signatures")
    repository = Repository(folder / "policy.git")
    return Bench(folder, repository, make_key(folder / "ann"), make_key(folder / "bob"), repository.tree(tree()))


def test_an_allowed_key_is_trusted_in_whatever_order_the_keys_stand(bench: Bench) -> None:
    for lines in itertools.permutations([(ANN, bench.ann), (BOB, bench.bob)]):
        signers = Signers(bench.allowed(*lines))
        assert signers.fault(bench.commit(bench.ann)) is None
        assert signers.fault(bench.commit(bench.bob)) is None


def test_a_key_that_stands_twice_counts_if_one_of_its_lines_allows_it(bench: Bench) -> None:
    lines = [(f'{BOB} valid-before="20200101"', bench.ann), (ANN, bench.ann)]
    for order in itertools.permutations(lines):
        assert Signers(bench.allowed(*order)).fault(bench.commit(bench.ann)) is None


def test_no_signature_is_refused(bench: Bench) -> None:
    signers = Signers(bench.allowed((ANN, bench.ann)))
    assert "has no signature" in (signers.fault(bench.commit(None)) or "")
    stripped = without_signature(bench.commit(bench.ann))
    assert b"gpgsig" not in stripped
    assert "has no signature" in (signers.fault(stripped) or "")


def test_an_unknown_key_is_refused(bench: Bench) -> None:
    fault = Signers(bench.allowed((ANN, bench.ann))).fault(bench.commit(bench.bob))
    assert fault is not None
    assert "does not allow now" in fault


def test_a_retired_key_is_refused_whatever_the_commits_date(bench: Bench) -> None:
    signers = Signers(bench.allowed((f'{ANN} valid-before="20200101"', bench.ann)))
    assert signers.fault(bench.commit(bench.ann, LONG_AGO)) is not None
    assert signers.fault(bench.commit(bench.ann, LONG_AGO), at=1_500_000_000) is None


def test_a_key_that_is_not_valid_yet_is_refused(bench: Bench) -> None:
    later = time.strftime("%Y%m%d", time.localtime(time.time() + 3 * 86_400))
    signers = Signers(bench.allowed((f'{ANN} valid-after="{later}"', bench.ann)))
    assert signers.fault(bench.commit(bench.ann)) is not None


def test_a_revoked_key_is_refused_then_and_now(bench: Bench) -> None:
    krl = bench.folder / "krl"
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", str(krl), f"{bench.ann}.pub"], check=True)
    allowed = bench.allowed((ANN, bench.ann), (BOB, bench.bob))
    for revoked in (Path(f"{bench.ann}.pub"), krl):
        signers = Signers(allowed, revoked)
        assert "revokes" in (signers.fault(bench.commit(bench.ann)) or "")
        assert "revokes" in (signers.fault(bench.commit(bench.ann), at=1_700_000_000) or "")
        assert signers.fault(bench.commit(bench.bob)) is None


def test_a_revocation_list_that_is_gone_trusts_nobody(bench: Bench) -> None:
    signers = Signers(bench.allowed((ANN, bench.ann)), bench.folder / "nowhere")
    assert signers.fault(bench.commit(bench.ann)) is not None


def test_a_list_of_signers_that_is_gone_or_garbage_trusts_nobody(bench: Bench) -> None:
    garbage = bench.folder / "garbage"
    garbage.write_bytes(b"\0\xff * not a key\n")
    for file in (garbage, bench.folder / "nowhere"):
        assert Signers(file).fault(bench.commit(bench.ann)) is not None


def test_a_signature_made_for_something_else_is_refused(bench: Bench) -> None:
    signers = Signers(bench.allowed((ANN, bench.ann)))
    commit = bench.commit(None)
    assert signers.fault(with_signature(commit, signature_of(commit, bench.ann))) is None
    assert signers.fault(with_signature(commit, signature_of(commit, bench.ann, namespace="file"))) is not None
    assert signers.fault(with_signature(commit, signature_of(commit + b"x", bench.ann))) is not None


def test_a_key_allowed_for_another_namespace_is_refused(bench: Bench) -> None:
    for namespaces, is_trusted in (("file", False), ("git", True), ("file,git", True)):
        signers = Signers(bench.allowed((f'{ANN} namespaces="{namespaces}"', bench.ann)))
        assert (signers.fault(bench.commit(bench.ann)) is None) == is_trusted


def test_other_kinds_of_signatures_are_refused(bench: Bench) -> None:
    signers = Signers(bench.allowed((ANN, bench.ann)))
    for other in (PGP, X509, b"-----BEGIN SSH SIGNATURE-----\n", b"x"):
        assert signers.fault(with_signature(bench.commit(None), other)) is not None


def test_more_than_one_signature_is_refused(bench: Bench) -> None:
    signers = Signers(bench.allowed((ANN, bench.ann)))
    commit = bench.commit(None)
    ann, bob = signature_of(commit, bench.ann), signature_of(commit, bench.bob)
    for two in ((ann, bob), (bob, ann), (PGP, ann), (ann, PGP)):
        assert "more than one signature" in (signers.fault(with_signature(commit, *two)) or "")


def test_a_signature_in_the_message_is_none(bench: Bench) -> None:
    commit = bench.commit(None)
    signature = signature_of(commit, bench.ann).strip().replace(b"\n", b"\n ")
    signers = Signers(bench.allowed((ANN, bench.ann)))
    assert "has no signature" in (signers.fault(commit + b"\ngpgsig " + signature + b"\n") or "")


def test_a_commit_changed_after_it_was_signed_is_refused(bench: Bench) -> None:
    signers = Signers(bench.allowed((ANN, bench.ann)))
    commit = bench.commit(bench.ann)
    assert signers.fault(commit.replace(b"Signed", b"Forged")) is not None
    assert signers.fault(commit.replace(b"tree ", b"tree 0")) is not None
    assert signers.fault(commit.replace(b"\ncommitter ", b"\nparent " + b"0" * 40 + b"\ncommitter ")) is not None


def test_a_certificate_of_an_allowed_authority_is_trusted(bench: Bench) -> None:
    authority, holder = make_key(bench.folder / "authority"), make_key(bench.folder / "holder")
    certify = ["ssh-keygen", "-q", "-s", str(authority), "-I", "ann", "-n", ANN, "-V", "+1d", f"{holder}.pub"]
    subprocess.run(certify, check=True)
    commit = bench.commit(None)
    by_certificate = signature_of(commit, Path(f"{holder}-cert.pub"))
    signers = Signers(bench.allowed((f"{ANN} cert-authority", authority)))
    assert signers.fault(with_signature(commit, by_certificate)) is None
    assert signers.fault(with_signature(commit, signature_of(commit, bench.bob))) is not None


def test_without_ssh_keygen_nobody_is_trusted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = bench.commit(bench.ann)
    monkeypatch.setenv("PATH", str(bench.folder))
    assert "cannot be run" in (Signers(bench.allowed((ANN, bench.ann))).fault(commit) or "")


def test_nothing_may_stand_behind_the_end_of_a_signature(bench: Bench) -> None:
    signers = Signers(bench.allowed((ANN, bench.ann)))
    commit = bench.commit(bench.ann)
    assert signers.fault(commit) is None
    malleable = commit.replace(b"-----END SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n more\n")
    assert malleable != commit
    assert "something behind its end" in str(signers.fault(malleable))


def test_the_signature_of_another_object_format_counts_nothing(bench: Bench) -> None:
    signers = Signers(bench.allowed((ANN, bench.ann)))
    other = bench.commit(bench.ann).replace(b"\ngpgsig -----BEGIN", b"\ngpgsig-sha256 -----BEGIN")
    assert "not of SSH" in str(signers.fault(other))
    assert signers.fault(other, digits=64) is None
    assert "not of SSH" in str(signers.fault(bench.commit(bench.ann), digits=64))


def test_a_key_that_signs_must_need_no_passphrase(bench: Bench) -> None:
    locked = bench.folder / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", str(locked)], check=True)
    assert signing_key_fault(bench.ann) is None
    assert "has a passphrase" in str(signing_key_fault(locked))
    assert "no private SSH key" in str(signing_key_fault(Path(f"{bench.ann}.pub")))
