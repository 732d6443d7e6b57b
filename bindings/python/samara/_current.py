"""The request that runs here, and the repository as it sees it."""

import sys

from . import _request
from ._errors import Error
from ._repository import Repository

_base = None


class _WorkerRepository(Repository):
    """Registers nothing of its own: what the worker offers is called through the queue by all
    alike, so that calls have the same identity wherever they are made."""

    _offered = {}


class RequestRepository(Repository):
    """The worker's repository for one request: what it calls belongs to the request, ends with it,
    and is told of its deadline. While it waits for a call it holds no slot of the worker."""

    def __init__(self, base, of):
        self.__dict__.update(base.__dict__)
        self._request = of

    def __repr__(self):
        return f"<samara repository {self.path!r} of a request>"

    def close(self):
        """Does nothing: it is the worker's."""

    def _run(self, *arguments):
        asyncio = sys.modules.get("asyncio")
        if asyncio is not None and asyncio._get_running_loop() is not None:
            raise Error("a call from an asynchronous function is awaited: await samara.call(…); "
                        "run would stop all that share the event loop")
        return super()._run(*arguments)

    def _submit(self, work, *arguments):
        from . import _calls
        group = self._request.group
        if group is None:
            group = self._request.group = _calls.Group()
        return _calls.submit(group, work, *arguments)


def current():
    """The repository of the worker, for the request that this thread or task serves: `run`, `call`
    and all else. Raises Error outside of a function that a worker runs."""
    global _base
    of = _request.request()
    if of is None:
        raise Error("no request is served here: samara.current(), run and call are for functions "
                    "that a worker runs, and for its own threads and tasks")
    if _base is None:
        _base = _WorkerRepository(_request.path)
    return RequestRepository(_base, of)


def run(function, *arguments, **options):
    """Calls a function of the repository from within a request, and waits: Repository.run."""
    return current().run(function, *arguments, **options)


async def call(function, *arguments, **options):
    """The same for asyncio: Repository.call. 32 calls of a request run at the same time."""
    return await current().call(function, *arguments, **options)
