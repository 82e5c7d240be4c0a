"""What the workers tell the apps above them."""

from django.dispatch import Signal

generations_finished = Signal()
"""Sent after the commit that finished some generations: `generation_ids: Sequence[int]`."""
