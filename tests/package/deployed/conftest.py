"""The export that these tests read; where there is no Keras, one that was made before."""

import os
from pathlib import Path

import pytest
import small_export

GIVEN = "S2S_LESSON_EXPORT"  # the folder of an export that ``small_export.write`` made


@pytest.fixture(scope="session")
def export(tmp_path_factory):
    """The folder of an export, not to be written to."""
    if GIVEN in os.environ:
        return Path(os.environ[GIVEN])
    return small_export.write(tmp_path_factory.mktemp("exports") / "small")
