"""What the arena hears from the workers."""

from typing import Any

from django.dispatch import receiver

from arena.battling import battles
from workers.signals import generation_finished


@receiver(generation_finished)
def settle_turn(*, generation_id: int, **kwargs: Any) -> None:
    battles.settle_turn(generation_id=generation_id)
