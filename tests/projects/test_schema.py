"""The API's own description."""

from io import StringIO

from django.core.management import call_command


def test_the_description_is_valid_and_made_without_warnings() -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert "/api/v1/projects/{slug}/guideline:" in out.getvalue()
