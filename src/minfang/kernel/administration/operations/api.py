"""The operations page of the system administrator."""

from django.http import HttpRequest
from ninja import Router

from minfang.kernel.administration.operations import queries
from minfang.kernel.administration.operations.schemas import OperationsOut
from minfang.kernel.iam.access import requires

router = Router(tags=["运行状况"], auth=[requires("operations.read")])


@router.get("", response=OperationsOut, operation_id="get_operations")
def get_operations(request: HttpRequest) -> OperationsOut:
    """What is broken today, and how processes, recurring work and backups are."""
    return queries.overview()
