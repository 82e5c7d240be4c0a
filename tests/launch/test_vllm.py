"""How vLLM is run. That it then serves is tested in tests/workers/test_vllm.py."""

import json
from pathlib import Path
from typing import Any

import pytest

from launch import vllm
from launch.errors import LaunchError


def adapter(folder: Path, **config: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def serving(**fields: Any) -> vllm.Serving:
    given = {"model": "org/name", "name": "name", "adapters": (), "port": 8021, "has_gpu": True}
    return vllm.Serving(**{**given, **fields})


def value_of(argv: tuple[str, ...], option: str) -> str:
    return argv[argv.index(option) + 1]


def test_adapters_are_named_with_their_folders(tmp_path: Path) -> None:
    two, three = adapter(tmp_path / "2", r=8), adapter(tmp_path / "3", r=8)
    found = vllm.parse_adapters(f"round-2={two} round-3={three}")
    assert found == (("round-2", two), ("round-3", three))
    assert vllm.parse_adapters("") == ()


@pytest.mark.parametrize("given", ["round-2", "=x", "round-2=", "round-2=/nowhere"])
def test_an_adapter_that_is_none_is_named(given: str) -> None:
    with pytest.raises(LaunchError, match="LORA holds"):
        vllm.parse_adapters(given)


def test_two_adapters_do_not_share_a_name(tmp_path: Path) -> None:
    folder = adapter(tmp_path / "2", r=8)
    with pytest.raises(LaunchError, match="twice"):
        vllm.parse_adapters(f"a={folder} a={folder}")


def test_room_is_made_for_the_largest_adapter(tmp_path: Path) -> None:
    adapters = (("a", adapter(tmp_path / "2", r=8)), ("b", adapter(tmp_path / "3", r=40)))
    argv = vllm.command(serving(adapters=adapters)).argv
    assert value_of(argv, "--max-lora-rank") == "64"
    assert value_of(argv, "--max-loras") == "2"
    assert serving(adapters=adapters).names == ("name", "a", "b")


def test_an_adapter_without_a_rank_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="rank"):
        vllm.command(serving(adapters=(("a", adapter(tmp_path / "2")),)))


def test_a_cpu_is_given_bounds_and_a_gpu_is_left_to_vllm(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"max_position_embeddings": 1024}')
    argv = vllm.command(serving(model=str(tmp_path), has_gpu=False)).argv
    assert value_of(argv, "--max-model-len") == "1024"
    assert "--enforce-eager" in argv
    assert "--max-model-len" not in vllm.command(serving()).argv


def test_no_hub_is_asked_for_a_folder_and_nothing_is_reported(tmp_path: Path) -> None:
    of_a_folder = vllm.command(serving(model=str(tmp_path))).environ
    assert of_a_folder["HF_HUB_OFFLINE"] == of_a_folder["VLLM_NO_USAGE_STATS"] == "1"


def test_what_is_given_to_vllm_itself_comes_last_and_listens_here_only() -> None:
    argv = vllm.command(serving(options=("--max-model-len", "8192"))).argv
    assert argv[-2:] == ("--max-model-len", "8192")
    assert value_of(argv, "--host") == "127.0.0.1"


def test_a_model_has_to_be_named() -> None:
    with pytest.raises(LaunchError, match="MODEL="):
        vllm.from_arguments("", name="", lora="", port=None, options=(), offset=8001)


def test_a_name_and_a_port_follow_from_the_model(tmp_path: Path) -> None:
    made = vllm.from_arguments(
        "Qwen/Qwen3-8B", name="", lora="", port=None, options=(), offset=8001
    )
    assert (made.name, made.base_url) == ("Qwen3-8B", "http://127.0.0.1:8021/v1")
