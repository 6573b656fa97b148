"""What stands before the application: limits of bodies, headers, counts, and a log that holds no texts."""

import asyncio
import json
import logging
import time
import traceback
from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from s2s_lesson.deployed.serving.answers import Refusal
from s2s_lesson.deployed.serving.limits import Limits
from s2s_lesson.deployed.serving.metrics import Metrics

LOG = logging.getLogger("s2s_lesson.serving")
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
FAILED = "The server failed, and wrote down where."
READ_ON = 16  # times the limit: so much of a body that is too large is read, so that the answer is, too


class Guard:
    """An ASGI application before another one.

    A body that is too large is answered by 413, one that does not arrive by 408, and a fault in the server by
    500. Every answer is counted, and logged by its path, without what was asked or answered.

    Args:
        application: the ASGI application.
        paths: those it knows; all others are counted and logged as "other".
        limits: ``Limits``.
        metrics: ``Metrics``, to count in.

    >>> guard = Guard(None, ["/predict"], Limits(), Metrics())
    >>> guard.named("/predict"), guard.named("/a-text-in-a-path")
    ('/predict', 'other')
    """

    def __init__(self, application: ASGIApp, paths: Collection[str], limits: Limits, metrics: Metrics):
        self.application, self.paths, self.limits, self.metrics = application, set(paths), limits, metrics

    def named(self, path: str) -> str:
        """A path as it is counted and logged."""
        return path if path in self.paths else "other"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        start, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", []), *own]}
            await send(message)

        try:
            await self._answer(scope, receive, send_with_headers)
        except Exception as error:
            # Where it happened, and not what it says: that may hold a text.
            where = "".join(traceback.format_tb(error.__traceback__))
            LOG.error("%s in %s\n%s", type(error).__name__, self.named(scope["path"]), where)
            if not status:
                await _refuse(send_with_headers, 500, FAILED)
        finally:
            seconds, path = time.perf_counter() - start, self.named(scope["path"])
            self.metrics.answered(path, status, seconds)
            LOG.info("%s %s %s %.3f s", scope["method"], path, status, seconds)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                body = await self._body(scope, receive)
        except TimeoutError:
            detail = (
                f"Expected a body within {self.limits.body_seconds:g} seconds; received a part of one. Send "
                "it faster, or fewer texts."
            )
            await _refuse(send, 408, detail)
            return
        if body is None:
            detail = (
                f"Expected a body of at most {self.limits.body_bytes} bytes; received more. Send fewer texts."
            )
            await _refuse(send, 413, detail)
            return
        whole = [body]

        async def receive_whole() -> Message:
            if whole:
                return {"type": "http.request", "body": whole.pop(), "more_body": False}
            return await receive()

        await self.application(scope, receive_whole, send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The body; None if it is too large. Then it is read and forgotten, unless it is far too large."""
        limit, size, parts = self.limits.body_bytes, 0, []
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) > READ_ON * limit:
            return None
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return b""
            part = message.get("body", b"")
            size += len(part)
            if size <= limit:
                parts.append(part)
            if size > READ_ON * limit or not message.get("more_body"):
                return b"".join(parts) if size <= limit else None


async def _refuse(send: Send, status: int, detail: str) -> None:
    body = json.dumps(Refusal(detail=detail).model_dump()).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
