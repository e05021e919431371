"""The types of the wire for the served policy: its state, and what a webhook is answered."""

from typing import Annotated

from msgspec import Meta, Struct

from doorward.web.wire import PolicyProblem


class PolicyRefusal(Struct):
    """A newer revision that does not load, or is not trusted."""

    seen_at: str
    revision: str | None
    problems: list[PolicyProblem]


class PolicyOutage(Struct):
    """The source does not answer."""

    since: str
    reason: str


class PolicyStatus(Struct):
    """The served policy: its revision, since when, from where, and what is wrong with a newer one."""

    revision: str
    since: str
    source: str
    state: Annotated[str, Meta(extra_json_schema={"enum": ["current", "stale"]})]
    from_last_good: bool
    rules: int
    newest: str | None
    answered_at: str | None
    refused: PolicyRefusal | None
    unreadable: PolicyOutage | None


class WebhookAnswer(Struct):
    """The source is looked at now; what came of it is in GET /v1/policy."""

    status: Annotated[str, Meta(extra_json_schema={"enum": ["accepted"]})]
