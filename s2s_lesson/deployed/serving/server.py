"""The server: an application on a socket, until it is told to stop."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Annotated, TypeAlias

import uvicorn

from s2s_lesson.data.expected import PositiveInt, Range, checked
from s2s_lesson.deployed.serving.application import Application

LOOPBACK = "127.0.0.1"
BACKLOG = 2048  # connections that may wait to be taken
Port: TypeAlias = Annotated[int, Range(0, 65535)]


class Server(uvicorn.Server):
    """Serves an application, and lets it finish what is under way when it is told to stop.

    Args:
        application: ``Application``.
        started: called once requests are taken.
        stop_within: int, in seconds. How long what is under way may take to finish.

    >>> from types import SimpleNamespace
    >>> manifest = SimpleNamespace(name="dates", licence=None, attribution=None)
    >>> model = SimpleNamespace(manifest=manifest, max_source_length=30, max_output_length=11)
    >>> server = Server(Application(model))
    >>> server.handle_exit(signal.SIGTERM, None)
    >>> server.should_exit, server.application.health().ready
    (True, False)
    """

    @checked
    def __init__(
        self,
        application: Application,
        started: Callable[[], None] = lambda: None,
        stop_within: PositiveInt = 30,
    ):
        self.application, self._say_started = application, started
        super().__init__(
            uvicorn.Config(
                application.asgi,
                lifespan="on",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=stop_within,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            self._say_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Refuse new requests, and end once those under way are answered."""
        self.application.batcher.stop()
        super().handle_exit(sig, frame)


@checked
def listen(host: str, port: Port) -> socket.socket:
    """Open a socket for a server.

    Args:
        host: str. "127.0.0.1" is reached from this machine alone, "0.0.0.0" from everywhere.
        port: int. 0 takes any that is free.

    Returns:
        The socket, already listening.

    Raises:
        OSError: the port is taken, or the host none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends answers at once, instead of 40 ms later, where the protocol is named.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise OSError(
            f"Expected a host of this machine and a free port; received {host} and {port}: {error}. "
            "Choose another by --host or --port."
        ) from error
    return listening


def address(listening: socket.socket) -> str:
    """Where a socket is reached: a URL."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@checked
def run(application: Application, listening: socket.socket, stop_within: PositiveInt = 30) -> None:
    """Serve until SIGTERM or Ctrl-C; says where it listens, and logs to standard error.

    Args:
        application: ``Application``.
        listening: socket, from ``listen``.
        stop_within: int, in seconds. How long what is under way may take to finish.

    Raises:
        KeyboardInterrupt: it was stopped by Ctrl-C.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    url, name = address(listening), application.health().name or "a model"

    def say() -> None:
        print(f"Serving {name} on {url} (a page; /docs lists the interface). Ctrl-C stops it.", flush=True)

    before = signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises it once more at its end
    try:
        Server(application, say, stop_within).run(sockets=[listening])
    finally:
        signal.signal(signal.SIGTERM, before)
