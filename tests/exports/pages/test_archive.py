"""A folder as one tar file."""

import io
import tarfile
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from exports.pages.archive import pieces, size_of


@given(st.lists(st.binary(max_size=2_000), max_size=5))
def test_whatever_is_put_in_comes_out_and_the_length_is_known_before(contents: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"file-{number}" for number in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        sent = b"".join(pieces("harbour", paths))
        assert len(sent) == size_of("harbour", paths)
    with tarfile.open(fileobj=io.BytesIO(sent)) as archive:
        found = {each.name: archive.extractfile(each) for each in archive}
        read = {name: file.read() for name, file in found.items() if file is not None}
    assert read == {f"harbour/file-{n}": content for n, content in enumerate(contents)}


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"{}\n")
    first = b"".join(pieces("harbour", [path]))
    path.unlink()
    path.write_bytes(b"{}\n")
    assert b"".join(pieces("harbour", [path])) == first


def test_a_name_longer_than_tar_had_room_for_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 150)
    path.write_bytes(b"long")
    sent = b"".join(pieces("harbour", [path]))
    assert len(sent) == size_of("harbour", [path])
    with tarfile.open(fileobj=io.BytesIO(sent)) as archive:
        assert archive.getnames() == [f"harbour/{'n' * 150}"]
