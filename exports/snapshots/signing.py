"""Whether a snapshot's files are those it was made with, and who says so. Of folders alone.

The manifest names every file with its SHA-256; a signature (Ed25519, RFC 8032) over its bytes
therefore covers all of them. It lies beside it, with the public key that it belongs to.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exports.files.manifest import MANIFEST, address_of
from exports.snapshots.plan import PLAN
from exports.snapshots.stored import manifest_in

SIGNATURE = "manifest.json.sig"
ALGORITHM = "ed25519"
UNLISTED = frozenset({MANIFEST, SIGNATURE, PLAN})
PIECE = 1 << 20


@dataclass(frozen=True)
class Verified:
    problems: tuple[str, ...]
    address: str
    signed_by: str = ""
    """The public key in hexadecimal, where a signature is there and right."""


def signature_of(manifest: bytes, key: str) -> bytes:
    """The signature's file. `key`: the private key's 32 bytes in hexadecimal."""
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key))
    told = {
        "algorithm": ALGORITHM,
        "public_key": public_key_of(key),
        "signature": private.sign(manifest).hex(),
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def public_key_of(key: str) -> str:
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key))
    return private.public_key().public_bytes_raw().hex()


def verify(folder: Path, *, public_key: str = "") -> Verified:
    """Every file against the manifest, the manifest against its address, and against its signature
    if there is one; with `public_key` there has to be one, by that key."""
    try:
        manifest = manifest_in(folder)
        address = str(manifest["address"])
        problems = [*_of_files(folder, manifest["files"]), *of_plan(folder, manifest)]
        if address_of(manifest) != address:
            problems.append(f"{MANIFEST}: does not have the address that it tells")
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError) as error:
        return Verified((f"{MANIFEST}: {type(error).__name__}: {error}",), "")
    problem, signed_by = _signed(folder, public_key)
    return Verified((*problems, *([problem] if problem else [])), address, signed_by)


def _of_files(folder: Path, files: list[dict[str, object]]) -> list[str]:
    problems = []
    for entry in files:
        name = str(entry["name"])
        path = folder / name
        if Path(name).name != name or not path.is_file():
            problems.append(f"{name}: is not there")
        elif path.stat().st_size != entry["bytes"]:
            problems.append(f"{name}: has {path.stat().st_size} bytes, not {entry['bytes']}")
        elif sha256_of(path) != entry["sha256"]:
            problems.append(f"{name}: its SHA-256 is another one")
    listed = {str(entry["name"]) for entry in files} | UNLISTED
    others = sorted(path.name for path in folder.iterdir() if path.name not in listed)
    return problems + [f"{name}: is not in the manifest" for name in others]


def of_plan(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """Copies go out without it, and manifests of before it was told do not tell it."""
    path, known = folder / PLAN, manifest.get("plan_sha256")
    is_another = known is not None and path.exists() and sha256_of(path) != known
    return [f"{PLAN}: its SHA-256 is another one"] if is_another else []


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _signed(folder: Path, public_key: str) -> tuple[str, str]:
    """What is wrong with the signature, and whose it is if nothing is."""
    path = folder / SIGNATURE
    if not path.exists():
        return (f"{SIGNATURE}: is not there" if public_key else ""), ""
    try:
        told = orjson.loads(path.read_bytes())
        key = str(told["public_key"])
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(told["signature"]), (folder / MANIFEST).read_bytes())
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return f"{SIGNATURE}: is not a signature", ""
    except InvalidSignature:
        return f"{SIGNATURE}: does not fit the manifest", ""
    if public_key and key != public_key.strip().lower():
        return f"{SIGNATURE}: is by another key, {key}", ""
    return "", key
