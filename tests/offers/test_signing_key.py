import multiprocessing
import os
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from offers.signing_key import SigningKeyError, signer_at
from offers.tokens import Reader, TokenError
from tests.offers.token_world import KEY, SIGNER, coupon

PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def put(path, content, mode=0o600):
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_the_key_in_the_file_signs(tmp_path):
    assert signer_at(put(tmp_path / "key.pem", PEM)).coupon(coupon()) == SIGNER.coupon(coupon())


def test_a_key_is_made_once_for_our_eyes_only(tmp_path):
    path = tmp_path / "keys" / "offline.pem"
    first = signer_at(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["offline.pem"]
    assert signer_at(path).jwks() == first.jwks() != signer_at(tmp_path / "other.pem").jwks()
    assert Reader(first.jwks()).coupon(signer_at(path).coupon(coupon()), "soho") == coupon()


def _made(path, barrier, said):
    barrier.wait()
    said.put(signer_at(path).key_id)


def test_processes_at_once_end_with_one_key(tmp_path):
    spawn = multiprocessing.get_context("fork")
    for turn in range(5):
        path, barrier, said = tmp_path / f"{turn}.pem", spawn.Barrier(6), spawn.Queue()
        makers = [spawn.Process(target=_made, args=(path, barrier, said)) for _ in range(6)]
        for maker in makers:
            maker.start()
        names = {said.get(timeout=20) for _ in makers}
        for maker in makers:
            maker.join()
        assert names == {signer_at(path).key_id}
    assert sorted(os.listdir(tmp_path)) == [f"{turn}.pem" for turn in range(5)]


def test_another_process_was_first_between_our_look_and_our_link(tmp_path, monkeypatch):
    path = tmp_path / "key.pem"
    link = os.link

    def late(source, target):
        put(path, PEM)
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    assert signer_at(path).key_id == SIGNER.key_id
    assert os.listdir(tmp_path) == ["key.pem"]


def test_a_key_that_cant_be_written_whole_isnt_there(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SigningKeyError, match="No space left on device"):
        signer_at(tmp_path / "key.pem")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o666])
def test_others_may_neither_read_nor_write_it(tmp_path, mode):
    path = put(tmp_path / "key.pem", PEM, mode)
    with pytest.raises(SigningKeyError, match=rf"mode {mode:04o}\); chmod 600 {path}"):
        signer_at(path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_our_own_rights_are_fine(tmp_path, mode):
    assert signer_at(put(tmp_path / "key.pem", PEM, mode)).key_id == SIGNER.key_id


def pem_of(key, secret=None):
    lock = BestAvailableEncryption(secret) if secret else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "isn't a private key in PEM"), (PEM[:60], "isn't a private key in PEM"), (b"\0" * 200, "isn't a private"),
        (KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "isn't a private key in PEM"),
        (pem_of(KEY, b"secret"), "has a password"), (pem_of(Ed448PrivateKey.generate()), "another kind of key"),
        (pem_of(generate_private_key(SECP256R1())), "another kind of key"),
    ],
)  # fmt: skip
def test_what_isnt_our_kind_of_key_is_named_and_kept(tmp_path, content, says):
    path = put(tmp_path / "key.pem", content)
    with pytest.raises(SigningKeyError, match=says) as fault:
        signer_at(path)
    assert str(fault.value).startswith(f"{path}: ")
    assert path.read_bytes() == content


def test_what_isnt_a_file(tmp_path):
    with pytest.raises(SigningKeyError, match="Is a directory"):
        signer_at(tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(SigningKeyError, match="isn't a file"):
        signer_at(tmp_path / "pipe")
    (tmp_path / "plain").touch()
    with pytest.raises(SigningKeyError, match="can't be read or made"):
        signer_at(tmp_path / "plain" / "key.pem")


def public_pem(path):
    key = load_pem_private_key(path.read_bytes(), password=None)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_tokens_of_a_retired_key_stay_good(tmp_path):
    old = signer_at(tmp_path / "old.pem")
    retired = tmp_path / "retired.pem"
    retired.write_text(public_pem(tmp_path / "old.pem"))
    signer = signer_at(tmp_path / "new.pem", retired)
    assert [one["kid"] for one in signer.jwks()["keys"]] == [signer.key_id, old.key_id]
    reader = Reader(signer.jwks())
    for one in (old, signer):
        assert reader.coupon(one.coupon(coupon()), "soho") == coupon()
    with pytest.raises(TokenError, match="known here"):
        Reader(signer_at(tmp_path / "new.pem").jwks()).coupon(old.coupon(coupon()), "soho")
    # Several, one of them ours again: each once.
    retired.write_text(public_pem(tmp_path / "old.pem") + public_pem(tmp_path / "new.pem"))
    assert signer_at(tmp_path / "new.pem", retired).jwks() == signer.jwks()


@pytest.mark.parametrize(
    ("text", "says"),
    [(None, "can't be read"), ("", "no whole public key"), ("private", "holds a private key"),
     ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "key 1 isn't an Ed25519"), ("torn", "more than keys")],
)  # fmt: skip
def test_what_no_retired_key_is_gets_one_line(tmp_path, text, says):
    signer_at(tmp_path / "key.pem")
    made = {
        "private": (tmp_path / "key.pem").read_text(),
        "torn": public_pem(tmp_path / "key.pem") + "-----BEGIN PUBLIC KEY-----\nMCow",
    }
    if text is not None:
        (tmp_path / "retired.pem").write_text(made.get(text, text))
    with pytest.raises(SigningKeyError, match=rf"{says}.*openssl pkey -in"):
        signer_at(tmp_path / "key.pem", tmp_path / "retired.pem")
