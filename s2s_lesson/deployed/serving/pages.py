"""Pages: one that shows outputs and attention, and one that lists the interface.

Neither asks any other server for anything.

The attention map is drawn by the script of ``views/``, which ``make dist`` bundles into ``bundle/``.
"""

import html
import json
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from string import Template
from typing import TypeAlias, cast

from fastapi import FastAPI, Response
from starlette.responses import HTMLResponse

from s2s_lesson.deployed.serving.answers import Health
from s2s_lesson.deployed.serving.limits import Limits

Schema: TypeAlias = Mapping[str, object]
HOME = files(__package__)
FILES = {
    "/page.css": ("page", "page.css", "text/css"),
    "/page.js": ("page", "page.js", "text/javascript"),
    "/map.css": ("bundle", "served.css", "text/css"),
    "/map.js": ("bundle", "served.js", "text/javascript"),
}
WITH_MAP = '<link rel="stylesheet" href="map.css">\n<script src="map.js" defer></script>'
NO_MAP = '<p class="note">The map is drawn by a script that is not built yet. Run <code>make dist</code>.</p>'
LIMITS = {
    "body_bytes": "{:,} bytes",
    "texts": "{} texts",
    "text_length": "{:,} characters a text",
    "beam_size": "beams of {}",
    "samples": "{} samples a text",
    "outputs": "{} outputs in all",
    "phrases": "{} phrases to require and to forbid",
}
BOUNDS = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to"}
NO_SCHEMAS: Schema = {}


def add_routes(api: FastAPI, health: Callable[[], Health], limits: Limits) -> None:
    """Add the pages to an application.

    Args:
        api: ``FastAPI``.
        health: says what is served.
        limits: ``Limits``.
    """

    @api.get("/", include_in_schema=False)
    async def page() -> Response:
        return HTMLResponse(front_page(health(), limits))

    @api.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return HTMLResponse(listing(api.openapi(), limits))

    def add(path: str, folder: str, name: str, kind: str) -> None:
        async def file() -> Response:
            resource = HOME / folder / name
            return (
                Response(resource.read_bytes(), media_type=kind)
                if resource.is_file()
                else Response(status_code=404)
            )

        api.add_api_route(path, file, include_in_schema=False)

    for path, (folder, name, kind) in FILES.items():
        add(path, folder, name, kind)


def front_page(health: Health, limits: Limits) -> str:
    """The page that shows outputs and attention: HTML.

    Args:
        health: ``Health``, what is served.
        limits: ``Limits``.
    """
    bundled = (HOME / "bundle" / "served.js").is_file()
    source = ". ".join(filter(None, (health.attribution, health.licence)))
    return Template((HOME / "page" / "page.html").read_text(encoding="utf-8")).substitute(
        name=_escaped(health.name or "A model"),
        about=f'<p class="note">{_escaped(source)}</p>' if source else "",
        bundle=WITH_MAP if bundled else "",
        no_map="" if bundled else NO_MAP,
        text_length=limits.text_length,
        max_source_length=health.max_source_length,
        max_output_length=health.max_output_length,
        beam_size=limits.beam_size,
        usual_beam=min(5, limits.beam_size),
        usual_outputs=min(3, limits.beam_size),
    )


def listing(description: Schema, limits: Limits) -> str:
    """The page that lists the interface: HTML.

    Args:
        description: dict, of OpenAPI.
        limits: ``Limits``.
    """
    info, paths = _part(description, "info"), _part(description, "paths")
    schemas = _part(_part(description, "components"), "schemas")
    return Template((HOME / "page" / "docs.html").read_text(encoding="utf-8")).substitute(
        name=_escaped(info["title"]),
        limits=", ".join(words.format(getattr(limits, name)) for name, words in LIMITS.items()),
        paths="\n".join(_path(path, _part(paths, path), schemas) for path in paths),
        schemas="\n".join(_schema(name, _part(schemas, name)) for name in schemas),
    )


def _path(path: str, methods: Schema, schemas: Schema) -> str:
    parts = []
    for method in methods:
        told = _part(methods, method)
        parts.append(
            f"<h2><code>{method.upper()} {_escaped(path)}</code></h2>\n<p>{_escaped(told['summary'])}.</p>"
        )
        if "requestBody" in told:
            content = _part(_part(_part(told, "requestBody"), "content"), "application/json")
            name = _reference(_part(content, "schema"))
            example = json.dumps(_part(schemas, name).get("example", {}), ensure_ascii=False)
            parts.append(f'<p>Takes <a href="#{name}">{name}</a>, for example:</p>')
            parts.append(f'<pre tabindex="0">{_escaped(example)}</pre>')
        answers = _part(told, "responses")
        rows = [[f"<code>{code}</code>", _escaped(_part(answers, code)["description"])] for code in answers]
        parts.append(_table(("status", "when"), rows))
    return "\n".join(parts)


def _schema(name: str, schema: Schema) -> str:
    fields = _part(schema, "properties")
    rows = []
    for field in fields:
        told = _part(fields, field)
        usual = "" if "default" not in told or _reference(told) else _code(told["default"])
        what = _escaped(told.get("description", ""))
        rows.append([f"<code>{_escaped(field)}</code>", what, _kind(told) + _bounds(told), usual])
    about = _escaped(str(schema.get("description", "")).partition("\n")[0])
    return f'<h3 id="{name}">{name}</h3>\n<p>{about}</p>\n' + _table(
        ("field", "what", "type", "usually"), rows
    )


def _kind(schema: Schema) -> str:
    """The type of a field, in HTML."""
    if name := _reference(schema):
        return f'<a href="#{name}">{name}</a>'
    for several in ("anyOf", "allOf"):
        if several in schema:
            return " or ".join(_kind(one) for one in cast("list[Schema]", schema[several]))
    if "enum" in schema:
        return " or ".join(map(_code, cast("list[str]", schema["enum"])))
    if schema.get("type") == "array":
        return f"list of {_kind(_part(schema, 'items'))}"
    return _escaped(schema.get("type", "any"))


def _bounds(schema: Schema) -> str:
    """What a number may be, in words."""
    bounds = {words: cast(float, schema[name]) for name, words in BOUNDS.items() if name in schema}
    return "".join(f" {words} {value:.0f}" for words, value in bounds.items())


def _reference(schema: Schema) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _part(schema: Schema, name: str) -> Schema:
    return cast(Schema, schema.get(name, NO_SCHEMAS))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = "".join(f'<th scope="col">{name}</th>' for name in head)
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    around = '<div class="wide" tabindex="0" role="region" aria-label="Table">'
    return f"{around}<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>"


def _code(value: object) -> str:
    return f"<code>{_escaped(json.dumps(value, ensure_ascii=False))}</code>"


def _escaped(value: object) -> str:
    return html.escape(str(value))
