"""The workers of a Dask cluster as a crew. The only importer of dask and distributed.

They see neither this disk nor the cache: all that they need comes with their orders, and what
they make goes back as bytes. They are looked for once there is enough to do for them.
"""

import logging
import pickle
import platform
import re
import secrets
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

from labo_ssg.build.crew import Context, Crew, Done, Lost, Order, Step
from labo_ssg.build.progress import Tell
from labo_ssg.places import default_templates
from labo_ssg.problems import Place, Problem

PACKAGES = "babel distributed Jinja2 Markdown MarkupSafe msgspec nh3 pyromark python-frontmatter PyYAML tzdata".split()
CONNECTING = 5.0  # seconds to wait for a scheduler,
ALONE = 30.0  # and for a worker where there is none
LOOK = 1.0  # seconds between two looks at who is there
CLOSING = 5.0  # seconds to say goodbye
# What is asked of a worker, as words: a function would be looked for by the scheduler too, and what a worker
# does not find ends it, where here it is an error as any other.
_DO = "__import__('labo_ssg.build.cluster', fromlist=['do']).do(*told)"
_FORGET = "__import__('labo_ssg.build.cluster', fromlist=['forget']).forget()"
LOUD = ("distributed", "distributed.client", "tornado", "tornado.application", "tornado.general", "asyncio")
LARGEST = "1GB"  # of what goes to a worker at once: Dask would complain of 10 MB

_ADDRESS = re.compile(r"(?:(?:tcp|tls|ucx|ws|wss)://)?[^/\s]+:[0-9]{1,5}")
_one_at_a_time = threading.Lock()  # what reads and renders texts is not made for the threads of a worker


def is_address(text: str) -> bool:
    """Tell whether `text` may be the address of a scheduler."""
    return bool(_ADDRESS.fullmatch(text))


def missing_package() -> str:
    """Return the package without which there is no cluster, "" where it is installed."""
    return "" if find_spec("distributed") else "distributed"


class Cluster(Crew):
    """The workers that the scheduler at `address` knows."""

    apart = True
    ahead = 2  # they may be many, and what they are to do and have done waits in this process's memory

    def __init__(self, address: str, tell: Tell) -> None:
        super().__init__(1, tell)
        self._address = address
        self._workers: _Workers | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._workers:
            if not error:
                self._workers.dismiss()
            self._workers.close()

    def _gather(
        self,
        step: Step[Context, Order, Done],
        context: Context,
        orders: Sequence[Order],
        prepare: Callable[[Order], Order] | None,
    ) -> Callable[[slice], Future[list[Done]]]:
        """Look for workers, unless they are known; return what has one of them do a chunk of the `orders`."""
        if self._workers is None:
            self._workers = _Workers(self._address)
            self.jobs = self._workers.count
        workers, packed = self._workers, pickle.dumps(context)
        ready = prepare or (lambda order: order)
        return lambda chunk: workers.do(step, packed, [ready(order) for order in orders[chunk]])


class _Workers:
    """The connection to a cluster; raises Lost, here and in each answer, where it cannot do the work."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client = self._connected()
        try:
            self._client.wait_for_workers(1, timeout=ALONE)
        except TimeoutError as error:
            self.close()
            raise self._lost("the cluster has no worker", f"start some: dask worker {self._address}") from error
        except BaseException:
            self.close()
            raise
        self.count = self._present()
        self._shared: tuple[bytes, Any] = (b"", None)

    def do(self, step: Step[Any, Order, Done], context: bytes, orders: list[Order]) -> Future[list[Done]]:
        """Have a worker do some `orders` of a `step`, whose packed `context` is given."""
        return _Answer(self._ask(_DO, passport(), self._hand_over(context), pickle.dumps((step, orders))), self)

    def _ask(self, words: str, *told: Any, **where: Any) -> Any:
        key = f"labo-{secrets.token_hex(8)}"
        return self._client.submit(eval, words, {"told": told}, key=key, pure=False, **where)

    def answer(self, asked: Any) -> Any:
        """Return what a worker answers, once it does."""
        from distributed.scheduler import KilledWorker

        try:
            self._wait_for(asked)
            found = pickle.loads(asked.result())  # noqa: S301 - of a worker, which is trusted with the texts
        except (CancelledError, OSError) as error:
            raise self._lost("the cluster is gone", "look at what ended its scheduler, and build again") from error
        except KilledWorker as error:
            what = f"workers were killed at the same work, the last one was {error.last_worker.address}"
            raise self._lost(what, "there may be too little memory for each: start fewer on a machine") from error
        except ImportError as error:
            name = str(error.name).partition(".")[0]
            raise self._lost(f"a worker has no `{name}`", "install there what is installed here") from error
        if isinstance(found, Exception):
            raise found
        return found

    def _wait_for(self, asked: Any) -> None:
        """Wait until a worker has done what was asked, as long as there is one."""
        from distributed import wait

        alone = 0.0
        while True:
            try:
                wait(asked, timeout=LOOK)
                return
            except TimeoutError:
                alone = 0.0 if self._present() else alone + LOOK
            if alone >= ALONE:
                raise self._lost("no worker of the cluster is left", "look at what ended them, and build again")

    def dismiss(self) -> None:
        """Have the workers forget what they were told of the site."""
        from distributed import wait

        with suppress(Exception):  # all that matters is done
            wait([self._ask(_FORGET, workers=[one]) for one in self._client.nthreads()], timeout=CLOSING)

    def close(self) -> None:
        """Say goodbye: the cluster forgets what it was asked and has not done yet."""
        with suppress(Exception):  # it may be gone
            self._client.close(CLOSING)

    def _connected(self) -> Any:
        import dask
        from distributed import Client

        dask.config.set({"distributed.admin.large-graph-warning-threshold": LARGEST})
        for name in LOUD:  # what matters is told as a Problem
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of versions that differ: each worker looks at them
                return Client(self._address, timeout=CONNECTING, name="labo")
        except (OSError, ValueError) as error:
            hint = "start one with `dask scheduler`, which tells its address, or look for what stands between"
            raise self._lost(f"no scheduler answers: {str(error).partition(chr(10))[0]}", hint) from error

    def _hand_over(self, context: bytes) -> Any:
        """Return what stands for a `context` on the cluster, which gives it to each worker once.

        As the outcome of a task it comes again where the workers that had it are gone.
        """
        if self._shared[0] is not context:
            self._shared = (context, self._client.submit(bytes, context, pure=False))
        return self._shared[1]

    def _present(self) -> int:
        """Return the number of workers, 0 too where the scheduler does not answer."""
        with suppress(Exception):  # many kinds, of several libraries
            return len(self._client.nthreads())
        return 0

    def _lost(self, what: str, hint: str) -> Lost:
        return Lost(Problem(Place(self._address), what, hint))


class _Answer(Future[Any]):
    """What a worker will answer."""

    def __init__(self, asked: Any, workers: _Workers) -> None:
        super().__init__()
        self._asked, self._workers = asked, workers

    def result(self, timeout: float | None = None) -> Any:
        return self._workers.answer(self._asked)


@cache
def passport() -> dict[str, str]:
    """Return what this process has of all that shapes pages, by name."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"Python": python, "Labo SSG": _own(), **{name: _version(name) for name in PACKAGES}}


def _own() -> str:
    """Return the version of this program, with a digest of its files wherever they lie."""
    home, templates = Path(__file__).parent.parent, default_templates()
    named = {f"templates/{path.relative_to(templates)}": path for path in templates.rglob("*")}
    for path in home.rglob("*.[py]*"):
        if not path.is_relative_to(templates) and path.suffix in (".py", ".po"):
            named[str(path.relative_to(home))] = path
    found = blake2b(digest_size=4)
    for name, path in sorted(named.items()):
        if path.is_file():
            data = path.read_bytes()
            found.update(b"%s\0%d\0" % (name.encode(), len(data)) + data)
    return f"{_version('labo-ssg')} ({found.hexdigest()})"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def do(wanted: Mapping[str, str], context: bytes, packed: bytes) -> bytes:
    """Do some work on a worker; return what was made, or why it was not: Dask may be unable to send an error."""
    try:
        return pickle.dumps(_done(wanted, context, packed))
    except Lost as lost:
        return pickle.dumps(lost)
    except Exception:
        return pickle.dumps(RuntimeError(f"{_address()}:\n{traceback.format_exc(limit=-20)}"))


def _done(wanted: Mapping[str, str], context: bytes, packed: bytes) -> Any:
    """Return what some work makes, if this worker does it as the machine would that asks."""
    here = passport()
    if others := [
        f"{name} {here.get(name, 'missing')}, not {one}" for name, one in wanted.items() if here.get(name) != one
    ]:
        what = f"it would make other pages, with {'; '.join(others)}"
        raise Lost(Problem(Place(_address()), what, "install there the same versions as here, and start it again"))
    step, orders = pickle.loads(packed)  # noqa: S301 - of a client: who may send work may do anything here
    with _one_at_a_time:
        unpacked = _context(context)
        return [step(unpacked, order) for order in orders]


@lru_cache(maxsize=2)
def _context(packed: bytes) -> Any:
    """Return the context of a step, unpacked once a process."""
    return pickle.loads(packed)  # noqa: S301 - as above


def forget() -> None:
    """Drop the contexts of steps: a worker lives on after the build."""
    _context.cache_clear()


def _address() -> str:
    """Return how the cluster calls this worker."""
    from distributed import get_worker

    return f"the worker {get_worker().address}"
