"""What the arena hears from the workers."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from arena.battling import battles
from workers.signals import generations_finished


@receiver(generations_finished)
def settle_turns(*, generation_ids: Sequence[int], **kwargs: Any) -> None:
    battles.settle_turns(generation_ids=generation_ids)
