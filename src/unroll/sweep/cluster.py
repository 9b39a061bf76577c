"""Units computed by a cluster that is there already: the workers of a `dask.distributed` scheduler.

Schedulers, workers, SLURM and TLS are dask's own affair. A worker needs unroll installed, in the same version.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from unroll.errors import UserError
from unroll.files import read_regular
from unroll.sweep.run import Place, Stopped, Workers
from unroll.text import printable, shown_path

if TYPE_CHECKING:
    from distributed import Client

WORKER_S = 30
CLOSE_S = 3
"""How long a scheduler may be without any worker, and the farewell."""
GOES_ON = "the same command then goes on"
NO_WORKER = f"No worker joins the scheduler: start some with dask worker ADDRESS; {GOES_ON}."
MAX_FILE = 10**6
LOUD = ("distributed", "distributed.client", "tornado.application")
"""Loggers that tell of a lost connection, and of a call that ctrl+c cut short, by tracebacks."""
NO_CERTIFICATE = (
    "A tls:// scheduler wants a certificate: name yours as dask is told, by DASK_DISTRIBUTED__COMM__TLS__CA_FILE, "
    "DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT and DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY, or in dask's own files."
)


def at(scheduler: str) -> Place:
    """The workers of the scheduler at that address, or of that scheduler file.

    Raises (once it is entered):
        UserError: dask.distributed is not installed, or that is no address.
        Stopped: no scheduler answers, or no worker joins it.
    """

    @contextmanager
    def workers() -> Iterator[Workers]:
        try:
            from distributed import Client, Security
        except ImportError:
            raise UserError("--scheduler needs dask.distributed: pip install distributed.") from None
        for name in LOUD:  # what is lost is computed again, and said here
            logging.getLogger(name).setLevel(logging.CRITICAL)
        address, security = _address(scheduler), Security()
        try:
            if address.startswith("tls:") and not security.get_connection_args("client")["ssl_context"]:
                raise UserError(NO_CERTIFICATE)
            client = Client(address, set_as_default=False, security=security)
        except UserError:
            raise
        except Exception as error:  # of many kinds, dask's own among them
            raise Stopped(
                f"No dask scheduler answers at {printable(scheduler, 60)} ({_first_line(error)}): start one with "
                f"dask scheduler; {GOES_ON}."
            ) from None
        try:
            yield _workers(client)
        finally:
            with suppress(Exception):  # a scheduler that is gone cannot be told that this is
                client.close(timeout=CLOSE_S)

    return workers


def _address(text: str) -> str:
    """A scheduler's address, or that in its file."""
    if Path(text).is_file():
        try:
            return str(json.loads(read_regular(text, MAX_FILE))["address"])
        except (ValueError, LookupError, TypeError):
            raise UserError(f"{shown_path(text)} is no scheduler file of dask: name one, or an address.") from None
    if not re.fullmatch(r"((tcp|tls)://)?[^\s/]+:\d+", text):
        raise UserError(
            f"--scheduler cannot be {printable(text, 60)!r}: choose an address like tcp://127.0.0.1:8786, or a "
            "scheduler file that is there."
        )
    return text


def _workers(client: Client) -> Workers:
    try:
        client.wait_for_workers(1, timeout=WORKER_S)
    except TimeoutError:
        raise Stopped(NO_WORKER) from None
    except Exception:
        raise Stopped(f"The dask scheduler is lost: start one with dask scheduler; {GOES_ON}.") from None
    return Workers(client.get_executor(pure=False), Slots(client))


class Slots:
    """How many units the workers of a scheduler can compute at once."""

    def __init__(self, client: Client) -> None:
        self._client, self._connection = client, client.scheduler_comm
        self._last_seen = monotonic()

    def __call__(self) -> int:
        """At least one, for workers may come back.

        Raises:
            BrokenExecutor: the connection to the scheduler is lost. Of what was asked over it nothing is heard, even by
                a client that has another one by now.
            Stopped: there has been no worker for `WORKER_S`.
        """
        client = self._client
        if client.scheduler_comm is not self._connection:
            raise BrokenExecutor
        try:
            threads = int(client.sync(client.scheduler.identity, n_workers=0)["total_threads"])
        except Exception as error:
            raise BrokenExecutor from error
        if threads:
            self._last_seen = monotonic()
        elif monotonic() - self._last_seen >= WORKER_S:
            raise Stopped(NO_WORKER)
        return max(1, threads)


def _first_line(error: Exception) -> str:
    return printable((str(error) or type(error).__name__).partition("\n")[0], 80)
