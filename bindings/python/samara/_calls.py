"""Calls that requests make beside one another: threads that wait for them.

A request may have 32 at a time; the others stand in a line. One call of each request always goes
on, whatever the others do, so that requests which wait for one another get to their ends."""

import collections
import concurrent.futures
import threading

_AT_ONCE_MAX = 32
_EXTRA_MAX = 256  # threads in all, beside the one of each request
_THREADS_MAX = 8192

_lock = threading.Lock()
_extra = 0
_executor = concurrent.futures.ThreadPoolExecutor(_THREADS_MAX, thread_name_prefix="samara-call")


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
            _executor.submit(_work, group, another)


def submit(group, work, *arguments):
    """A future of `work`, which waits for its turn in the group."""
    item = (concurrent.futures.Future(), work, arguments)
    with _lock:
        start = not group.waiting and _may_start(group)
        if not start:
            group.waiting.append(item)
    if start:
        _executor.submit(_work, group, item)
    return item[0]
