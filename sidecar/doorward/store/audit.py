"""Audit events as rows, in the order of their numbers."""

import json

from doorward.domain.audit import AuditEvent
from doorward.store.rows import Rows


class AuditRows:
    """The port `AuditTrail`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def record(self, event: AuditEvent) -> None:
        """Write an event, in this transaction."""
        fields = {
            "at": event.at,
            "actor": event.actor,
            "tenant": event.tenant,
            "type": event.type.value,
            "resource": event.resource,
            "action": event.action,
            "details": json.dumps(dict(event.details)),
            "success": int(event.success),
            "request_id": event.request_id,
            "address": event.address,
        }
        self._rows.add(fields, {})
