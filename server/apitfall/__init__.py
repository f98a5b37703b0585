"""Tells what FastAPI code will do when it runs, and repairs it: the part that knows Python."""

__version__ = "0.1.0"
