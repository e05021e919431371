"""Counting without a lock: every thread for itself, a scrape adds up."""

import threading

from doorward.web.metrics import CountedFlags, FlagKinds, Meter


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


def test_flags_that_are_counted_together_are_counted_one_by_one() -> None:
    meter = Meter()
    settled, shared, of_all = ("a", "on", "STATIC"), ("b", "on", "SPLIT"), ("c", "", "ERROR")
    kinds = FlagKinds([settled], [[shared, ("b", "off", "SPLIT")]])
    same = CountedFlags(kinds, [1], [of_all])
    for number in range(10_000):
        meter.flags(CountedFlags(kinds, [number % 4 // 3], [of_all] if number < 10 else ()))
        meter.flags(same if number % 100 else CountedFlags(FlagKinds([settled] * 200, []), [], []))
    meter.flags(CountedFlags(FlagKinds([settled, shared], []), [], []))
    meter.flag(settled, 7.0)
    found = {settled: 39_902, shared: 7_501, ("b", "off", "SPLIT"): 12_400, of_all: 9_910}
    assert meter.flag_evaluations() == found
    assert meter.flag_evaluations() == found
    assert meter.flags_last_asked() == {settled[0]: 7.0}, "by its key; lists of all flags say nothing"
