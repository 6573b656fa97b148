"""The application: which paths there are, and what each answers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from s2s_lesson import __version__
from s2s_lesson.data.expected import checked
from s2s_lesson.data.prediction import Prediction
from s2s_lesson.deployed.exported import ExportedTextToText
from s2s_lesson.deployed.serving import pages
from s2s_lesson.deployed.serving.answers import Answer, Health, Refusal, answer
from s2s_lesson.deployed.serving.batching import Batcher, BusyError
from s2s_lesson.deployed.serving.guard import FAILED, Guard
from s2s_lesson.deployed.serving.jobs import Job
from s2s_lesson.deployed.serving.limits import Limits
from s2s_lesson.deployed.serving.metrics import CONTENT_TYPE, Metrics
from s2s_lesson.deployed.serving.refusals import in_words, writable
from s2s_lesson.deployed.serving.requests import PredictRequest, SampleRequest

RETRY_AFTER = {"retry-after": "1"}  # seconds
GONE = 499  # whoever asked went away; nobody reads it, but it is counted
REFUSALS: dict[int | str, dict[str, object]] = {
    408: {"model": Refusal, "description": "The body did not arrive in time"},
    413: {"model": Refusal, "description": "The body is too large"},
    422: {"model": Refusal, "description": "What is asked cannot be done"},
    503: {"model": Refusal, "description": "Too much waits, or the server stops: ask again later"},
}


class Application:
    """An exported model as an ASGI application.

    Args:
        model: ``ExportedTextToText``, from ``load``.
        limits: ``Limits``, or None for the usual ones.

    Attributes:
        batcher: ``Batcher``. ``batcher.stop()`` lets it answer what waits and refuse all else.
        metrics: ``Metrics``.
        asgi: what an ASGI server runs.

    >>> from types import SimpleNamespace
    >>> from s2s_lesson.deployed.serving.application import Application
    >>> manifest = SimpleNamespace(name="dates", licence=None, attribution=None)
    >>> model = SimpleNamespace(manifest=manifest, max_source_length=30, max_output_length=11)
    >>> Application(model).health().name
    'dates'
    """

    @checked
    def __init__(self, model: ExportedTextToText, limits: Limits | None = None):
        self.model, self.limits, self.metrics = model, limits or Limits(), Metrics()
        self.batcher = Batcher(model, self.limits, self.metrics)
        api = FastAPI(
            title=f"s2s-lesson: {model.manifest.name or 'a model'}",
            version=__version__,
            description="An exported sequence-to-sequence model: its likeliest outputs, and samples.",
            docs_url=None,  # both would ask another server for their scripts
            redoc_url=None,
            lifespan=self._decoding,
        )
        self._add_routes(api)
        pages.add_routes(api, self.health, self.limits)
        api.add_exception_handler(RequestValidationError, _misread)
        api.add_exception_handler(HTTPException, _refused)
        api.add_exception_handler(Exception, _failed)
        paths = {getattr(route, "path", "") for route in api.routes} | pages.FILES.keys()
        self.asgi: ASGIApp = Guard(api, paths, self.limits, self.metrics)

    def health(self) -> Health:
        """Whether requests are taken, and what is served."""
        manifest = self.model.manifest
        return Health(
            ready=not self.batcher.stopping,
            name=manifest.name,
            licence=manifest.licence,
            attribution=manifest.attribution,
            max_source_length=self.model.max_source_length,
            max_output_length=self.model.max_output_length,
        )

    @asynccontextmanager
    async def _decoding(self, _: FastAPI) -> AsyncIterator[None]:
        """Decode while the application runs."""
        task = asyncio.create_task(self.batcher.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        self.batcher.close()

    def _add_routes(self, api: FastAPI) -> None:
        @api.post("/predict", response_model=Answer, responses=REFUSALS, summary="The likeliest outputs")
        async def predict(asked: PredictRequest, request: Request) -> Response:
            return await self._outputs(asked, request)

        @api.post("/sample", response_model=Answer, responses=REFUSALS, summary="Outputs drawn at random")
        async def sample(asked: SampleRequest, request: Request) -> Response:
            return await self._outputs(asked, request)

        @api.get("/health", response_model=Health, summary="Whether the server takes requests: 200 or 503")
        async def health() -> Response:
            told = self.health()
            return JSONResponse(told.model_dump(exclude_none=True), 200 if told.ready else 503)

        @api.get("/metrics", summary="Counts, in the text format of Prometheus")
        async def metrics() -> Response:
            return Response(self.metrics.text(), media_type=CONTENT_TYPE)

    async def _outputs(self, asked: PredictRequest | SampleRequest, request: Request) -> Response:
        try:
            predictions = await self._while_connected(asked.job(self.limits), request)
            if predictions is None:
                return Response(status_code=GONE)
        except BusyError as error:
            return JSONResponse({"detail": str(error)}, 503, RETRY_AFTER)
        except (TypeError, ValueError) as error:
            if not str(error).startswith("Expected "):  # then it is no fault of the request
                raise
            return JSONResponse({"detail": writable(str(error))}, 422)
        text = await asyncio.to_thread(_as_json, predictions, asked.attention)  # it may be long
        return Response(text, media_type="application/json")

    async def _while_connected(self, job: Job, request: Request) -> Sequence[Prediction] | None:
        """The answer to a job; None if whoever asked went away, and then the job leaves the queue."""
        wanted = asyncio.ensure_future(self.batcher.answer(job))
        gone = asyncio.ensure_future(_gone(request))
        try:
            await asyncio.wait({wanted, gone}, return_when=asyncio.FIRST_COMPLETED)
            return wanted.result() if wanted.done() else None
        finally:
            for task in (wanted, gone):
                task.cancel()


def _as_json(predictions: Sequence[Prediction], attention: bool) -> str:
    return answer(predictions, attention).model_dump_json(exclude_none=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _misread(_: Request, error: Exception) -> Response:
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    return JSONResponse({"detail": in_words(errors)}, 422)


async def _refused(_: Request, error: Exception) -> Response:
    """A path or a method that there is none of."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = {
        404: "Expected a path that there is; received another one. See /docs.",
        405: "Expected a method of this path; received another one. See /docs.",
    }
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse({"detail": detail.get(status, "The request cannot be answered.")}, status, headers)


async def _failed(_: Request, error: Exception) -> Response:
    """A fault of the server, which ``Guard`` writes down."""
    return JSONResponse({"detail": FAILED}, 500)
