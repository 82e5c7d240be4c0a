"""`{% open_questions project as n_open %}`: how many questions wait for an owner."""

from django import template

from instructions import questions
from projects.models import Project

register = template.Library()


@register.simple_tag
def open_questions(project: Project) -> int:
    return questions.open_questions(project)
