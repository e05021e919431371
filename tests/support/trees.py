"""Policy trees for tests, as mappings from path to bytes, and as folders."""

from collections.abc import Mapping
from pathlib import Path

from doorward.policy import Snapshot, Tree, load_snapshot

ROOT = Path(__file__).resolve().parents[2]
MODEL = (ROOT / "models/access.conf").read_text()
RULES = (ROOT / "policies/access.csv").read_text()
ACCESS_MODEL, ACCESS_RULES = "models/access.conf", "policies/access.csv"
CATALOG, DIRECTORY = "policies/catalog.yaml", "policies/directory.yaml"
FLAGS, PLANS_MODEL, PLANS = "policies/flags.yaml", "models/plans.conf", "policies/plans.csv"
SECURITY = "policies/security.yaml"

PLANS_CONF = (ROOT / PLANS_MODEL).read_text()
PLANS_CSV = (ROOT / PLANS).read_text()


def tree(rules: str = RULES, model: str = MODEL, directory: str | None = None) -> dict[str, bytes]:
    """The files of a tree."""
    files = {ACCESS_MODEL: model.encode(), ACCESS_RULES: rules.encode()}
    if directory is not None:
        files[DIRECTORY] = directory.encode()
    return files


def snapshot(rules: str = RULES, model: str = MODEL, directory: str | None = None) -> Snapshot:
    """A loaded tree."""
    return load_snapshot(Tree(tree(rules, model, directory)))


def write_tree(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write a tree below `folder` and return the folder."""
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return folder
