"""What users prove themselves with, over HTTP."""

from doorward.domain.callers import Caller
from doorward.services.passwords import Passwords
from doorward.services.user_secrets import UserSecretService
from doorward.web.http import Request, Response, json_response
from doorward.web.pages import read_query
from doorward.web.recorded import change, no_content, wanted_versions
from doorward.web.records.secret_wire import CodeBody, PasswordBody, PasswordValidity, RecoveryCodes, TotpEnrolment
from doorward.web.strict_json import decode_object
from doorward.web.wire import to_body


class UserSecretEndpoints:
    """Passwords and one-time codes below /v1/users/{user}, and POST /v1/security/validate-password."""

    def __init__(self, secrets: UserSecretService, passwords: Passwords) -> None:
        self._secrets = secrets
        self._passwords = passwords

    def validate(self, request: Request, _caller: Caller) -> Response:
        """Whether the security policy accepts a password."""
        read_query(request, ())
        faults = self._passwords.faults(to_body(decode_object(request.body), PasswordBody).password)
        return json_response(200, PasswordValidity(valid=not faults, errors=list(faults)))

    def set_password(self, request: Request, caller: Caller) -> Response:
        """Set a password."""
        read_query(request, ())
        password = to_body(decode_object(request.body), PasswordBody).password
        user, wanted = request.parameters["user"], wanted_versions(request)
        return change(
            "users_set_password",
            request,
            caller,
            lambda actor: self._secrets.set_password(actor, user, password, wanted),
            no_content,
        )

    def enrol(self, request: Request, caller: Caller) -> Response:
        """Make a shared secret for one-time codes."""
        read_query(request, ())
        user = request.parameters["user"]
        return change(
            "users_enrol_totp",
            request,
            caller,
            lambda actor: self._secrets.enrol(actor, user),
            lambda made: json_response(201, TotpEnrolment(secret=made.secret, uri=made.uri)),
        )

    def confirm(self, request: Request, caller: Caller) -> Response:
        """Confirm a shared secret by a code of it."""
        read_query(request, ())
        code = to_body(decode_object(request.body), CodeBody).code
        user = request.parameters["user"]
        return change(
            "users_confirm_totp", request, caller, lambda actor: self._secrets.confirm(actor, user, code), _codes
        )

    def remove(self, request: Request, caller: Caller) -> Response:
        """Take one-time codes away."""
        read_query(request, ())
        user = request.parameters["user"]
        return change("users_remove_totp", request, caller, lambda actor: self._secrets.remove(actor, user), no_content)

    def renew_recovery(self, request: Request, caller: Caller) -> Response:
        """Replace the recovery codes."""
        read_query(request, ())
        user = request.parameters["user"]
        return change(
            "users_renew_recovery", request, caller, lambda actor: self._secrets.renew_recovery(actor, user), _codes
        )

    def unlock(self, request: Request, caller: Caller) -> Response:
        """End a lockout."""
        read_query(request, ())
        user = request.parameters["user"]
        return change("users_unlock", request, caller, lambda actor: self._secrets.unlock(actor, user), no_content)


def _codes(codes: tuple[str, ...]) -> Response:
    return json_response(200, RecoveryCodes(recovery_codes=list(codes)))
