"""Snapshots as datasets of a Hugging Face hub, the public one or another that speaks as it does."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants, set_client_factory
from huggingface_hub.errors import HfHubHTTPError, HFValidationError
from huggingface_hub.utils._http import default_client_factory
from huggingface_hub.utils.tqdm import disable_progress_bars

from exports.models import Target
from exports.snapshots.places import Refused
from workers.endpoints.addresses import PRIVATE, leads_inside

WORTH_ANOTHER_TRY = frozenset({408, 409, 425, 429})


def push(target: Target, folder: Path, names: Iterable[str], *, said: str) -> str:
    """One commit that makes the dataset hold these files and no others; where it is to be seen."""
    _prepare()
    hub = HfApi(
        endpoint=target.endpoint_url or None, token=target.secret, library_name="touchstone"
    )
    try:
        hub.create_repo(target.url, repo_type="dataset", private=target.is_private, exist_ok=True)
        commit = hub.upload_folder(
            repo_id=target.url,
            repo_type="dataset",
            folder_path=folder,
            allow_patterns=sorted(names),
            delete_patterns="*",
            commit_message=said,
        )
    except HFValidationError as error:
        raise Refused(str(error)) from error
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        if 400 <= status < 500 and status not in WORTH_ANOTHER_TRY:
            raise Refused(f"The hub refused ({status}).") from error
        raise
    return str(commit.commit_url)


def _prepare() -> None:
    """The library has one client for all of a process, and transfers that go past it."""
    disable_progress_bars()
    constants.HF_HUB_DISABLE_XET = True
    set_client_factory(_client)


def _client() -> Any:
    client = default_client_factory()
    hooks = client.event_hooks
    client.event_hooks = {**hooks, "request": [_judge, *hooks.get("request", [])]}
    return client


def _judge(request: Any) -> None:
    """Also of where an answer of the hub sends us on."""
    if leads_inside(str(request.url)):
        raise Refused(PRIVATE)
