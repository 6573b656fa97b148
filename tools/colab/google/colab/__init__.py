"""A stand-in for Colab's own module: chapters ask only whether it is there.

It also opens the book's files on GitHub from the working tree, as they will be once they are published.
"""

import os
import urllib.request
from pathlib import Path


class FromTheWorkingTree(urllib.request.HTTPSHandler):
    """Opens an address of the book's files as the file; all others as usual."""

    def https_open(self, request):
        """Answer a request, as urllib asks for it."""
        address = os.environ["FILES_ON_GITHUB"]
        if not request.full_url.startswith(address):
            return super().https_open(request)
        file = Path(os.environ["WORKING_TREE"], request.full_url.removeprefix(address))
        answer = urllib.request.urlopen(file.as_uri())
        answer.code, answer.msg = 200, "OK"
        return answer


urllib.request.install_opener(urllib.request.build_opener(FromTheWorkingTree))
