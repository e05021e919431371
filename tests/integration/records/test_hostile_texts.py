"""Texts that a database does not keep, in paths and behind question marks: refused, and no fault of the sidecar."""

import pytest

from doorward.domain.database_address import DatabaseAddress
from support.recorded_api import MakeApi


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
def test_the_nul_character_is_refused_wherever_it_stands(
    make_api: MakeApi, database_address: DatabaseAddress, method: str
) -> None:
    api = make_api(database_address)
    api.tenant()
    api.user("ann")
    paths = [
        "/v1/users/%00",
        "/v1/tenants/%00",
        "/v1/keys/a%00",
        "/v1/sessions/%00",
        "/v1/users/ann/roles/viewer%00",
        "/v1/users/ann/roles/viewer?tenant=%00",
        "/v1/users?username=%00",
        "/v1/users?tenant=%00",
        "/v1/tenants?plan=%00",
        "/v1/sessions?user=%00",
    ]

    found = {api(method, path, {"first_name": "Ann"}).status for path in paths}

    assert found <= {400, 405}
    assert 400 in found
