"""`python -m launch up`, `python -m launch model NAME` and `python -m launch vllm MODEL`."""

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
    vllm = commands.add_parser("vllm", help="serve a model with vLLM; its own options after --")
    vllm.add_argument("model", help="a folder, or a model's name on a hub")
    vllm.add_argument("--name", default="", help="what the server calls it")
    vllm.add_argument("--lora", default="", help="NAME=FOLDER NAME=FOLDER …")
    vllm.add_argument("--port", type=int)
    ours, options = _split(sys.argv[1:])
    arguments = parser.parse_args(ours)
    try:
        if arguments.command == "vllm":
            return serve_vllm(arguments, options)
        if arguments.command == "model":
            from launch.weights import fetch

            fetch(arguments.name, data_folder=load().data_folder)
            return 0
        from launch.up import up as run

        return run(follow_parent=arguments.follow_parent)
    except (LaunchError, SettingError) as error:
        print(error, file=sys.stderr)
        return 1


def _split(given: list[str]) -> tuple[list[str], list[str]]:
    """What is ours, and what stands after `--`."""
    at = given.index("--") if "--" in given else len(given)
    return given[:at], given[at + 1 :]


def serve_vllm(arguments: argparse.Namespace, options: list[str]) -> int:
    from launch.vllm import from_arguments, serve

    environment = load()
    serving = from_arguments(
        arguments.model,
        name=arguments.name,
        lora=arguments.lora,
        port=arguments.port,
        options=options,
        offset=environment.model_port,
    )
    return serve(serving, environment=environment)


if __name__ == "__main__":
    sys.exit(main())
