"""Time an export beside what writing alone costs: `python -m bench.export [ROWS]`.

Comparisons of about three kilobytes are seeded into a throwaway database, exported, and the same
rows are written once more with orjson alone. The ratios are what to compare between machines.
Without TOUCHSTONE_DATA or DATABASE_URL it starts database servers of its own.
"""

import sys

from bench.servers import django_ready

DEFAULT_ROWS = 50_000


def main(n_rows: int) -> None:
    with django_ready() as folder:
        # The models can be imported only now.
        from bench.export_rows import measure

        measure(n_rows, folder)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROWS)
