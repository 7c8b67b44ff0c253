"""The OpenAPI document of a service, from its routes, their operations and the models."""

from __future__ import annotations

import re
from typing import Any

from apispec import APISpec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from aglais_hub import __version__
from aglais_hub.operations import Operation
from aglais_hub.service import Route, Service
from aglais_hub.web.api import BaseHandler
from aglais_hub.web.show import label

__all__ = ["OpenApiHandler", "openapi_of"]

REF = "#/components/schemas/{model}"
ERRORS = {
    "400": "The request says something that cannot be meant",
    "401": "No token, or one that is not known",
    "403": "The token lacks the scope",
    "404": "There is no such thing",
    "409": "The state of things is against it",
    "429": "A bound is reached; Retry-After says when it will work",
}


class Problem(BaseModel):
    """What every error is answered with."""

    status: int
    code: str
    message: str


def openapi_of(service: Service, prefix: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of a service."""
    spec = APISpec(
        title=f"aglais {service.name}",
        version=__version__,
        openapi_version="3.1.0",
        info={"description": service.summary},
        servers=[{"url": prefix.rstrip("/")}],
        security=[{"token": []}],
    )
    spec.components.security_scheme(
        "token", {"type": "apiKey", "in": "header", "name": "Authorization"}
    )
    for name, schema in _schemas(service).items():
        spec.components.schema(name, schema)
    for route in service.routes:
        found = {method: _operation(route, method, op) for method, op in route.operations.items()}
        if found:
            spec.path(path=f"/{route.path}", operations=found, parameters=_path_parameters(route))
    document: dict[str, Any] = spec.to_dict()
    return document


def _schemas(service: Service) -> dict[str, Any]:
    specs = [spec for route in service.routes for spec in route.operations.values()]
    said = (model for spec in specs for model in (spec.body, spec.returns))
    models = {model for model in said if model and issubclass(model, BaseModel)}
    wanted: list[tuple[type[BaseModel], Any]] = [
        (model, "validation") for model in sorted(models | {Problem}, key=lambda m: m.__name__)
    ]
    _, definitions = models_json_schema(wanted, ref_template=REF)
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", route.path)
    return [_parameter(name, "path", required=True, kind="string") for name in names]


def _parameter(name: str, where: str, *, required: bool, kind: str) -> dict[str, Any]:
    return {"name": name, "in": where, "required": required, "schema": {"type": kind}}


def _operation(route: Route, method: str, spec: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{method}_{re.sub(r'[^a-z]+', '_', route.path.lower()).strip('_')}",
        "summary": spec.summary,
        "description": f"Needs the scope `{spec.scope}`.",
        "responses": _responses(spec),
    }
    queries = (*spec.query, *_paging(spec))
    parameters = [
        _parameter(name, "query", required=False, kind="integer" if name in PAGING else "string")
        for name in queries
    ]
    parameters += _asked(spec.asks) if spec.asks else []
    if parameters:
        described["parameters"] = parameters
    if spec.body:
        content = {"schema": _reference(spec.body)}
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": content, "application/x-www-form-urlencoded": content},
        }
    return described


PAGING = {"offset", "limit"}


def _paging(spec: Operation) -> tuple[str, ...]:
    if not spec.many:
        return ()
    return ("after", "limit") if spec.is_long else ("offset", "limit")


def _asked(model: type[BaseModel]) -> list[dict[str, Any]]:
    """Return the parameters of a query that is a model; people write lists with commas."""
    return [
        {
            "name": info.alias or name,
            "in": "query",
            "required": info.is_required(),
            "description": info.description or label(name, info.title),
            "schema": {"type": "string"},
        }
        for name, info in model.model_fields.items()
    ]


def _responses(spec: Operation) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done"}
    if spec.media:
        binary = {"schema": {"type": "string", "format": "binary"}}
        success["content"] = {spec.media: binary}
    elif spec.returns is str:
        success["content"] = {spec.text: {"schema": {"type": "string"}}}
    elif spec.returns:
        one = _reference(spec.returns)
        schema = {"type": "array", "items": one} if spec.many else one
        success["content"] = {"application/json": {"schema": schema}}
    return {str(spec.status): success} | {
        status: {
            "description": meaning,
            "content": {"application/json": {"schema": {"$ref": REF.format(model="Problem")}}},
        }
        for status, meaning in ERRORS.items()
    }


def _reference(model: type[Any]) -> dict[str, str]:
    return {"$ref": REF.format(model=model.__name__)}


class OpenApiHandler(BaseHandler):
    """The document itself; open to everybody, it holds no secret."""

    async def get(self) -> None:
        """Answer the document."""
        self.finish(openapi_of(self.process.service, self.process.prefix))
