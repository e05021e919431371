"""Endpoints of what users prove themselves with."""

from doorward.domain.callers import Scope
from doorward.web.endpoints import Endpoint
from doorward.web.record_rows import MISSING, changing
from doorward.web.records.secret_wire import CodeBody, PasswordBody, PasswordValidity, RecoveryCodes, TotpEnrolment
from doorward.web.records.user_secrets import UserSecretEndpoints


def user_secrets_rows(secrets: UserSecretEndpoints) -> list[Endpoint]:
    """What users prove themselves with."""
    scope = Scope.ADMIN_USERS
    one = "/v1/users/{user}"
    return [
        changing(
            scope,
            ("PUT", one + "/password"),
            "users_set_password",
            "Set a user's password, and end the user's sessions",
            secrets.set_password,
            {204: None, **MISSING},
            body=PasswordBody,
            versioned=True,
            patient=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("POST", one + "/totp"),
            "users_enrol_totp",
            "Make a shared secret for one-time codes",
            secrets.enrol,
            {201: TotpEnrolment, **MISSING},
        ),
        changing(
            scope,
            ("POST", one + "/totp/confirm"),
            "users_confirm_totp",
            "Confirm a shared secret by a code of it",
            secrets.confirm,
            {200: RecoveryCodes, **MISSING},
            body=CodeBody,
        ),
        changing(
            scope,
            ("DELETE", one + "/totp"),
            "users_remove_totp",
            "Take one-time codes and recovery codes away",
            secrets.remove,
            {204: None, **MISSING},
        ),
        changing(
            scope,
            ("POST", one + "/recovery-codes"),
            "users_renew_recovery",
            "Replace the recovery codes",
            secrets.renew_recovery,
            {200: RecoveryCodes, **MISSING},
        ),
        changing(
            scope,
            ("POST", one + "/unlock"),
            "users_unlock",
            "End a lockout",
            secrets.unlock,
            {204: None, **MISSING},
        ),
        Endpoint(
            method="POST",
            path="/v1/security/validate-password",
            name="validate_password",
            summary="Does the security policy accept a password? All reasons at once",
            handler=secrets.validate,
            scope=Scope.ADMIN_USERS,
            body=PasswordBody,
            answers={200: PasswordValidity},
            from_policy=True,
        ),
    ]
