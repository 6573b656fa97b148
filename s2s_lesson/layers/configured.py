"""ConfiguredLayer: what layers share that a ``Seq2SeqConfig`` describes as a whole."""

from dataclasses import asdict
from typing import Any

from keras import layers

from s2s_lesson.layers.config import Seq2SeqConfig


class ConfiguredLayer(layers.Layer):
    """A layer that keeps its ``config``, and is saved with it.

    Args:
        config: ``Seq2SeqConfig``.

    >>> layer = ConfiguredLayer(Seq2SeqConfig(10, 12, cell="gru"))
    >>> ConfiguredLayer.from_config(layer.get_config()).config.cell
    'gru'
    """

    def __init__(self, config: Seq2SeqConfig, **kwargs: Any):
        super().__init__(**kwargs)
        self.config = config

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "config": asdict(self.config)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ConfiguredLayer":
        return cls(**{**config, "config": Seq2SeqConfig(**config["config"])})
