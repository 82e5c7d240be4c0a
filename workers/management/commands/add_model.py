"""`manage.py add_model`: a language model on an OpenAI-compatible endpoint."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from projects.errors import TouchstoneError
from workers.endpoints.errors import EndpointError
from workers.models import LanguageModel
from workers.registry import add_model

SAMPLING = ("temperature", "top_p", "max_tokens", "seed")


def is_added(name: str, *, served_name: str, address: str) -> bool:
    return LanguageModel.objects.filter(
        name=name, served_name=served_name or name, endpoint__base_url=address.rstrip("/")
    ).exists()


class Command(BaseCommand):
    help = "Add a language model on an OpenAI-compatible endpoint, vLLM above all."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", help="what people see it as once a vote is in")
        parser.add_argument("--endpoint-url", required=True, help="http://gpu-1:8000/v1")
        parser.add_argument("--served-name", default="", help="its name on the endpoint")
        parser.add_argument("--endpoint-name", default="", help="default: the address")
        parser.add_argument(
            "--api-key-stdin", action="store_true", help="read the key's one line from stdin"
        )
        parser.add_argument("--organisation", default="")
        parser.add_argument("--licence", default="")
        parser.add_argument("--weights", default="", help="names variants of the same weights")
        parser.add_argument("--open", action="store_true", help="its weights are published")
        parser.add_argument("--system-prompt", default="")
        parser.add_argument("--temperature", type=float)
        parser.add_argument("--top-p", type=float)
        parser.add_argument("--max-tokens", type=int)
        parser.add_argument("--seed", type=int)
        parser.add_argument(
            "--most-in-flight", type=int, help="draws at the same moment on this endpoint"
        )
        parser.add_argument(
            "--if-missing", action="store_true", help="be content if it was added before"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_missing"] and is_added(
            options["name"], served_name=options["served_name"], address=options["endpoint_url"]
        ):
            self.stdout.write(f"{options['name']} is here already.")
            return
        sampling = {name: options[name] for name in SAMPLING if options[name] is not None}
        try:
            model = add_model(
                by=None,
                name=options["name"],
                base_url=options["endpoint_url"],
                served_name=options["served_name"],
                endpoint_name=options["endpoint_name"],
                api_key=sys.stdin.readline().strip() if options["api_key_stdin"] else "",
                organisation=options["organisation"],
                licence=options["licence"],
                weights=options["weights"],
                is_open=options["open"],
                system_prompt=options["system_prompt"],
                sampling=sampling,
                is_trusted=True,
                most_in_flight=options["most_in_flight"],
            )
        except (TouchstoneError, EndpointError) as error:
            raise CommandError(f"Nothing was added. {error}") from error
        self.stdout.write(f"Added {model.name} on {model.endpoint}.")
