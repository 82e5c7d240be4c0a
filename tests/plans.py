"""How much work a statement was, in rows: the same on every machine, at every load.

Pages are not counted: those of an index hold what earlier tests took back, until it is vacuumed.
"""

import json
from typing import Any

from django.db import connection


def rows_met_by(statement: str, values: Any) -> int:
    """Carry the statement out; how many rows it looked at."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, values)
        ((plan,),) = cursor.fetchall()
    return rows_met((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def rows_met(node: dict[str, Any]) -> int:
    """How many rows this part of a plan looked at, those it threw away too."""
    rows = sum(
        float(value)
        for name, value in node.items()
        if name == "Actual Rows" or name.startswith("Rows Removed by")
    )
    return round(rows * float(node["Actual Loops"])) + sum(map(rows_met, node.get("Plans", ())))
