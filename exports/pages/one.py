"""One export: how far it is, what it is, its files."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from exports.building import folder_of
from exports.card import TRAINERS
from exports.models import Export
from exports.pages.access import export_and_member
from exports.pages.available import n_expected
from exports.pages.files import download_name, files, sample
from exports.writing import A_PERSON, DATA
from projects.access import person


@login_required
@require_safe
def export(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found, member = export_and_member(person(request), public_id)
    context = {
        "export": found,
        "project": found.project,
        "member": member,
        "is_demo": found.project.is_demo,
        "is_waiting": found.is_waiting,
        "n_expected": n_expected(found),
        "is_complete": found.is_done and folder_of(found).exists(),
        "data_name": download_name(found, DATA),
        "trainer": TRAINERS[found.kind],
        "n_dropped": n_dropped(found),
        "n_models": n_models(found),
        "files": files(found),
        "sample": sample(found),
    }
    return render(request, "exports/detail.html", context)


def n_dropped(found: Export) -> int:
    return sum(found.manifest["counts"]["dropped"].values()) if found.is_done else 0


def n_models(found: Export) -> int:
    return len(set(found.manifest["models"]) - {A_PERSON}) if found.is_done else 0
