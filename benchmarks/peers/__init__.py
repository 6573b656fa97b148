"""Other programs that the package is measured against, run with a Python of their own."""
