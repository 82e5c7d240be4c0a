"""A tiny Llama of random numbers in the files vLLM reads, with two LoRA adapters.

It talks nonsense in printable ASCII, and quickly; that is enough to test a protocol with.
"""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

WIDTH, LAYERS, HEADS, INNER, CONTEXT, RANK = 128, 2, 4, 256, 1024, 8
SPECIAL = ("<s>", "</s>", "<unk>")
TEMPLATE = (
    "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }}\n"
    "{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}"
)
Arrays = dict[str, npt.NDArray[np.float32]]


def make(folder: Path) -> Path:
    """Write the model into `folder`, the adapters into `round-2` and `round-3` beside it."""
    folder.mkdir(parents=True)
    tokens = [*SPECIAL, *_characters()]
    _write(folder / "config.json", _config(len(tokens)))
    _write(folder / "generation_config.json", {"bos_token_id": 0, "eos_token_id": 1})
    _write(folder / "tokenizer.json", _tokenizer(tokens))
    _write(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": SPECIAL[0],
            "eos_token": SPECIAL[1],
            "unk_token": SPECIAL[2],
            "model_max_length": CONTEXT,
            "chat_template": TEMPLATE,
        },
    )
    random = np.random.default_rng(7)
    _write_arrays(folder / "model.safetensors", _weights(random, len(tokens)))
    for name in ("round-2", "round-3"):
        _adapter(folder.with_name(name), random)
    return folder


def _characters() -> list[str]:
    """Printable ASCII and the line break, as byte-level tokenizers spell them."""
    return [chr(code) for code in range(33, 127)] + ["\u0120", "\u010a"]


def _config(n_tokens: int) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": WIDTH,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "head_dim": WIDTH // HEADS,
        "hidden_act": "silu",
        "max_position_embeddings": CONTEXT,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "vocab_size": n_tokens,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "dtype": "float32",
    }


def _tokenizer(tokens: list[str]) -> dict[str, Any]:
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False}
    return {
        "version": "1.0",
        "added_tokens": [
            {
                "id": number,
                "content": token,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for number, token in enumerate(SPECIAL)
        ],
        "pre_tokenizer": {**byte_level, "use_regex": False},
        "decoder": {**byte_level, "use_regex": False},
        "model": {
            "type": "BPE",
            "unk_token": SPECIAL[2],
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {token: number for number, token in enumerate(tokens)},
            "merges": [],
        },
    }


def _weights(random: np.random.Generator, n_tokens: int) -> Arrays:
    def some(*shape: int, scale: float = 0.05) -> npt.NDArray[np.float32]:
        return (random.standard_normal(shape) * scale).astype(np.float32)

    def ones() -> npt.NDArray[np.float32]:
        return np.ones(WIDTH, np.float32)

    arrays = {
        "model.embed_tokens.weight": some(n_tokens, WIDTH, scale=1.0),
        "model.norm.weight": ones(),
        "lm_head.weight": some(n_tokens, WIDTH, scale=0.2),
    }
    # It would end at once now and then, or answer with marks of its own.
    arrays["lm_head.weight"][: len(SPECIAL)] = 0
    for layer in range(LAYERS):
        at = f"model.layers.{layer}"
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            arrays[f"{at}.self_attn.{name}.weight"] = some(WIDTH, WIDTH)
        arrays[f"{at}.mlp.gate_proj.weight"] = some(INNER, WIDTH)
        arrays[f"{at}.mlp.up_proj.weight"] = some(INNER, WIDTH)
        arrays[f"{at}.mlp.down_proj.weight"] = some(WIDTH, INNER)
        arrays[f"{at}.input_layernorm.weight"] = ones()
        arrays[f"{at}.post_attention_layernorm.weight"] = ones()
    return arrays


def _adapter(folder: Path, random: np.random.Generator) -> None:
    folder.mkdir()
    _write(
        folder / "adapter_config.json",
        {
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": "tiny",
            "r": RANK,
            "lora_alpha": 16,
            "lora_dropout": 0.0,
            "bias": "none",
            "target_modules": ["q_proj", "v_proj"],
            "fan_in_fan_out": False,
            "inference_mode": True,
        },
    )
    arrays: Arrays = {}
    for layer in range(LAYERS):
        for name in ("q_proj", "v_proj"):
            at = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            arrays[f"{at}.lora_A.weight"] = random.standard_normal((RANK, WIDTH)).astype(np.float32)
            arrays[f"{at}.lora_B.weight"] = random.standard_normal((WIDTH, RANK)).astype(np.float32)
    _write_arrays(folder / "adapter_model.safetensors", arrays)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content))


def _write_arrays(path: Path, arrays: Arrays) -> None:
    """The safetensors format: the header's length, the header, the numbers."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, array in arrays.items():
        header[name] = {
            "dtype": "F32",
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        for array in arrays.values():
            file.write(array.tobytes())
