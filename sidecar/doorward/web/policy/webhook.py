"""The webhook of a git host: who may send it, and what it wakes."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from doorward.web.http import Request

_GITHUB_PREFIX: Final = "sha256="


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """The secret that the git host and the sidecar share, and what a push wakes."""

    secret: bytes = field(repr=False)
    wake: Callable[[], None]

    def is_signed(self, request: Request) -> bool:
        """Whether the sender knows the secret.

        GitHub (and Gitea, Forgejo) send the HMAC-SHA256 of the body in X-Hub-Signature-256, GitLab the
        secret itself in X-Gitlab-Token. Both are compared in constant time.
        """
        signature, token = request.header("x-hub-signature-256"), request.header("x-gitlab-token")
        if signature is not None:
            expected = _GITHUB_PREFIX + hmac.new(self.secret, request.body, hashlib.sha256).hexdigest()
            return hmac.compare_digest(expected.encode(), signature.encode(errors="replace"))
        return token is not None and hmac.compare_digest(self.secret, token.encode(errors="replace"))
