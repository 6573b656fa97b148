# An image of one exported model behind HTTP. MODEL is its folder, below this one:
#
#   docker build --build-arg MODEL=exported/dates --tag dates .
#   docker run --rm --publish 127.0.0.1:8000:8000 dates
#
# Words and subwords need the extra text: --build-arg EXTRAS=onnx,serve,text. Options of `s2s-lesson serve` come last:
# docker run dates --max-texts 16

# The script of the page's attention map.
FROM node:22-slim AS page
WORKDIR /source/views
COPY views/package.json views/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY views/src src
RUN npm run build:served

# The package, with the pinned versions of what it needs.
FROM python:3.12-slim AS package
ARG EXTRAS=onnx,serve
WORKDIR /source
COPY pyproject.toml requirements.txt README.md LICENSE ./
COPY s2s_lesson s2s_lesson
COPY --from=page /source/s2s_lesson/deployed/serving/bundle s2s_lesson/deployed/serving/bundle
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --constraint requirements.txt ".[${EXTRAS}]"

FROM python:3.12-slim
ARG MODEL
COPY --from=package /venv /venv
COPY ${MODEL} /model
RUN if [ ! -f /model/manifest.json ]; then \
        echo "Expected an exported model; received a MODEL without manifest.json. Name its folder." >&2; exit 1; fi \
    && useradd --system --no-create-home --uid 10001 server
USER 10001
ENV PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["/venv/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health')"]
ENTRYPOINT ["/venv/bin/s2s-lesson", "serve", "/model", "--host", "0.0.0.0", "--port", "8000"]
