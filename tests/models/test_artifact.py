from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from models import manifest as manifests
from models.artifact import FORMAT, ArtifactError, read_artifact, write_artifact
from models.manifest import MANIFEST
from models.npy import DTYPES, write_array
from tests.models.checkerboard import manifest

NUMBERS = np.arange(12).reshape(3, 4)


def test_what_is_written_is_read_back_as_read_only_maps(tmp_path):
    arrays = {f"a{i}": NUMBERS.astype(dtype) for i, dtype in enumerate(DTYPES)}
    written = write_artifact(tmp_path, "tiny", arrays, manifest())
    artifact = read_artifact(written.path)
    assert artifact.manifest == written.manifest
    assert artifact.manifest["format"] == FORMAT
    assert artifact.path == tmp_path / "tiny" / artifact.version
    for name, array in arrays.items():
        assert isinstance(artifact.arrays[name], np.memmap)
        assert artifact.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(artifact.arrays[name], array)
        with pytest.raises(ValueError, match="read-only"):
            artifact.arrays[name][0] = 1


def test_manifest_and_arrays_cannot_be_added_to(tmp_path):
    artifact = write_artifact(tmp_path, "tiny", {"a": NUMBERS}, manifest())
    with pytest.raises(TypeError):
        artifact.arrays["b"] = NUMBERS
    with pytest.raises(TypeError):
        artifact.manifest["name"] = "other"


@pytest.mark.parametrize(
    "given",
    [NUMBERS.astype(">i8"), np.asfortranarray(NUMBERS), np.repeat(np.repeat(NUMBERS, 2, 0), 2, 1)[::2, ::2]],
    ids=["big-endian", "Fortran", "strided"],
)
def test_byte_order_and_memory_order_make_no_difference(tmp_path, given):
    plain = write_artifact(tmp_path, "tiny", {"a": NUMBERS}, manifest())
    assert write_artifact(tmp_path, "tiny", {"a": given}, manifest()).version == plain.version


@pytest.mark.parametrize("shape", [(0,), (0, 4), (3, 0)])
def test_an_empty_array_keeps_its_shape(tmp_path, shape):
    artifact = write_artifact(tmp_path, "tiny", {"a": np.zeros(shape, np.float32)}, manifest())
    assert read_artifact(artifact.path).arrays["a"].shape == shape


def test_writing_twice_writes_once(tmp_path):
    first = write_artifact(tmp_path, "tiny", {"a": NUMBERS}, manifest())
    before = os.stat(first.path / "a.npy").st_mtime_ns
    again = write_artifact(tmp_path, "tiny", {"a": NUMBERS}, manifest())
    assert again.version == first.version
    assert os.stat(first.path / "a.npy").st_mtime_ns == before
    assert os.listdir(tmp_path / "tiny") == [first.version]


def test_many_writers_at_once_leave_one_version(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(write_artifact, tmp_path, "tiny", {"a": NUMBERS}, manifest()) for _ in range(16)]
        versions = {job.result().version for job in jobs}
    assert len(versions) == 1
    assert os.listdir(tmp_path / "tiny") == list(versions)


@pytest.mark.parametrize(
    "changed",
    [{"arrays": {"a": NUMBERS + 1}}, {"arrays": {"b": NUMBERS}}, {"arrays": {"a": NUMBERS.reshape(4, 3)}},
     {"manifest": {"metrics": {"recall@10": 0.51}}}, {"manifest": {"commit": "1" * 40}}, {"name": "other"}],
    ids=["value", "array name", "shape", "metric", "commit", "name"],
)  # fmt: skip
def test_the_version_vouches_for_everything(tmp_path, changed):
    first = write_artifact(tmp_path, "tiny", {"a": NUMBERS}, manifest())
    other = write_artifact(
        tmp_path, changed.get("name", "tiny"), changed.get("arrays", {"a": NUMBERS}),
        manifest(**changed.get("manifest", {})),
    )  # fmt: skip
    assert other.version != first.version


@pytest.mark.parametrize("file", ["a.npy", MANIFEST])
def test_a_damaged_version_is_not_taken_for_written_but_healed(tmp_path, file):
    first = write_artifact(tmp_path, "tiny", {"a": NUMBERS}, manifest())
    (first.path / file).write_bytes(b"")
    with pytest.raises(ArtifactError, match=file):
        read_artifact(first.path)
    healed = write_artifact(tmp_path, "tiny", {"a": NUMBERS}, manifest())
    assert (healed.version, healed.path) == (first.version, first.path)
    assert np.array_equal(read_artifact(first.path).arrays["a"], NUMBERS)
    assert os.listdir(tmp_path / "tiny") == [first.version], "nothing is left beside it"


@pytest.mark.parametrize(
    ("name", "arrays", "changes", "message"),
    [
        ("../tiny", {"a": NUMBERS}, {}, r"artifact name '\.\./tiny'"),
        ("tiny", {"../a": NUMBERS}, {}, r"array name '\.\./a'"),
        ("tiny", {"A": NUMBERS}, {}, "array name 'A'"),
        ("tiny", {"a": NUMBERS.astype(object)}, {}, "dtype object is not one of"),
        ("tiny", {"a": NUMBERS > 3}, {}, "dtype bool is not one of .*: cast the array"),
        ("tiny", {"a": NUMBERS.astype("f2")}, {}, "dtype float16"),
        ("tiny", {"a": np.array(["x"])}, {}, "dtype <U1"),
        ("tiny", {"a": np.float32(1)}, {}, "0 dimensions"),
        ("tiny", {"a": np.zeros((1, 1, 1, 1, 1))}, {}, "5 dimensions"),
        ("tiny", {"a": NUMBERS}, {"metrics": {"recall": float("nan")}}, "give plain JSON values, null for no value"),
        ("tiny", {"a": NUMBERS}, {"metrics": {"recall": np.float32(1)}}, "give plain JSON values"),
        ("tiny", {"a": NUMBERS}, {"commit": "\ud800"}, "give plain JSON values"),
        ("tiny", {"a": NUMBERS}, {"version": "0" * 16}, "manifest key 'version' is not one the caller states"),
        ("tiny", {"a": NUMBERS}, {"trained_through": "2017-12-01"}, "not an RFC 3339 time with offset"),
        ("tiny", {"a": NUMBERS}, {"seeds": [1]}, "seeds is not an object"),
    ],
)
def test_a_writer_refuses_and_leaves_nothing(tmp_path, name, arrays, changes, message):
    with pytest.raises(ArtifactError, match=message):
        write_artifact(tmp_path / "shelf", name, arrays, manifest(**changes))
    assert [path for path in tmp_path.rglob("*") if path.is_file() or path.name.startswith(".")] == []


def test_a_writer_names_the_missing_key(tmp_path):
    stated = manifest()
    del stated["seeds"]
    with pytest.raises(ArtifactError, match="'seeds' is missing: give exactly commit, feature_service"):
        write_artifact(tmp_path, "tiny", {"a": NUMBERS}, stated)


def test_a_disk_that_refuses_is_one_plain_line(tmp_path):
    (tmp_path / "shelf").write_text("a file where the folder should be")
    with pytest.raises(ArtifactError, match=r"cannot write \(.*\): free the disk or fix its rights"):
        write_artifact(tmp_path / "shelf", "tiny", {"a": NUMBERS}, manifest())


def test_tuples_and_whole_number_keys_become_what_json_makes_of_them(tmp_path):
    written = write_artifact(
        tmp_path, "tiny", {"a": NUMBERS}, manifest(parameters={"pair": (1, 2)}, metrics={10: 0.1, 2: 0.2})
    )
    assert read_artifact(written.path).manifest["metrics"] == {"10": 0.1, "2": 0.2}
    assert written.manifest["parameters"] == {"pair": [1, 2]}


def test_not_verifying_skips_the_sha256_and_nothing_else(tmp_path):
    path = write_artifact(tmp_path, "tiny", {"a": NUMBERS}, manifest()).path
    data = bytearray((path / "a.npy").read_bytes())
    data[-8] ^= 1
    (path / "a.npy").write_bytes(bytes(data))
    assert read_artifact(path, verify=False).arrays["a"][-1, -1] == 10
    with pytest.raises(ArtifactError, match="sha256 differs"):
        read_artifact(path)
    (path / "a.npy").write_bytes(bytes(data[:-1]))
    with pytest.raises(ArtifactError, match="holds 95 bytes"):
        read_artifact(path, verify=False)


def test_a_folder_that_cannot_be_listed_is_one_plain_line(tmp_path, monkeypatch):
    path = write_artifact(tmp_path, "tiny", {"a": NUMBERS}, manifest()).path

    def refuse(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(ArtifactError, match="Permission denied"):
        read_artifact(path)


def test_no_folder_says_what_to_do(tmp_path):
    with pytest.raises(ArtifactError, match="no such artifact folder: train first"):
        read_artifact(tmp_path / "none")


def test_the_manifest_entry_is_the_files_own_sum(tmp_path):
    entry = write_array(tmp_path / "a.npy", NUMBERS)
    assert entry["shape"] == [3, 4]
    assert entry["dtype"] == "<i8"
    assert len(entry["sha256"]) == 64


def test_the_version_does_not_depend_on_key_order_or_layout(tmp_path):
    path = write_artifact(tmp_path, "tiny", {"a": NUMBERS}, manifest()).path / "manifest.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps(dict(reversed(values.items()))))
    assert manifests.load(path) == values
    assert manifests.version_of(values) == values["version"]
