"""Thresholds: told in the API, and by one signed webhook each, again and again for a day."""

import base64
import hashlib
import hmac
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from doorward.domain.plans import Per
from doorward.domain.usage_thresholds import NEVER, Threshold, next_try
from doorward.services.usage import ThresholdSender, thresholds
from doorward.store.database import Database
from doorward.web.usage import threshold_webhook
from doorward.web.usage.threshold_webhook import ThresholdWebhook
from support.ledgers import AT, SECOND, Ask, asked, consume, give_back, new_id
from support.recorded_api import Api
from support.usage import event, send

SECRET = b"a secret of twenty-four bytes"
HOUR = 3_600


class Hears(BaseHTTPRequestHandler):
    """A receiver: answers what it is told to, the last one for ever."""

    answers: ClassVar[list[int]] = []
    heard: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.send_response(status)
        self.send_header("location", "/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the server calls it
        pass


@contextmanager
def receiver(*answers: int, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, type[Hears]]]:
    kind = type("Receiver", (Hears,), {"answers": [*answers], "heard": []})
    with HTTPServer(("127.0.0.1", 0), kind) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that does not trust it
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook?a=b", kind
        server.shutdown()
        thread.join()


class Clock:
    def __init__(self) -> None:
        self.now = AT / SECOND

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def passed(database: Database) -> Database:
    """A database where 80 and 100 percent of a limit were reached."""
    ask = Ask(database.ledger(new_id, lambda _books: None))
    ask(consume(asked(amount=85), id="most"))
    ask(consume(asked(amount=15)))
    ask.lane.close()
    return database


def sender(database: Database, clock: Clock, url: str, **more: Any) -> ThresholdSender:
    return ThresholdSender(database, ThresholdWebhook(url, SECRET), clock, lambda _text: None, lambda: 0.0, **more)


def states(database: Database) -> list[tuple[int, bool, int]]:
    with database.read() as transaction:
        found = transaction.thresholds.page("acme", "", 100)
        return sorted((one.percent, one.delivered_at > 0, one.tries) for one in found)


def test_each_threshold_is_told_once_and_signed(passed: Database) -> None:
    clock = Clock()
    with receiver(204) as (url, hears):
        assert sender(passed, clock, url).send_due() == 2
        clock.now += 10 * HOUR
        assert sender(passed, clock, url).send_due() == 0

    assert states(passed) == [(80, True, 1), (100, True, 1)]
    headers, body = hears.heard[0]
    told = json.loads(body)
    assert told["type"] == "usage.threshold"
    assert (told["data"]["tenant"], told["data"]["name"], told["data"]["percent"]) == ("acme", "max_agents", 80)
    assert (told["data"]["used"], told["data"]["limit"], told["data"]["id"]) == (85, 100, headers["webhook-id"])
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_what_was_not_heard_is_told_again_later_each_time(passed: Database) -> None:
    clock = Clock()
    with receiver(500, 302, 204) as (url, hears):
        one = sender(passed, clock, url)
        assert one.send_due() == 2
        assert one.send_due() == 0
        clock.now += 6
        assert one.send_due() == 2

    assert len(hears.heard) == 4
    assert states(passed) == [(80, True, 2), (100, True, 2)]
    assert len({headers["webhook-id"] for headers, _ in hears.heard}) == 2


def test_a_share_is_told_again_where_the_limit_is_another(passed: Database) -> None:
    clock = Clock()
    ask = Ask(passed.ledger(new_id, lambda _books: None))
    with receiver(204) as (url, hears):
        one = sender(passed, clock, url)
        assert one.send_due() == 2
        ask(give_back("most"))
        ask(consume(asked(amount=84)))
        assert one.send_due() == 0
        ask(consume(asked(amount=61, limit=200)))
        assert one.send_due() == 1
    ask.lane.close()

    assert [
        (told["percent"], told["used"], told["limit"]) for told in (json.loads(body)["data"] for _, body in hears.heard)
    ] == [
        (80, 85, 100),
        (100, 100, 100),
        (80, 160, 200),
    ]


def test_a_share_that_is_reached_twice_at_once_is_noted_once(database: Database) -> None:
    ask = Ask(database.ledger(new_id, lambda _books: None))
    (outcome,) = ask.many([[consume(asked(amount=85, limit=100)), consume(asked(amount=5, limit=110))]])
    ask.lane.close()
    assert not isinstance(outcome, Exception)
    with database.read() as transaction:
        (one,) = transaction.thresholds.page("acme", "", 10)
        assert (one.percent, one.used, one.amount) == (80, 90, 110)


def test_old_thresholds_of_periods_are_forgotten_and_those_of_totals_stay(passed: Database) -> None:
    ask = Ask(passed.ledger(new_id, lambda _books: None))
    ask(consume(asked("api_calls", 100, per=Per.HOUR)))
    ask.lane.close()
    with passed.change() as transaction:
        assert transaction.thresholds.prune(AT, 100) == 0
        assert transaction.thresholds.prune(AT + 1, 100) == 2
        assert {one.per for one in transaction.thresholds.page("acme", "", 10)} == {Per.TOTAL}


def test_after_a_day_nobody_is_told_any_more(passed: Database) -> None:
    clock, tries = Clock(), 0
    with receiver(500) as (url, _):
        one = sender(passed, clock, url)
        for _ in range(40):
            tries += one.send_due()
            clock.now += HOUR
        clock.now += 100 * HOUR
        assert one.send_due() == 0

    assert 2 * 20 < tries < 2 * 40
    assert {done for _, done, _ in states(passed)} == {False}


def test_who_is_to_stop_tells_of_one_at_most(passed: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    monkeypatch.setattr(thresholds, "LOOK_SECONDS", 0.0)

    class Slow:
        told = 0

        def tell(self, _threshold: Threshold, _now: int) -> str | None:
            self.told += 1
            stop.set()
            return None

    slow = Slow()
    ThresholdSender(passed, slow, Clock(), lambda _text: None).follow(stop)
    assert slow.told == 1


def test_what_was_reached_long_ago_is_not_told(passed: Database) -> None:
    clock = Clock()
    clock.now += 25 * HOUR
    with receiver(204) as (url, hears):
        sender(passed, clock, url).send_due()
    assert hears.heard == []


def test_one_sender_at_a_time_has_a_threshold(passed: Database) -> None:
    with passed.change() as transaction:
        first = transaction.thresholds.claim(AT, AT + SECOND)
        second = transaction.thresholds.claim(AT, AT + SECOND)
        assert first is not None
        assert second is not None
        assert first.id != second.id
        assert transaction.thresholds.claim(AT, AT + SECOND) is None
        assert not transaction.thresholds.has_due(AT)
        assert transaction.thresholds.has_due(AT + SECOND)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://127.0.0.1:1/", "ConnectionRefusedError"),
        ("https://127.0.0.1:{port}/", "SSL"),
        ("http://named.example:{port}/", "is not public"),
    ],
)
def test_what_cannot_be_reached_is_said(url: str, fault: str) -> None:
    with receiver(204) as (there, hears):
        port = there.split(":")[2].split("/")[0]
        hook = ThresholdWebhook(url.replace("{port}", port), SECRET, lambda _host, _port: ["127.0.0.1"])
        told = hook.tell(a_threshold(), AT)
    assert told is not None
    assert fault in told
    assert hears.heard == []


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "fe80::1%eth0",
        "224.0.0.1",
        "0.0.0.0",  # noqa: S104 - nobody listens
        "::7f00:1",
    ],
)
def test_a_name_leads_to_no_address_behind_the_firewall(address: str) -> None:
    hook = ThresholdWebhook("http://named.example/", SECRET, lambda _host, _port: ["93.184.216.34", address])
    told = hook.tell(a_threshold(), AT)
    assert told is not None
    assert "is not public; give the address itself" in told


def test_a_name_server_that_is_silent_is_not_waited_for_and_costs_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threshold_webhook, "LOOKUP_SECONDS", 0.05)
    answers, asked = threading.Event(), []

    def silent(host: str, _port: int) -> list[str]:
        asked.append(host)
        answers.wait(30)
        return ["10.0.0.1"]

    hook = ThresholdWebhook("http://named.example/", SECRET, silent)
    for _ in range(3):
        told = hook.tell(a_threshold(), AT)
        assert told is not None
        assert "named.example were not told within" in told
    assert asked == ["named.example"]
    monkeypatch.setattr(threshold_webhook, "LOOKUP_SECONDS", 30)
    answers.set()
    told = hook.tell(a_threshold(), AT)
    assert told is not None
    assert "is not public" in told


def test_a_receiver_that_speaks_slowly_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threshold_webhook, "WHOLE_SECONDS", 0.2)
    stop = threading.Event()

    class Slow(Hears):
        def do_POST(self) -> None:
            while not stop.wait(0.05):
                try:
                    self.wfile.write(b"H")
                except OSError:
                    return

    with HTTPServer(("127.0.0.1", 0), Slow) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert ThresholdWebhook(f"http://127.0.0.1:{server.server_port}/", SECRET).tell(a_threshold(), AT) is not None
        stop.set()
        thread.join()


def certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1 that it signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "doorward")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(plain + made.public_bytes(Encoding.PEM))
    return file


def test_it_is_told_over_tls_to_whom_the_certificate_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with receiver(204, tls=context) as (url, hears):
        hook = ThresholdWebhook(url.replace("http:", "https:"), SECRET)
        told = hook.tell(a_threshold(), AT)
        assert told is not None
        assert "CERTIFICATE_VERIFY_FAILED" in told
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert hook.tell(a_threshold(), AT) is None
    assert len(hears.heard) == 1


def a_threshold(tries: int = 1) -> Threshold:
    return Threshold(
        id="t",
        tenant="acme",
        name="api_calls",
        per=Per.HOUR,
        starts_at=AT,
        percent=80,
        used=80,
        amount=100,
        passed_at=AT,
        delivered_at=0,
        tries=tries,
    )


def test_waits_grow_twofold_up_to_an_hour_and_end_after_a_day() -> None:
    waits = [(next_try(a_threshold(tries), AT, 0.0) - AT) // SECOND for tries in (1, 2, 3, 10, 11, 50)]
    assert waits == [5, 10, 20, 2560, 3600, 3600]
    assert (next_try(a_threshold(), AT, 1.0) - AT) / SECOND == 2.5
    assert next_try(a_threshold(11), AT + 24 * HOUR * SECOND, 0.0) == NEVER


def test_thresholds_are_listed_by_tenant(api: Api) -> None:
    api.tenant("acme")
    api.tenant("zeta")
    send(api, event(value=850))
    send(api, event(value=150))

    items = api("GET", "/v1/usage/thresholds?tenant=acme").body["items"]

    assert [(one["name"], one["per"], one["percent"], one["used"], one["limit"]) for one in items] == [
        ("api_calls", "hour", 80, 850, 1000),
        ("api_calls", "hour", 100, 1000, 1000),
    ]
    assert all(one["delivered_at"] is None for one in items)
    first = api("GET", "/v1/usage/thresholds?tenant=acme&limit=1").body
    assert api("GET", f"/v1/usage/thresholds?tenant=acme&cursor={first['next']}").body["items"] == items[1:]
    bound = api.bound("zeta", "usage:read")
    assert bound("GET", "/v1/usage/thresholds").body["items"] == []
    assert bound("GET", "/v1/usage/thresholds?tenant=acme").status == 403
    assert api("GET", "/v1/usage/thresholds").status == 400
