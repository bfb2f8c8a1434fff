"""Every file has a key of its own: it goes with the row, and a rotation only wraps it anew."""

import io
from collections.abc import Iterator

import pikepdf
import pytest
from tests.support.keys import own_keys

from minfang.kernel.administration.keys import queries
from minfang.kernel.crypto import actions as keys
from minfang.kernel.crypto import keyring
from minfang.kernel.crypto.local import Tampered
from minfang.kernel.crypto.models import CryptoKey
from minfang.kernel.files import actions, resealing, storage
from minfang.kernel.files.models import StoredFile

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def file_key() -> Iterator[None]:
    with own_keys():
        keys.ensure_keys()
        yield


def keep() -> tuple[StoredFile, bytes]:
    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.save(out)
    file = actions.store("图.pdf", out.getvalue(), owner=None, allowed=["pdf"], purpose="test")
    return file, out.getvalue()


def of_the_first_release(content: bytes = b"x" * (storage.PIECE_BYTES + 1)) -> StoredFile:
    file, _ = keep()
    storage.write(file.id, content, None)
    StoredFile.objects.filter(pk=file.pk).update(own_key=None, size=len(content))
    return StoredFile.objects.get(pk=file.pk)


def rotate() -> tuple[CryptoKey, CryptoKey]:
    old = CryptoKey.objects.get(active_for="file")
    new = keys.rotate("file", "x")
    keyring.forget()
    return old, new


def test_bytes_copied_from_the_disk_open_no_more_once_the_file_is_deleted(
    django_capture_on_commit_callbacks: object,
) -> None:
    file, _ = keep()
    number, copied = file.pk, storage.path_of(file.pk).read_bytes()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        actions.discard(file, person=None, reason="x")
    assert not storage.path_of(number).exists()
    storage.path_of(number).write_bytes(copied)
    with pytest.raises(Tampered):
        b"".join(storage.pieces(number, None))
    other = StoredFile(pk=number).make_key()
    with pytest.raises(Tampered):
        b"".join(storage.pieces(number, other))


def test_the_key_of_one_file_opens_no_other() -> None:
    (first, _), (second, _) = keep(), keep()
    StoredFile.objects.filter(pk=first.pk).update(own_key=second.own_key)
    with pytest.raises(Tampered):
        actions.read(StoredFile.objects.get(pk=first.pk))


def test_after_a_rotation_keys_are_wrapped_anew_and_bytes_stay_as_they_are() -> None:
    file, content = keep()
    raw = storage.path_of(file.pk).read_bytes()
    old, new = rotate()
    assert queries.usage_of("file") == {old.pk: 1}
    assert resealing.reseal() == 1
    assert queries.usage_of("file") == {new.pk: 1}
    assert storage.path_of(file.pk).read_bytes() == raw
    CryptoKey.objects.filter(pk=old.pk).update(wrapped=None)
    keyring.forget()
    assert actions.read(StoredFile.objects.get(pk=file.pk)) == content
    assert resealing.reseal() == 0


def test_files_of_the_first_release_are_read_and_get_keys_of_their_own() -> None:
    file = of_the_first_release()
    content = b"x" * (storage.PIECE_BYTES + 1)
    assert actions.read(file) == content
    old, new = rotate()
    assert queries.usage_of("file") == {old.pk: 1}
    assert resealing.reseal() == 1
    assert queries.usage_of("file") == {new.pk: 1}
    assert actions.read(StoredFile.objects.get(pk=file.pk)) == content


def test_giving_a_key_may_be_broken_off_before_the_bytes_are_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = of_the_first_release(b"y")
    with monkeypatch.context() as broken:
        broken.setattr(storage, "write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            resealing.reseal()
    row = StoredFile.objects.get(pk=file.pk)
    assert row.own_key is not None
    assert actions.read(row) == b"y"
    assert resealing.reseal() == 1
    assert list(storage.sealed_together()) == []
    assert actions.read(row) == b"y"


def test_a_file_that_does_not_open_is_named_and_the_others_are_done() -> None:
    broken, (sound, _) = of_the_first_release(b"z"), keep()
    path = storage.path_of(broken.pk)
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    _, new = rotate()
    with pytest.raises(Tampered, match=broken.pk.hex):
        resealing.reseal()
    assert path.read_bytes() == raw
    assert queries.usage_of("file")[new.pk] == 2
    assert actions.read(StoredFile.objects.get(pk=sound.pk))
