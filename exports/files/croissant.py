"""Croissant 1.0 metadata (https://docs.mlcommons.org/croissant/docs/croissant-spec.html).

A FileObject with its SHA-256 for every file, and one FileSet for the rows of all splits. The set
names no `containedIn`: it lies where this file does, which is how local readers find it. Of rows
that no reader can reach from here (Croissant knows no Zstandard) no record set is told.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from exports.columns import Column, ListOf, Struct, Type
from exports.files.manifest import data_files, file_type_of

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
ROWS = "rows"
ROW_FILES = "row-files"
SCALARS = {
    "string": "sc:Text",
    "json": "sc:Text",
    "int64": "sc:Integer",
    "float64": "sc:Float",
    "bool": "sc:Boolean",
}
ENCODINGS = {
    "jsonl": "application/jsonlines",
    "jsonl.gz": "application/jsonlines",
    "jsonl.zst": "application/zstd",
    "parquet": "application/x-parquet",
}
UNREAD = frozenset({"jsonl.zst"})
OTHER_ENCODINGS = {
    "json": "application/json",
    "md": "text/markdown",
    "yaml": "application/yaml",
    "yml": "application/yaml",
}
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

Node = dict[str, Any]


def croissant(manifest: Mapping[str, Any], columns: Sequence[Column]) -> bytes:
    return orjson.dumps(_dataset(manifest, columns), option=orjson.OPT_INDENT_2)


def _dataset(manifest: Mapping[str, Any], columns: Sequence[Column]) -> Node:
    file_type = file_type_of(manifest)
    splits = data_files(manifest)
    name = f"{manifest['project']['slug']}-{manifest['kind']}"
    told = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": name,
        "description": f"{manifest['counts']['rows']} rows: {manifest['format']}, "
        f"of the project {manifest['project']['slug']}.",
        "datePublished": manifest["created_at"],
        "version": "1.0.0",
        "identifier": manifest["address"],
        "citeAs": f"{name}, sha256 {manifest['address']}",
        "url": f"urn:sha256:{manifest['address']}",
        "distribution": [_file_object(each, file_type) for each in manifest["files"]],
        "recordSet": [],
        **_licence(manifest),
        **_responsible(manifest),
    }
    if splits:
        told["distribution"].append(_file_set(splits, file_type))
    if splits and file_type not in UNREAD:
        told["recordSet"].append(_record_set(columns))
    return told


def _licence(manifest: Mapping[str, Any]) -> Node:
    return {"license": manifest["licence"]} if manifest["licence"] else {}


def _responsible(manifest: Mapping[str, Any]) -> Node:
    """What the extension for responsible AI asks for and a manifest knows."""
    models = ", ".join(manifest["model_licences"])
    told = {
        "rai:dataAnnotationPlatform": f"Touchstone {manifest['touchstone_version']}",
        "rai:dataAnnotationAnalysis": f"{len(manifest['annotators'])} annotators, by pseudonym.",
        "rai:machineAnnotationTools": models,
        "rai:personalSensitiveInformation": manifest["consent"],
    }
    return {name: value for name, value in told.items() if value}


def _file_object(entry: Mapping[str, Any], file_type: str) -> Node:
    name = entry["name"]
    other = OTHER_ENCODINGS.get(name.rsplit(".", 1)[-1], "application/octet-stream")
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{entry['bytes']} B",
        "encodingFormat": ENCODINGS[file_type] if name.endswith(f".{file_type}") else other,
        "sha256": entry["sha256"],
    }


def _file_set(splits: Mapping[str, Any], file_type: str) -> Node:
    return {
        "@type": "cr:FileSet",
        "@id": ROW_FILES,
        "name": ROW_FILES,
        "encodingFormat": ENCODINGS[file_type],
        "includes": [f"{split}-*.{file_type}" for split in splits],
    }


def _record_set(columns: Sequence[Column]) -> Node:
    return {
        "@type": "cr:RecordSet",
        "@id": ROWS,
        "name": ROWS,
        "field": [_split(), *(_field(each) for each in columns)],
    }


def _split() -> Node:
    return {
        "@type": "cr:Field",
        "@id": f"{ROWS}/split",
        "name": "split",
        "description": "train, validation or test.",
        "dataType": "sc:Text",
        "source": {
            "fileSet": {"@id": ROW_FILES},
            "extract": {"fileProperty": "filename"},
            "transform": {"regex": "^([a-z]+)-"},
        },
    }


def _field(column: Column) -> Node:
    kind, is_list = _item(column.type)
    field = _named(f"{ROWS}/{column.name}", column, is_list=is_list)
    if not isinstance(kind, Struct):
        return field | {"dataType": _data_type(column), "source": _source(column.name)}
    parts = [_part(field["@id"], each, (column.name,), is_list) for each in kind.fields]
    return field | {"subField": [each for each in parts if each]}


def _part(above: str, part: Column, path: tuple[str, ...], is_in_list: bool) -> Node:
    """A part of a struct. One list in another of structs is left out: readers cannot follow."""
    kind, is_list = _item(part.type)
    path = (*path, part.name)
    field = _named(f"{above}/{part.name}", part, is_list=is_list)
    if is_in_list and (is_list or isinstance(kind, Struct)):
        return {}
    if isinstance(kind, Struct):
        parts = [_part(field["@id"], each, path, is_list) for each in kind.fields]
        return field | {"subField": [each for each in parts if each]}
    return field | {"dataType": _data_type(part), "source": _source(*path)}


def _named(identity: str, column: Column, *, is_list: bool) -> Node:
    told = {"@type": "cr:Field", "@id": identity, "name": column.name}
    described = {"description": column.description} if column.description else {}
    return told | described | ({"repeated": True} if is_list else {})


def _source(column: str, *parts: str) -> Node:
    source: Node = {"fileSet": {"@id": ROW_FILES}, "extract": {"column": column}}
    steps = [{"jsonPath": part} for part in parts]
    return source | ({"transform": steps} if steps else {})


def _item(kind: Type) -> tuple[Type, bool]:
    """The type of one item, and whether there are many."""
    return (kind.item, True) if isinstance(kind, ListOf) else (kind, False)


def _data_type(column: Column) -> str:
    """Of a scalar, or of a list's innermost item. Readers of JSON lines make a time of whatever a
    column called `..._at` holds."""
    if column.type == "string" and column.name.endswith("_at"):
        return "sc:DateTime"
    kind = column.type
    while isinstance(kind, ListOf):
        kind = kind.item
    return SCALARS[kind] if isinstance(kind, str) else "sc:Text"
