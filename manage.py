#!/usr/bin/env python
"""Django's command line, with settings errors as one sentence."""

import os
import sys

from django.core.management import execute_from_command_line

from config.errors import SettingError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except SettingError as error:
        sys.exit(f"touchstone: {error}")


if __name__ == "__main__":
    main()
