import pytest
from django.db import IntegrityError

from instructions.models import GuidelineVersion
from projects.models import Project


@pytest.mark.django_db
def test_a_published_guideline_version_refuses_to_change(project: Project) -> None:
    version = GuidelineVersion.objects.get()
    version.text = "other"
    with pytest.raises(IntegrityError, match="never changes"):
        version.save()
