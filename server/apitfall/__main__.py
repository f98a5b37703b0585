"""``python -m apitfall``"""

from apitfall.cli import run

run()
