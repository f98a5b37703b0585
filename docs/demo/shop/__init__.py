"""The API of a small furniture shop."""
