"""The secret that the page about usage has its reader make is one that libraries of Standard Webhooks take."""

import base64
import re
import subprocess
from pathlib import Path

import pytest

from doorward.settings import usage_webhook
from support.trees import ROOT


@pytest.mark.needs("openssl")
def test_the_secret_of_the_page_is_read_as_standard_webhooks_reads_it(tmp_path: Path) -> None:
    (command,) = re.findall(r"^\$ (.*openssl .*)$", (ROOT / "docs/how-to/count-usage.md").read_text(), re.MULTILINE)
    subprocess.run(["bash", "-euc", command], cwd=tmp_path, check=True, timeout=30)
    file = tmp_path / "webhook.secret"

    hook = usage_webhook(
        {"DOORWARD_USAGE_WEBHOOK_URL": "https://a.example/", "DOORWARD_USAGE_WEBHOOK_SECRET_FILE": str(file)}
    )

    assert hook is not None
    assert hook.secret == base64.b64decode(file.read_text().strip().removeprefix("whsec_"))  # as its libraries do
    assert len(hook.secret) == 32
    assert file.stat().st_mode & 0o077 == 0
