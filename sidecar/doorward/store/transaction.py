"""One transaction as services see it: its repositories, and the version of the facts that it makes."""

from pony.orm import Database as PonyDatabase

from doorward.domain.database_address import DatabaseKind
from doorward.store.answers import AnswerRows
from doorward.store.api_keys import ApiKeyRows
from doorward.store.audit import AuditRows
from doorward.store.encryption import EncryptionKeyRows
from doorward.store.entities import Entities, Entity
from doorward.store.facts_log import FactsLog
from doorward.store.flag_overrides import FlagOverrideRows
from doorward.store.limit_overrides import LimitOverrideRows
from doorward.store.rows import Rows, Statements
from doorward.store.sessions import SessionRows
from doorward.store.subscriptions import SubscriptionRows
from doorward.store.tenants import TenantRows
from doorward.store.throttles import ThrottleRows
from doorward.store.usage import UsageRows
from doorward.store.usage_checks import UsageCheckRows
from doorward.store.usage_thresholds import ThresholdRows
from doorward.store.users import AccountRows


class Repositories:
    """The repositories of a database: they keep nothing, so that every transaction has the same ones."""

    def __init__(self, pony: PonyDatabase, entities: Entities, kind: DatabaseKind, row_lock: str) -> None:
        def rows(entity: Entity) -> Rows:
            return Rows(entity, row_lock)

        statements = self.statements = Statements(pony)
        self.notifies = kind is DatabaseKind.POSTGRESQL
        self.tenants = TenantRows(rows(entities.tenant))
        self.accounts = AccountRows(rows(entities.account), statements)
        self.api_keys = ApiKeyRows(rows(entities.api_key), rows(entities.api_key_secret), statements)
        self.sessions = SessionRows(rows(entities.session), statements)
        self.throttles = ThrottleRows(statements)
        self.flag_overrides = FlagOverrideRows(statements, row_lock)
        self.limit_overrides = LimitOverrideRows(statements, row_lock)
        self.subscriptions = SubscriptionRows(statements, row_lock)
        self.usage = UsageRows(statements, row_lock)
        self.usage_checks = UsageCheckRows(statements, row_lock)
        self.thresholds = ThresholdRows(statements, row_lock)
        self.audit = AuditRows(rows(entities.audit_event))
        self.answers = AnswerRows(statements)
        self.encryption_keys = EncryptionKeyRows(rows(entities.encryption_key), statements)


class StoredTransaction:
    """The port `Transaction`."""

    def __init__(self, repositories: Repositories) -> None:
        facts = FactsLog(repositories.statements, notifies=repositories.notifies)
        self.touch = facts.touch
        self.facts_version = facts.version
        self.finish = facts.finish
        self.tenants = repositories.tenants
        self.accounts = repositories.accounts
        self.api_keys = repositories.api_keys
        self.sessions = repositories.sessions
        self.throttles = repositories.throttles
        self.flag_overrides = repositories.flag_overrides
        self.limit_overrides = repositories.limit_overrides
        self.subscriptions = repositories.subscriptions
        self.usage = repositories.usage
        self.usage_checks = repositories.usage_checks
        self.thresholds = repositories.thresholds
        self.audit = repositories.audit
        self.answers = repositories.answers
        self.encryption_keys = repositories.encryption_keys
