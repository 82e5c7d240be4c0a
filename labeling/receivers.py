"""What labeling hears from the workers."""

from typing import Any

from django.dispatch import receiver

from labeling.assigning import candidates
from labeling.checking import checks
from labeling.machine import stress, verdicts
from workers.signals import generation_finished


@receiver(generation_finished)
def settle_candidates(*, generation_id: int, **kwargs: Any) -> None:
    candidates.settle_generation(generation_id=generation_id)


@receiver(generation_finished)
def settle_check(*, generation_id: int, **kwargs: Any) -> None:
    checks.settle(generation_id=generation_id)


@receiver(generation_finished)
def settle_verdict(*, generation_id: int, **kwargs: Any) -> None:
    verdicts.settle_generation(generation_id=generation_id)


@receiver(generation_finished)
def settle_stress_test(*, generation_id: int, **kwargs: Any) -> None:
    stress.settle_generation(generation_id=generation_id)
