"""API keys over HTTP."""

from msgspec.structs import asdict

from doorward.domain.api_keys import ApiKey, NewApiKey
from doorward.domain.callers import Caller
from doorward.services.api_keys import ApiKeyService, MadeKey
from doorward.web.http import Request, Response, json_response
from doorward.web.pages import read_query
from doorward.web.recorded import (
    actor_of,
    change,
    id_page,
    item_response,
    no_content,
    read_id_page,
    wanted_versions,
)
from doorward.web.records.key_wire import KeyItem, KeyList, KeySecretItem, MadeKeyItem, NewKeyBody, RotateKeyBody
from doorward.web.strict_json import decode_object
from doorward.web.times import read_time, time_of, time_or_null
from doorward.web.wire import to_body


class ApiKeyEndpoints:
    """/v1/keys and below."""

    def __init__(self, keys: ApiKeyService) -> None:
        self._keys = keys

    def list_all(self, request: Request, caller: Caller) -> Response:
        """Some keys."""
        after, count, _ = read_id_page(request)
        found = self._keys.page(actor_of(request, caller), after, count + 1)
        page, following = id_page(found, count, lambda one: one.id)
        return json_response(200, KeyList(items=[_item(one) for one in page], next=following))

    def show(self, request: Request, caller: Caller) -> Response:
        """One key."""
        read_query(request, ())
        key = self._keys.find(actor_of(request, caller), request.parameters["key"])
        return item_response(200, _item(key), key.version)

    def create(self, request: Request, caller: Caller) -> Response:
        """Make a key."""
        read_query(request, ())
        body = to_body(decode_object(request.body), NewKeyBody)
        until = 0 if body.expires_at is None else read_time("expires_at", body.expires_at)
        new = NewApiKey.checked(name=body.name, scopes=body.scopes, tenant=body.tenant_id, expires_at=until)
        return change("keys_create", request, caller, lambda actor: self._keys.create(actor, new), _made)

    def rotate(self, request: Request, caller: Caller) -> Response:
        """Give a key another secret."""
        read_query(request, ())
        body = to_body(decode_object(request.body), RotateKeyBody)
        key, wanted = request.parameters["key"], wanted_versions(request)
        return change(
            "keys_rotate",
            request,
            caller,
            lambda actor: self._keys.rotate(actor, key, body.overlap_seconds, wanted),
            _made,
        )

    def revoke(self, request: Request, caller: Caller) -> Response:
        """End a key."""
        read_query(request, ())
        key, wanted = request.parameters["key"], wanted_versions(request)
        return change("keys_revoke", request, caller, lambda actor: self._keys.revoke(actor, key, wanted), no_content)


def _made(made: MadeKey) -> Response:
    item = MadeKeyItem(**asdict(_item(made.key)), key=made.secret)
    return item_response(201, item, made.key.version)


def _item(key: ApiKey) -> KeyItem:
    return KeyItem(
        id=key.id,
        name=key.name,
        scopes=sorted(one.value for one in key.scopes),
        tenant_id=key.tenant,
        secrets=[
            KeySecretItem(
                prefix=one.prefix, created_at=time_of(one.created_at), expires_at=time_or_null(one.expires_at)
            )
            for one in key.secrets
        ],
        expires_at=time_or_null(key.expires_at),
        revoked_at=time_or_null(key.revoked_at),
        last_used_at=time_or_null(key.last_used_at),
        created_at=time_of(key.created_at),
        version=key.version,
    )
