"""The request that a thread or task of a worker serves."""

from . import _samara

path = None  # of the worker's repository
task_request = None  # of asynchronous functions: a ContextVar, once there are any


def request():
    """The request that this thread or task serves; None."""
    found = _samara.current_request()
    if found is None and task_request is not None:
        found = task_request.get()
    return found
