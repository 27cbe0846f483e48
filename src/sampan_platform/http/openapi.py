"""The API object: signed-in users only, problems for errors, its description as JSON."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from sampan_platform.http.errors import install
from sampan_platform.http.guard import required_scope
from sampan_platform.http.identify import SignedIn
from sampan_platform.http.parsing import StrictParser
from sampan_platform.http.problems import CONTENT_TYPE, ProblemDocument

KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "The same request under the same key happens once, for 24 hours.",
}


IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag that you have: 304 while it is the same.",
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag that you read: 412 where somebody changed it since.",
}


class SampanAPI(NinjaAPI):
    """`NinjaAPI` with what every operation of ours has in common.

    There is no page of documentation, since ninja's fetches its scripts from other hosts: the
    description is served as JSON alone, at openapi.json.
    """

    def __init__(self, *, title: str, version: str, description: str) -> None:
        super().__init__(
            title=title,
            version=version,
            description=description,
            docs_url=None,
            auth=[SignedIn()],
            parser=StrictParser(),
        )
        install(self)

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """With the scope of each operation, its errors and its Idempotency-Key."""
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"]["schemas"].update(_problem_schemas())
        operations = {
            one["operationId"]: (method, one)
            for methods in schema["paths"].values()
            for method, one in methods.items()
        }
        for router in self._get_bound_routers():
            for view in router.path_operations.values():
                for operation in view.operations:
                    name = operation.operation_id or self.get_openapi_operation_id(operation)
                    if name in operations:
                        _complete(*operations[name], operation.view_func)
        return schema


def _complete(method: str, described: dict[str, Any], endpoint: Any) -> None:
    scope = required_scope(endpoint)
    text = described.get("description", "")
    described["description"] = f"{text}\n\nScope: `{scope}`.".strip()
    described["x-sampan-scope"] = scope
    described["responses"]["default"] = {
        "description": "What is wrong, and what to do (RFC 9457)",
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
    }
    headers = [KEY_PARAMETER] if getattr(endpoint, "idempotent", False) else []
    if getattr(endpoint, "etagged", False) and method in ("get", "patch"):
        headers.append(IF_NONE_MATCH if method == "get" else IF_MATCH)
    described["parameters"] = [*described.get("parameters", []), *headers]


def _problem_schemas() -> dict[str, Any]:
    schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    parts: dict[str, Any] = schema.pop("$defs")
    return {**parts, "ProblemDocument": schema}
