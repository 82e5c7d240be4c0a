"""A small tokenizer put where exports look for them, with a chat template beside it."""

from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

NAME = "tiny"
MARKED = (
    "{% for m in messages %}<|{{ m['role'] }}|>"
    "{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] }}{% endgeneration %}"
    "{% else %}{{ m['content'] }}{% endif %}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""With the marks of what is learnt, as trainers want them."""
WITHOUT_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}" + MARKED
)
"""As Gemma's."""


def bytes_alone() -> Tokenizer:
    """A token a byte."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({sign: at for at, sign in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def put_tokenizer(data_folder: Path, template: str) -> str:
    """Its name."""
    folder = data_folder / "tokenizers" / NAME
    folder.mkdir(parents=True)
    bytes_alone().save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_text(template)
    return NAME
