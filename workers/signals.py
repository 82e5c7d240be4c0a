"""What the workers tell the apps above them."""

from django.dispatch import Signal

generation_finished = Signal()
"""Sent after the commit that finished a generation: `generation_id: int`, `state: str`."""
