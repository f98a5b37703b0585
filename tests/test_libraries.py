"""The tables of what holds the event loop name the libraries that they know something of; others are not looked up."""

import pytest
from apitfall.rule import Value
from apitfall_rules.frameworks import computations, file_io, http, session_io, waits
from apitfall_rules.frameworks.blocking import TABLES
from apitfall_rules.frameworks.drivers import DRIVERS
from apitfall_rules.frameworks.language_models import LANGUAGE_MODELS
from apitfall_rules.frameworks.sdks import SDKS

CLIENTS = [client for table in (SDKS, LANGUAGE_MODELS, DRIVERS) for client in table.clients]
SYMBOLS = [
    *session_io.OWNERS,
    *http.BLOCKING,
    *(waits.ALL | waits.MEASURING),
    *(file_io.SMALL | file_io.LARGE | file_io.ENTRIES | file_io.STATS),
    *computations.HEAVY,
    *(f"{prefix}{one}.fit" for one in computations.TRAINED for prefix in ("", "sklearn.")),
    *(f"{client.name}.{method}" for client in CLIENTS for method in client.waits.replace("*", "any").split()),
]
CALL = Value("call", of=Value("name", "f"), args=(("", Value("name", "x")),))


@pytest.mark.parametrize("kind", TABLES)
def test_what_a_table_finds_is_of_its_libraries(kind: str) -> None:
    table = TABLES[kind]
    found = [symbol for symbol in SYMBOLS if table.find(symbol, CALL) is not None]
    assert found
    assert {symbol.partition(".")[0] for symbol in found} == table.libraries
