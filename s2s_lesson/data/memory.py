"""Free memory: what a request would need is compared with it, before anything is made."""

import math
import os


def free_memory() -> float:
    """Bytes of memory that are free, by psutil; without psutil all of the machine's, or infinity.

    >>> free_memory() > 0
    True
    """
    try:
        import psutil  # comes with the engines' extras
    except ImportError:
        try:
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, OSError, ValueError):  # no Unix
            return math.inf
    return psutil.virtual_memory().available


def expect_memory(name: str, value: object, size: float) -> None:
    """Raise an error if a request needs more memory than there is.

    Args:
        name: str, of the option that asks for most.
        value: its value.
        size: float. Bytes that are needed, by a rough estimate from below.

    Raises:
        ValueError: they are more than what is free.

    >>> expect_memory("beam_size", 5, size=1000)
    """
    if size > (free := free_memory()):
        raise ValueError(
            f"Expected {name} that the free memory of {free / 1e9:,.1f} GB has room for; received {value!r}, "
            f"which needs about {size / 1e9:,.1f} GB. Lower it."
        )
