"""Policy tests, policies/tests/*.yaml: questions with the expected answers, read and run without a server.

docs/reference/policy.md has the format; docs/adr/0009-policy-tests.md says why nobody who serves reads them.
"""

from doorward.policy.policy_tests.cases import Answer, Check, FlagOutcome, PolicyTest, Result, word
from doorward.policy.policy_tests.reading import load_with_tests, read_tests
from doorward.policy.policy_tests.running import run_tests

__all__ = [
    "Answer",
    "Check",
    "FlagOutcome",
    "PolicyTest",
    "Result",
    "load_with_tests",
    "read_tests",
    "run_tests",
    "word",
]
