"""A stand-in for Colab's own module: chapters ask only whether it is there.

It also opens the book's files on GitHub from the working tree, as they will be once they are published.
"""

import os
import urllib.request
from pathlib import Path

ADDRESS = "https://raw.githubusercontent.com/s2s-lesson/s2s-lesson/main/"


class FromTheWorkingTree(urllib.request.HTTPSHandler):
    """Opens an address of the book's files as the file; all others as usual."""

    def https_open(self, request):
        """Answer a request, as urllib asks for it."""
        if not request.full_url.startswith(ADDRESS):
            return super().https_open(request)
        file = Path(os.environ["WORKING_TREE"], request.full_url.removeprefix(ADDRESS))
        return urllib.request.urlopen(file.as_uri())


urllib.request.install_opener(urllib.request.build_opener(FromTheWorkingTree))
