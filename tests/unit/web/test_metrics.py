"""Counting without a lock: every thread for itself, a scrape adds up."""

import threading

from doorward.web.metrics import Meter


def test_threads_add_up() -> None:
    meter = Meter()

    def work() -> None:
        for _ in range(1000):
            meter.request("a", 200, 0.0002)
            meter.decision("allow")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.requests() == {("a", 200): 8000}
    assert meter.decisions() == {"allow": 8000}
    row = meter.seconds()["a"]
    assert sum(row[:-1]) == 8000
    assert abs(row[-1] - 1.6) < 1e-6
