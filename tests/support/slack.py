"""How much longer than is promised things may take on a busy machine."""

import os
from typing import Final

SLACK: Final = float(os.environ.get("DOORWARD_TEST_SLACK", "5"))
"""So many times as long; 1 where evidence is wanted, on a machine that does nothing else."""
