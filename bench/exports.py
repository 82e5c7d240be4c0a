"""Exports beside the least they could cost: `python -m bench.exports [--rows 20000]`.

Comparisons of about three kilobytes are seeded into a throwaway database and exported as JSONL,
JSONL.zst and Parquet. Beside each export the same rows are read from the same server by a bare
binary COPY of just what is in them and written with orjson or pyarrow alone: no plan, no checks,
no provenance, no checksums. Peak memory is taken at a tenth of the rows and at all of them.
The published figures are of `--rows 1000000`, which seeds for some minutes and needs 8 GB of disk.
Without TOUCHSTONE_DATA or DATABASE_URL it starts database servers of its own.
"""

import argparse
import sys
from importlib.abc import MetaPathFinder

from bench.servers import django_ready
from exports.memory import share_one_heap

ROWS = 20_000
FILE_TYPES = ("jsonl", "jsonl.zst", "parquet")


class WithoutPandas(MetaPathFinder):
    """The product has no pandas. Where tests have brought it, pyarrow takes 50 MiB to look whether
    rows are of it."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def main() -> int:
    sys.meta_path.insert(0, WithoutPandas())
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--file-types", nargs="+", default=FILE_TYPES, choices=FILE_TYPES)
    parser.add_argument("--repeats", type=int, default=1, help="The best of these counts.")
    parser.add_argument(
        "--scan",
        action="store_true",
        help="With the scan for poisoning, of which only the memory has limits.",
    )
    options = parser.parse_args()
    # As in every process of the product: before there are threads.
    share_one_heap()
    with django_ready() as folder:
        # The models can be imported only now.
        from bench.exports_compared import compare

        return compare(
            options.rows,
            folder,
            file_types=options.file_types,
            repeats=options.repeats,
            gate="report" if options.scan else "off",
        )


if __name__ == "__main__":
    sys.exit(main())
