"""An exported model behind HTTP: a JSON interface, and a page that shows outputs and attention.

``serve`` starts it, and so does ``s2s-lesson serve FOLDER``; ``application`` makes what any ASGI server runs.
"""
