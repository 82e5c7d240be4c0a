"""`python -m launch up` and `python -m launch model NAME`."""

import argparse
import sys

from config.environment import SettingError, load
from launch.errors import LaunchError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m launch")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything and stay in the foreground")
    up.add_argument(
        "--follow-parent", action="store_true", help="stop when the process that ran this ends"
    )
    model = commands.add_parser("model", help="fetch a second set of weights")
    model.add_argument("name")
    arguments = parser.parse_args()
    try:
        if arguments.command == "model":
            from launch.weights import fetch

            fetch(arguments.name, data_folder=load().data_folder)
            return 0
        from launch.up import up as run

        return run(follow_parent=arguments.follow_parent)
    except (LaunchError, SettingError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
