"""Settings of a run, as a TOML file holds them: read, checked, merged, written, and a template with comments.

A table for each thing that has options: ``[run]``, ``[data]``, ``[chat]``, ``[from]``, ``[texts]``,
``[model]``, ``[embeddings]``, ``[training]``, ``[optimization]``, ``[noise]``; one ``[[strategies]]`` for
each strategy. What an option may be, and what is said of it, is declared where it is used, and nowhere else:
see ``setting_tables``.
"""

import json
import textwrap
import tomllib
from pathlib import Path
from typing import TypeAlias

import tomlkit

from s2s_lesson.pipeline.setting_tables import NOTHING, TABLES, options_in
from s2s_lesson.training.run_folder import RUN, SETTINGS

Settings: TypeAlias = dict[str, dict]
STRATEGIES = "strategies"
REMEDY = "Mend it there, or take it out."
HEAD = """\
# Settings of a run: s2s-lesson train --config THIS_FILE --output FOLDER
# Options of the command line go before what stands here. Paths are looked up from where the command runs.
# A "#" before an option leaves it out: then what is recommended holds, or the preset's, or what stands here.
"""


def read_settings(path: str | Path) -> Settings:
    """Read a file of settings.

    Args:
        path: str or Path, of a TOML file.

    Returns:
        dict of dicts: each table's options; and "strategies", a list of dicts.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no TOML, has a table or an option that is not known, or a value that an option
            cannot have.
    """
    path = Path(path)
    if not path.exists() or path.is_dir():
        raise FileNotFoundError(
            f"Expected a file of settings; there is none at {path}. 's2s-lesson init {path}' writes one."
        )
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(
            f"Expected settings in TOML; received {path}, with an error: {error}. Mend it there; 's2s-lesson "
            "init' writes a file that shows the form."
        ) from error
    return understood(tables, str(path))


def read_run(folder: str | Path) -> Settings:
    """Read the settings that a run of the command line was made with.

    Args:
        folder: str or Path, of the run.

    Returns:
        dict of dicts, empty for a run from Python.

    Raises:
        ValueError: as ``read_settings``.
    """
    folder = Path(folder)
    if (folder / SETTINGS).exists():
        return read_settings(folder / SETTINGS)
    path = folder / RUN
    if not path.exists():
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        told = f"an error: {error}"
    if not isinstance(told, dict):
        raise ValueError(
            f"Expected an object of JSON in {path}, with the options of a run; received {told}. Mend it, or "
            "remove it: then nothing says what the run was trained with."
        )
    precision = told.pop("precision", None)
    return understood(
        {"run": told, "model": {} if precision is None else {"precision": precision}}, str(path)
    )


def understood(tables: dict, where: str) -> Settings:
    """Check settings as a file or the command line gives them, and read "none" as None where it means that.

    Args:
        tables: dict of dicts.
        where: str, where they come from, for errors.

    Returns:
        dict of dicts.

    Raises:
        ValueError: as ``read_settings``.
    """
    settings: Settings = {}
    for table, values in tables.items():
        if table == STRATEGIES:
            settings[table] = _expect_strategies(values, where)
        elif table not in TABLES:
            raise ValueError(
                f"Expected a table among {', '.join([*TABLES, STRATEGIES])} in {where}; received {table!r}. "
                "Take it out."
            )
        elif not isinstance(values, dict):
            raise ValueError(
                f"Expected the table [{table}] in {where}; received {table} = {values!r}. {REMEDY}"
            )
        else:
            settings[table] = {name: _understood(table, name, value, where) for name, value in values.items()}
    return settings


def _understood(table, name, value, where):
    """What a value means that an option of a table is given."""
    known = options_in(table)
    if name not in known:
        raise ValueError(
            f"Expected an option of [{table}] in {where} among {', '.join(known)}; received {name!r}. Take "
            "it out."
        )
    read = known[name].read(value)
    try:
        known[name].expect(name, read)
    except ValueError as error:
        raise ValueError(f"{error} It stands in [{table}] in {where}. {REMEDY}") from error
    return read


def _expect_strategies(values, where):
    """Make sure that it is a list of tables, each with a name."""
    is_list = isinstance(values, list)
    for value in values if is_list else [values]:
        if not (is_list and isinstance(value, dict) and isinstance(value.get("name"), str)):
            raise ValueError(
                f"Expected tables [[{STRATEGIES}]] in {where}, each with a name; received {value!r}. {REMEDY}"
            )
    return values


def assigned(text: str) -> Settings:
    """Read one setting as ``--set`` takes it.

    Args:
        text: str, "table.option=value" with the value as in TOML; the quotes of a string may be left out.

    Returns:
        dict of one dict.

    Raises:
        ValueError: it has another form, or as ``read_settings``.

    >>> assigned("model.cell=gru")
    {'model': {'cell': 'gru'}}
    """
    name, equals, value = text.partition("=")
    table, dot, option = name.strip().partition(".")
    if not (equals and dot):
        raise ValueError(
            f"Expected --set TABLE.OPTION=VALUE; received {text!r}. Write --set model.dropout=0.2."
        )
    try:
        (read,) = tomllib.loads(f"value = {value}").values()
    except ValueError:  # no TOML, or more than one value
        read = value.strip()
    return understood({table: {option.strip(): read}}, f"--set {text}")


def merged(*layers: Settings) -> Settings:
    """Put settings over one another: of each option the last one holds."""
    together: Settings = {}
    for layer in layers:
        for table, values in layer.items():
            together[table] = values if table == STRATEGIES else {**together.get(table, {}), **values}
    return together


def written(settings: Settings) -> str:
    """Write settings as TOML.

    Args:
        settings: dict of dicts.

    Returns:
        str; ``read_settings`` gives the same settings again.
    """
    document = tomlkit.document()
    for line in HEAD.splitlines()[:2]:
        document.add(tomlkit.comment(line.removeprefix("# ")))
    for table, values in settings.items():
        if table != STRATEGIES:
            document[table] = {name: NOTHING if value is None else value for name, value in values.items()}
        elif values:
            document[table] = values
    return tomlkit.dumps(document)


def template() -> str:
    """Write a file of settings with every option, what it means and its default, all of them left out."""
    lines = [HEAD]
    for table in TABLES:
        lines.append(f"\n[{table}]")
        for name, option in options_in(table).items():
            lines += textwrap.wrap(option.about, 100, initial_indent="# ", subsequent_indent="# ")
            value = NOTHING if option.default is None else option.default
            lines.append(f"# {name} = {tomlkit.item(value).as_string()}\n")
    lines.append("# A strategy of training, of `s2s_lesson.training`, with its options:")
    lines.append(f'# [[{STRATEGIES}]]\n# name = "ScheduledSampling"')
    lines.append('# schedule = { name = "LinearDecay", steps = 1000 }')
    return "\n".join(lines) + "\n"
