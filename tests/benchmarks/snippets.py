"""The code that is typed and pasted: no two of the same text, each valid where a statement may stand."""

from __future__ import annotations

import textwrap

IMPORT = "import asyncio\nimport requests\n"

STATEMENTS = (
    "total_{n} = len(str({n}))\n",
    'label_{n} = "größer als {n} … 😀" + str({n})\n',
    "print({n}, sep='', end='')\n",
    "pairs_{n} = {{key: value for key, value in zip('ab', range({n}))}}\n",
)

WIDE = 'mark_{n} = "é — 😀 {n}"; width_{n} = len(mark_{n})\n'
"""A line on which what an editor counts, what Python counts and what UTF-8 counts differ."""

FAULT = """\
async def fetch_{n}(address):
    import os
    return requests.get(f"{{address}}/{n}")


"""
"""Something that a linter speaks of: a call that blocks the event loop, and an import that nobody uses."""

SIX = """\
async def load_{n}(address, params):
    import os
    answer = requests.get(address, params=params)
    if answer.status_code != {n}:
        raise ValueError(f"no answer: {{address}}")
    return answer.json()
"""

FORTY = '''\
async def collect_{n}(session, owner, limit=100, offset=0, order="created", names=None):
    """Collect what belongs to an owner, newest first, with totals."""
    found, totals, errors = [], {{}}, []
    query = session.query("item").filter_by(owner=owner.id).order_by(order)
    if names is not None:
        query = query.filter(lambda row: row.name.lower() in [name.lower() for name in names])
    try:
        rows = await session.execute(query.limit(limit).offset(offset))
    except ConnectionError as error:
        errors.append(f"rows of {{owner.name}}: {{error}}")
        raise RuntimeError("the database does not answer") from error
    for number, row in enumerate(rows.scalars().all(), start=offset):
        if row.deleted_at is not None and row.deleted_at < owner.created_at:
            continue
        entry = {{"id": str(row.id), "name": row.name.strip().title(), "position": number + {n}}}
        for key, value in sorted(row.attributes.items(), key=lambda pair: str(pair[0])):
            if isinstance(value, (list, tuple)) and len(value) > 1:
                entry[key] = ", ".join(str(part) for part in value)
            elif isinstance(value, dict):
                entry[key] = {{name: str(part) for name, part in value.items() if part is not None}}
            else:
                entry[key] = value
            totals[key] = totals.get(key, 0) + len(str(value))
        found.append(entry)
    answer = requests.get(f"https://example.com/owners/{{owner.id}}", params={{"page": {n}}})
    if answer.status_code == 404:
        errors.append(f"no owner {{owner.id}} at {{answer.url}}")
    elif answer.status_code >= 500:
        raise RuntimeError(f"{{answer.url}} answered {{answer.status_code}}: {{answer.text[:200]}}")
    else:
        details = answer.json()
        found.extend({{"id": part["id"], "name": part.get("name", "?")}} for part in details.get("parts", []))
    known = {{entry["id"]: entry for entry in found}}
    missing = [name for name in names or () if name not in {{entry["name"] for entry in found}}]
    if missing:
        errors.append(f"not found: {{', '.join(missing)}}")
    session.add_all(session.model(key=key, value=value, owner=owner.id) for key, value in totals.items())
    await session.commit()
    print(f"{{len(found)}} of {{owner.name}} in {{len(totals)}} columns")
    return {{"items": list(known.values()), "totals": totals, "errors": errors, "next": offset + limit}}
'''


def statement(number: int, indent: str) -> str:
    return indent + STATEMENTS[number % len(STATEMENTS)].format(n=number)


def function(lines: int, number: int, indent: str) -> str:
    """A function of 6 or of 40 lines, and the blank lines behind it."""
    text = {6: SIX, 40: FORTY}[lines].format(n=number)
    return textwrap.indent(text, indent) + ("\n" if indent else "\n\n")
