"""`{% touched version as number %}`: how many judgements were made before a guideline version."""

from django import template

from instructions.models import GuidelineVersion
from labeling.quality.impact import COUNTED, n_before
from labeling.quality.overview import bounded

register = template.Library()


@register.simple_tag
def touched(version: GuidelineVersion) -> str:
    """As it is written, “120 judgements”; empty where there are none."""
    number = n_before(version)
    if not number:
        return ""
    return f"{bounded(number, COUNTED)} judgement{'' if number == 1 else 's'}"
