"""Calls that wait for a database in a thread: of synchronous sessions, queries, connections and engines of SQLAlchemy."""

from __future__ import annotations

from apitfall.rule import Value

from apitfall_rules.frameworks.calls import libraries_of

# What sends a statement or waits for its rows. `add` does not, `begin` of a session neither, before the first statement.
SENDING = {
    "sqlalchemy.orm.Session": frozenset(
        """
        execute scalars scalar get get_one commit flush refresh merge bulk_save_objects bulk_insert_mappings
        bulk_update_mappings
        """.split()
    ),
    "sqlmodel.Session": frozenset({"exec"}),
    "sqlalchemy.orm.Query": frozenset(
        "all first one one_or_none scalar count delete update get __iter__ __getitem__".split()
    ),
    "sqlalchemy.Connection": frozenset("execute scalars scalar exec_driver_sql commit".split()),
    "sqlalchemy.Engine": frozenset({"begin"}),
    "sqlalchemy.MetaData": frozenset("create_all drop_all reflect".split()),
}
# What gives a query, which sends its statement when it is iterated.
QUERIES = frozenset(
    """
    query add_columns add_entity autoflush distinct enable_eagerloads except_ except_all execution_options filter
    filter_by from_statement group_by having intersect intersect_all join limit offset options order_by outerjoin params
    populate_existing prefix_with reset_joinpoint select_from slice suffix_with tuples union union_all where
    with_entities with_for_update with_hint with_parent with_statement_hint yield_per
    """.split()
)
OWNERS = {f"{owner}.{name}": f"{owner.rpartition('.')[2]}.{name}" for owner, names in SENDING.items() for name in names}
OWNERS |= {f"sqlalchemy.orm.Query.{name}.__iter__": "Query.__iter__" for name in QUERIES}
OWNERS["sqlalchemy.orm.Session.query.__iter__"] = "Query.__iter__"
SENT = frozenset(name for names in SENDING.values() for name in names)
NAMES = SENT | QUERIES
LIBRARIES = libraries_of(OWNERS)


def session_call(symbol: str, _: Value) -> str | None:
    """The method as it is shown, if calling it waits for the database."""
    return OWNERS.get(symbol)
