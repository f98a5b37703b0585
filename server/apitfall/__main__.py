"""``python -m apitfall``"""

import sys

from apitfall.cli import main

sys.exit(main())
