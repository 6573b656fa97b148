"""Measurements of whole programs, beside others where there are any: ``python -m benchmarks --help``.

None of them is part of the tests. Each writes the files in book/results/ that its docstring names.
"""
