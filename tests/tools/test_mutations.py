"""The script that breaks the package: what it changes is code that still parses, and nothing else."""

import ast

import mutations
import pytest

SOURCE = '''"""A module, é."""


def scale(x: int = 3) -> int | None:
    """Not this 1 + 1."""
    if x < 5 and not (x is None):
        raise ValueError(f"{x + 1}")
    y = x * 2
    return -y
'''


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "s2s_lesson" / "scale.py"
    path.parent.mkdir()
    path.write_text(SOURCE, encoding="utf-8")
    return path


def test_each_operator_constant_comparison_and_line_has_its_turn(module, tmp_path):
    listed = {(one.line, one.before, one.after) for one in mutations.mutations(module, tmp_path)}
    assert listed == {
        (4, "3", "(4)"),
        (6, "x < 5 and not (x is None)", "(x < 5 or not x is None)"),
        (6, "x < 5", "(x <= 5)"),
        (6, "5", "(6)"),
        (6, "not (x is None)", "(x is None)"),
        (6, "x is None", "(x is not None)"),
        (7, 'raise ValueError(f"{x + 1}")', "pass"),
        (8, "y = x * 2", "pass"),
        (8, "x * 2", "(x / 2)"),
        (8, "2", "(3)"),
        (9, "return -y", "pass"),
        (9, "-y", "(y)"),
    }


def test_a_mutation_changes_its_line_alone(module, tmp_path):
    lines = SOURCE.splitlines()
    for one in mutations.mutations(module, tmp_path):
        changed = one.apply(module.read_bytes()).decode()
        ast.parse(changed)
        pairs = zip(changed.splitlines(), lines, strict=True)
        differ = [number for number, (new, old) in enumerate(pairs, 1) if new != old]
        assert differ == [one.line]


def test_a_seed_draws_the_same_mutations_each_from_another_module(module, tmp_path):
    for number in range(23):
        (module.parent / f"scale_{number}.py").write_text(SOURCE, encoding="utf-8")
    drawn = mutations.draw(seed=3, count=20, root=tmp_path)
    assert len({one.module for one in drawn}) == len(drawn) == 20
    again, other = (mutations.draw(seed=seed, count=20, root=tmp_path) for seed in (3, 4))
    assert drawn == again != other


def test_mutations_of_the_package_are_code_each_of_another_module():
    drawn = mutations.draw(seed=3, count=20)
    assert len({one.module for one in drawn}) == len(drawn) == 20
    for one in drawn:
        ast.parse(one.apply((mutations.ROOT / one.module).read_bytes()))
