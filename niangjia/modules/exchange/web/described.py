"""The open API in words, read off its own OpenAPI description, so that the page can't say anything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TYPES = {"string": "文本", "integer": "整数", "boolean": "是/否", "number": "数", "object": "对象", "array": "列表"}


@dataclass(frozen=True)
class Value:
    name: str
    kind: str
    is_required: bool
    said: str


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    title: str
    values: tuple[Value, ...]


def operations() -> list[Operation]:
    from niangjia.modules.exchange.web.api import api

    schema = api.get_openapi_schema()
    return [
        Operation(method.upper(), path, told.get("summary", ""), tuple(_values(told, schema)))
        for path, methods in schema["paths"].items()
        for method, told in methods.items()
    ]


def _values(told: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Value]:
    for parameter in told.get("parameters", ()):
        yield Value(parameter["name"], "路径", is_required=True, said=parameter["schema"].get("description", ""))
    body = told.get("requestBody")
    if body:
        yield from _fields(body["content"]["application/json"]["schema"], schema, "")


def _fields(shape: Mapping[str, Any], schema: Mapping[str, Any], before: str) -> Iterator[Value]:
    shape = _resolved(shape, schema)
    for name, value in shape.get("properties", {}).items():
        inner = _resolved(value, schema)
        kind = next((one["type"] for one in inner.get("anyOf", ()) if one.get("type") != "null"), inner.get("type", ""))
        if "properties" in inner:
            yield from _fields(inner, schema, f"{before}{name}.")
        else:
            yield Value(
                f"{before}{name}",
                TYPES.get(kind, kind),
                name in shape.get("required", ()),
                value.get("description", ""),
            )


def _resolved(shape: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "allOf" in shape:
        shape = shape["allOf"][0]
    if "$ref" in shape:
        found: Mapping[str, Any] = schema["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
        return found
    return shape
