"""The layers of a model, and the configuration that describes them: encoder, attention and decoders."""

from s2s_lesson._lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
