"""Access rules over HTTP: listed, shown, declared and taken away."""

from doorward.domain.callers import Caller
from doorward.domain.errors import NotFound
from doorward.domain.policy_changes import Proposed
from doorward.domain.rules import NewRule, Rule
from doorward.services.policy import PolicyService
from doorward.services.policy_changes import PolicyChangeService
from doorward.services.ports import PolicySnapshot
from doorward.services.recording import Recorder
from doorward.web.http import Request, Response, json_response
from doorward.web.pages import page_of, read_page, read_query
from doorward.web.policy.changes import proposed, revision_header
from doorward.web.policy.wire import NewRuleBody, RuleItem, RuleList, WrittenChange
from doorward.web.recorded import change_beside
from doorward.web.strict_json import decode_object
from doorward.web.wire import to_body


class RuleEndpoints:
    """/v1/rules and /v1/rules/{name}."""

    def __init__(self, policy: PolicyService, changes: PolicyChangeService, recorder: Recorder) -> None:
        self._policy = policy
        self._changes = changes
        self._recorder = recorder

    def list_all(self, request: Request, _caller: Caller) -> Response:
        """Some rules of the served policy."""
        snapshot = self._policy.current
        start, count = read_page(request)
        rules, following = page_of(snapshot.declared.list_rules(start, count + 1), start, count)
        answer = RuleList(items=[_item(one) for one in rules], next=following)
        return json_response(200, answer, revision_header(snapshot.revision))

    def show(self, request: Request, _caller: Caller) -> Response:
        """One rule of the served policy."""
        read_query(request, ())
        return _shown(200, self._policy.current, request.parameters["name"])

    def create(self, request: Request, caller: Caller) -> Response:
        """Declare a rule: 201 once it is served, 202 where it waits to be merged."""
        return change_beside("rules_create", request, caller, self._recorder, lambda: self._create(request, caller))

    def _create(self, request: Request, caller: Caller) -> Response:
        read_query(request, ())
        body = to_body(decode_object(request.body), NewRuleBody)
        rule = NewRule.checked(
            name=body.name,
            description=body.description,
            resource=body.resource,
            action=body.action,
            conditions=body.conditions,
        )
        made = self._changes.create_access_rule(rule, caller, body.reason)
        return proposed(made) if isinstance(made, Proposed) else _shown(201, made.snapshot, rule.name)

    def delete(self, request: Request, caller: Caller) -> Response:
        """Take a rule away: 200 once it is no longer served, 202 where that waits to be merged."""
        return change_beside("rules_delete", request, caller, self._recorder, lambda: self._delete(request, caller))

    def _delete(self, request: Request, caller: Caller) -> Response:
        reason = read_query(request, ("reason",)).get("reason", "")
        made = self._changes.delete_rule(request.parameters["name"], caller, reason)
        if isinstance(made, Proposed):
            return proposed(made)
        revision = made.snapshot.revision
        return json_response(200, WrittenChange(commit=made.commit, revision=revision), revision_header(revision))


def _shown(status: int, snapshot: PolicySnapshot, name: str) -> Response:
    rule = snapshot.declared.find_rule(name)
    if rule is None:
        raise NotFound(f"there is no rule {name[:200]!r}; `doorward rules list` or GET /v1/rules lists them")
    return json_response(status, _item(rule), revision_header(snapshot.revision))


def _item(rule: Rule) -> RuleItem:
    return RuleItem(
        name=rule.name,
        place=rule.place,
        description=rule.description,
        subject=rule.subject,
        tenant=rule.tenant,
        resource=rule.resource,
        action=rule.action,
        when=rule.when,
        effect=rule.effect,
        gate=rule.gate,
    )
