"""Calls that requests make beside one another: threads that wait for them.

A request may have 32 at a time; the others stand in a line. One call of each request always goes
on, whatever the others do, so that requests which wait for one another get to their ends."""

import _thread
import collections
import concurrent.futures
import threading

_AT_ONCE_MAX = 32
_EXTRA_MAX = 256  # threads in all, beside the one of each request
_PARKED_MAX = 32
_PARKED_SECONDS = 10

_lock = threading.Lock()
_extra = 0
_parked = []  # threads that have nothing to do for the moment


class _Parked:
    __slots__ = ("wake", "job")

    def __init__(self):
        self.wake, self.job = threading.Lock(), None
        self.wake.acquire()


def _start(group, item):
    with _lock:
        parked = _parked.pop() if _parked else None
    if parked is None:
        _thread.start_new_thread(_serve, (group, item))
        return
    parked.job = (group, item)
    parked.wake.release()


def _serve(group, item):
    while True:
        _work(group, item)
        group = item = None
        own = _Parked()
        with _lock:
            if len(_parked) >= _PARKED_MAX:
                return
            _parked.append(own)
        if not own.wake.acquire(timeout=_PARKED_SECONDS):
            with _lock:
                if own in _parked:
                    _parked.remove(own)
                    return
            own.wake.acquire()  # somebody has just found work for it
        group, item = own.job


class Group:
    """The calls of one request."""

    __slots__ = ("running", "waiting")

    def __init__(self):
        self.running = 0
        self.waiting = collections.deque()


def _may_start(group):
    global _extra
    if group.running > 0:
        if group.running >= _AT_ONCE_MAX or _extra >= _EXTRA_MAX:
            return False
        _extra += 1
    group.running += 1
    return True


def _next(group):
    """What a thread does after a call; and whether there is work for one more thread."""
    global _extra
    with _lock:
        if group.waiting:
            item = group.waiting.popleft()
            if group.waiting and _may_start(group):
                return item, group.waiting.popleft()
            return item, None
        group.running -= 1
        if group.running > 0:
            _extra -= 1
        return None, None


def _work(group, item):
    while item is not None:
        future, work, arguments = item
        if future.set_running_or_notify_cancel():
            try:
                result = work(*arguments)
            except BaseException as error:  # noqa: BLE001 - it goes to whoever waits
                future.set_exception(error)
            else:
                future.set_result(result)
        item, another = _next(group)
        if another is not None:
            _start(group, another)


def submit(group, work, *arguments):
    """A future of `work`, which waits for its turn in the group."""
    item = (concurrent.futures.Future(), work, arguments)
    with _lock:
        start = not group.waiting and _may_start(group)
        if not start:
            group.waiting.append(item)
    if start:
        _start(group, item)
    return item[0]
