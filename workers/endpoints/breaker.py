"""Whether an endpoint may be called; shared by all processes through its row.

Closed until several draws in a row have failed; then open for a while that doubles with every
probe that fails too. Once that time is over one draw goes through to try it: the probe. Times
are those of PostgreSQL's clock, so that machines need not agree about theirs.
"""

from datetime import timedelta

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from workers.endpoints.errors import EndpointError, Overloaded, Stopped
from workers.models import Endpoint

MOST_FAILURES = 5
OPEN_SECONDS = 10.0
LONGEST_OPEN_SECONDS = 300.0
PROBE_TIME = timedelta(seconds=60)
"""A probe that has said nothing by then is taken for lost, and another draw may try."""
# While it is open only the probe counts: the many draws that were in flight when the endpoint
# went would otherwise keep it open for hours.
COUNT_FAILURE = """
    UPDATE workers_endpoint
    SET n_failures = n_failures + 1,
        probing_until = NULL,
        open_until = CASE WHEN n_failures + 1 >= %(most)s THEN
            statement_timestamp() + interval '1 second'
                * least(%(seconds)s * power(2, least(n_failures + 1 - %(most)s, 20)), %(longest)s)
        END
    WHERE id = %(id)s AND (open_until IS NULL OR probing_until IS NOT NULL)
"""


def may_call(endpoint_id: int) -> bool:
    """Closed: yes. Open: no. Once its time is over: exactly one probe."""
    row = Endpoint.objects.filter(pk=endpoint_id)
    if row.filter(open_until=None).exists():
        return True
    is_free = Q(probing_until=None) | Q(probing_until__lt=Now())
    return bool(row.filter(is_free, open_until__lte=Now()).update(probing_until=Now() + PROBE_TIME))


def note_success(endpoint_id: int) -> None:
    """A draw went well: closed, whatever was before."""
    row = Endpoint.objects.filter(pk=endpoint_id).exclude(n_failures=0, open_until=None)
    row.update(n_failures=0, open_until=None, probing_until=None)


def note_failure(endpoint_id: int, error: EndpointError) -> None:
    """A draw failed. What says nothing against the endpoint only gives the probe back."""
    if not is_against(error):
        give_back(endpoint_id)
        return
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT_FAILURE,
            {
                "id": endpoint_id,
                "most": MOST_FAILURES,
                "seconds": OPEN_SECONDS,
                "longest": LONGEST_OPEN_SECONDS,
            },
        )


def give_back(endpoint_id: int) -> None:
    """The probe was not made after all, or told nothing: another draw may try."""
    probing = Endpoint.objects.filter(pk=endpoint_id, probing_until__isnull=False)
    probing.update(probing_until=None)


def is_against(error: EndpointError) -> bool:
    """Whether the error speaks against the endpoint: not where it refused this one request, nor
    where it says that it has too much to do (429), which a server that works says."""
    if isinstance(error, Overloaded):
        return error.status != 429
    return error.is_retryable and not isinstance(error, Stopped)
