"""What labeling hears from the workers."""

from typing import Any

from django.dispatch import receiver

from labeling.assigning import candidates
from workers.signals import generation_finished


@receiver(generation_finished)
def settle_candidates(*, generation_id: int, **kwargs: Any) -> None:
    candidates.settle_generation(generation_id=generation_id)
