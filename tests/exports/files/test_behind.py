"""Work that is done while its caller goes on."""

from functools import partial
from threading import Event, Timer

import pytest

from exports.files.behind import Behind


def test_it_is_done_in_order_and_all_of_it() -> None:
    done: list[int] = []
    behind = Behind()
    for number in range(20):
        behind.do(partial(done.append, number))
        # At most the last of them is still to be done.
        assert len(done) >= number
    behind.settle()
    assert done == list(range(20))
    behind.leave()


def test_nothing_waits_behind_what_is_done() -> None:
    behind, gate = Behind(), Event()
    behind.do(gate.wait)
    Timer(0.2, gate.set).start()
    assert not gate.is_set()
    behind.do(list)
    assert gate.is_set()
    behind.leave()


def test_what_goes_wrong_is_raised_once_with_the_next() -> None:
    behind = Behind()

    def fail() -> None:
        raise OSError("no room")

    behind.do(fail)
    with pytest.raises(OSError, match="no room"):
        behind.do(lambda: None)
    behind.settle()
    behind.leave()


def test_leaving_waits_and_says_nothing() -> None:
    done: list[bool] = []
    behind = Behind()

    def fail() -> None:
        done.append(True)
        raise OSError("no room")

    behind.do(fail)
    behind.leave()
    assert done == [True]
