"""The request that runs here, and the repository as it sees it."""

from . import _samara
from ._errors import Error
from ._repository import Repository

_base = None
path = None  # of the worker's repository
task_request = None  # of asynchronous functions: a ContextVar, once there are any


def request():
    """The request that this thread or task serves; None."""
    found = _samara.current_request()
    if found is None and task_request is not None:
        found = task_request.get()
    return found


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
    of = request()
    if of is None:
        raise Error("no request is served here: samara.current(), run and call are for functions "
                    "that a worker runs, and for its own threads and tasks")
    if _base is None:
        _base = Repository(path)
    return RequestRepository(_base, of)


def run(function, *arguments, **options):
    """Calls a function of the repository from within a request, and waits: Repository.run."""
    return current().run(function, *arguments, **options)


async def call(function, *arguments, **options):
    """The same for asyncio: Repository.call. 32 calls of a request run at the same time."""
    return await current().call(function, *arguments, **options)
