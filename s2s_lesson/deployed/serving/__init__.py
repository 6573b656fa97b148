"""An exported model behind HTTP: a JSON interface, and a page that shows outputs and attention.

``s2s-lesson serve FOLDER`` starts it. In Python, ``Application(load(folder)).asgi`` is what any ASGI server
runs, and ``run(application, listen("127.0.0.1", 8000))`` serves it until it is told to stop.
"""

from s2s_lesson._lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
