"""Makes hostile artifacts out of the golden one: `python -m tests.models.hostile.make FOLDER` leaves them for the eye.

Each case breaks one thing. `signed` ones carry a manifest whose hashes fit, so only the named check can refuse them.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from models.manifest import MAX_MANIFEST_BYTES, dump, version_of
from tests.models.golden.make import make

Edit = Callable[[Path], None]
VICTIM = "rebuy_rate"


class Payload:
    """Unpickling it would create a file: proof that nobody did."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.path), "w")


def sign(folder: Path, change: Callable[[dict[str, Any]], None] = lambda _: None) -> None:
    """Change the manifest and make its version fit again."""
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    manifest["version"] = version_of(manifest)
    (folder / "manifest.json").write_bytes(dump(manifest))


def signed(**changes: Any) -> Edit:
    return lambda folder: sign(folder, lambda manifest: manifest.update(changes))


def without(key: str) -> Edit:
    return lambda folder: sign(folder, lambda manifest: manifest.pop(key))


def entry(**changes: Any) -> Edit:
    return lambda folder: sign(folder, lambda manifest: manifest["arrays"][VICTIM].update(changes))


def text(content: str | bytes) -> Edit:
    data = content.encode() if isinstance(content, str) else content
    return lambda folder: bool((folder / "manifest.json").write_bytes(data)) and None


def replaced(data: bytes) -> Edit:
    """The victim's file holds other bytes, and the manifest vouches for them."""

    def edit(folder: Path) -> None:
        (folder / f"{VICTIM}.npy").write_bytes(data)
        entry(sha256=sha256(data).hexdigest())(folder)

    return edit


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    return file.getvalue()


def header(text: str, data: bytes = b"\0" * 64) -> bytes:
    padded = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + data


def pickled(folder: Path) -> None:
    """An object array of the right length whose pickle writes `owned` beside the artifact."""
    head = header("{'descr': '|O', 'fortran_order': False, 'shape': (17,), }", b"")
    replaced(head + pickle.dumps(Payload(folder.parent / "owned")))(folder)


def renamed(name: str) -> Edit:
    """The manifest names the victim's array otherwise, and the file follows where it can."""

    def edit(folder: Path) -> None:
        sign(folder, lambda manifest: manifest["arrays"].update({name: manifest["arrays"].pop(VICTIM)}))

    return edit


def linked(folder: Path) -> None:
    outside = folder.parent / "outside.npy"
    (folder / f"{VICTIM}.npy").rename(outside)
    (folder / f"{VICTIM}.npy").symlink_to(outside)


def linked_manifest(folder: Path) -> None:
    (folder / "manifest.json").rename(folder.parent / "outside.json")
    (folder / "manifest.json").symlink_to(folder.parent / "outside.json")


def fifo(folder: Path) -> None:
    (folder / f"{VICTIM}.npy").unlink()
    os.mkfifo(folder / f"{VICTIM}.npy")


def cut(n_bytes: int) -> Edit:
    def edit(folder: Path) -> None:
        path = folder / f"{VICTIM}.npy"
        path.write_bytes(path.read_bytes()[:n_bytes])

    return edit


def appended(folder: Path) -> None:
    replaced((folder / f"{VICTIM}.npy").read_bytes() + b"\0")(folder)


def flipped(folder: Path) -> None:
    path = folder / f"{VICTIM}.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))


RATES = np.arange(17, dtype=np.float32)
CASES: dict[str, tuple[Edit, str]] = {
    "higher format": (signed(format=2), "format 2 is newer than this build reads .1.: upgrade"),
    "format of another kind": (signed(format=True), "format is not a whole number"),
    "format zero": (signed(format=0), "format 0 was never published"),
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "manifest.json: No such file"),
    "manifest not JSON": (text("{"), "manifest.json: not the JSON of a manifest"),
    "manifest not UTF-8": (text(b"\xff\xfe"), "not the JSON of a manifest"),
    "manifest a list": (text("[]"), "not a JSON object"),
    "manifest too deep": (text('{"a":' + "[" * 200_000 + "]" * 200_000 + "}"), "not the JSON of a manifest"),
    "manifest huge": (text(" " * (MAX_MANIFEST_BYTES + 1)), "larger than 1048576 bytes"),
    "manifest key twice": (text('{"format": 1, "format": 1}'), "key 'format' appears twice"),
    "manifest NaN": (text('{"format": NaN}'), "NaN is not JSON"),
    "manifest linked": (linked_manifest, "manifest.json: not a regular file"),
    "key missing": (without("seeds"), "lacks seeds"),
    "key unknown": (signed(code="import os"), "has the unknown key 'code'"),
    "name escapes": (signed(name="../ranker"), "name '../ranker' is not lower-case"),
    "features of another kind": (signed(features=[1]), "features is not a list of text"),
    "naive time": (signed(trained_through="2017-12-01T00:00:00"), "not an RFC 3339 time with offset"),
    "not a time": (signed(trained_through="yesterday"), "not an RFC 3339 time with offset"),
    "arrays a list": (signed(arrays=[]), "arrays is not an object"),
    "too many arrays": (signed(arrays={f"a{i}": {} for i in range(257)}), "names 257 arrays, more than 256"),
    "entry not an object": (signed(arrays={"a": 1}), "arrays.a is not an object"),
    "entry key missing": (signed(arrays={"a": {"dtype": "<f4", "shape": [1]}}), "lacks arrays.a.sha256"),
    "negative size": (entry(shape=[-1]), "shape is not a list of sizes"),
    "size of another kind": (entry(shape=[True]), "shape is not a list of sizes"),
    "sha256 of another kind": (entry(sha256="abc"), "sha256 is not 64 hex digits"),
    "version edited": (lambda f: text((f / "manifest.json").read_text().replace("0.5", "0.9"))(f), "not the content hash"),
    "infinite metric": (
        lambda f: text((f / "manifest.json").read_text().replace("0.5", "1e999"))(f), "holds a value that JSON cannot",
    ),
    "array escapes": (renamed("../../etc/passwd"), "array name '../../etc/passwd' is not lower-case"),
    "array absolute": (renamed("/etc/passwd"), "array name '/etc/passwd' is not lower-case"),
    "array renamed": (renamed("other"), "other.npy: missing"),
    "array missing": (lambda folder: (folder / f"{VICTIM}.npy").unlink(), "rebuy_rate.npy: missing"),
    "extra file": (lambda folder: bool((folder / "extra.npy").write_bytes(b"")) and None, "extra.npy: not named"),
    "extra folder": (lambda folder: (folder / "__pycache__").mkdir(), "__pycache__: not named by the manifest"),
    "array linked": (linked, "rebuy_rate.npy: not a regular file"),
    "array a pipe": (fifo, "rebuy_rate.npy: not a regular file"),
    "array empty": (cut(0), "rebuy_rate.npy: its .npy header is damaged"),
    "header cut": (cut(40), "rebuy_rate.npy: its .npy header is damaged"),
    "data cut": (cut(150), "rebuy_rate.npy: holds 22 bytes of data where its shape needs 68"),
    "data appended": (appended, "holds 69 bytes of data where its shape needs 68"),
    "bit flipped": (flipped, "rebuy_rate.npy: sha256 differs"),
    "pickle": (pickled, "dtype .O is not one of"),
    "not a .npy": (replaced(b"PK\x03\x04" + bytes(200)), "its .npy header is damaged"),
    ".npy 2.0": (replaced(b"\x93NUMPY\x02\x00" + bytes(200)), ".npy version 2.0, not 1.0"),
    "header of code": (replaced(header("__import__('os').abort()")), "its .npy header is damaged"),
    "header huge": (replaced(b"\x93NUMPY\x01\x00\xff\xff" + b" " * 65535), "its .npy header is damaged"),
    "structured": (replaced(saved(np.zeros(17, [("a", "<f4")]))), "dtype structured is not one of"),
    "text dtype": (replaced(saved(np.zeros(17, "S4"))), "dtype .S4 is not one of"),
    "big-endian": (replaced(saved(RATES.astype(">f4"))), "dtype >f4 is not one of"),
    "Fortran order": (replaced(saved(np.asfortranarray(np.ones((4, 4), np.float32)))), "Fortran order"),
    "no dimensions": (replaced(header("{'descr': '<f4', 'fortran_order': False, 'shape': (), }")), "is not 1 to 4 sizes"),
    "shape negative": (replaced(header("{'descr': '<f4', 'fortran_order': False, 'shape': (-17,), }")), "1 to 4 sizes"),
    "shape vast": (
        replaced(header("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }")), "differs",
    ),
    "shape other": (replaced(saved(RATES[:8])), "shape .8. differs from the manifest's .17."),
    "dtype other": (replaced(saved(RATES.astype("<f8"))), "dtype <f8 differs from the manifest's <f4"),
}  # fmt: skip


def build(case: str, parent: Path) -> Path:
    """A fresh golden artifact under `parent`, broken as the case says; its folder."""
    golden = make(parent / "shelf").path
    folder = parent / "artifact"
    shutil.copytree(golden, folder)
    CASES[case][0](folder)
    return folder


if __name__ == "__main__":
    for case in CASES:
        print(build(case, Path(sys.argv[1]) / case.replace(" ", "-")))  # noqa: T201
