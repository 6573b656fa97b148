"""What a training says of itself, in lines for people."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from s2s_lesson.training.run import Run


def epoch_line(history: dict[str, list[float]], epochs: int) -> str:
    """The line of the last epoch.

    Args:
        history: as ``training.fit`` returns it.
        epochs: int, how many there are to be.
    """
    last = {name: values[-1] for name, values in history.items()}
    learned = f"{last['seconds']:.0f} s, loss {last['loss']:.4f}"
    return f"epoch {len(history['loss'])}/{epochs}: {learned}, {figures_told(last)}"


def kept_told(run: "Run") -> str:
    """Which epochs' weights a run keeps, and how good they are.

    Args:
        run: ``Run``, of one epoch or more.
    """
    kept, averaged = run.kept_epoch(), run.averaged_epochs()
    loss = f"{run.history['val_loss'][kept - 1]:.4f}"
    if not averaged:
        return f"epoch {kept} of {run.epoch} (held-out loss {loss})"
    epochs, of_average = ", ".join(map(str, averaged)), run.history["average_val_loss"][-1]
    both = f"{of_average:.4f}; of epoch {kept} alone {loss}"
    return f"the average of epochs {epochs} of {run.epoch} (held-out loss {both})"


def figures_told(figures: dict[str, float]) -> str:
    """The scores on development pairs.

    Args:
        figures: dict of ``val_loss`` and so on, as the history has them.

    >>> figures_told({"val_loss": 0.0, "val_perplexity": 1.0, "val_accuracy": 1.0})
    'held-out loss 0.0000, perplexity 1.00, token accuracy 100.00%'
    """
    parts = {"val": "held-out", "average_val": "of the average", "old_val": "old held-out"}
    return "; ".join(
        f"{said} loss {figures[f'{part}_loss']:.4f}, perplexity {figures[f'{part}_perplexity']:.2f}, "
        f"token accuracy {figures[f'{part}_accuracy']:.2%}"
        for part, said in parts.items()
        if f"{part}_loss" in figures
    )
