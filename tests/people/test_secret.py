import hmac
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from people.identity import IdentityFault, kind_of
from people.secret import References, SecretFault, read_secret


def test_a_reference_is_the_keyed_hash_of_the_one_form(tmp_path):
    made = References(tmp_path / "key").of("phone:0041 79 123 45 67")
    secret = bytes.fromhex((tmp_path / "key").read_text())
    assert made == "phone-" + hmac.new(secret, b"phone:+41791234567", "sha256").hexdigest()[:32]
    assert kind_of(made) == "phone"


def test_the_same_value_under_another_kind_or_secret_is_another(tmp_path):
    one, other = References(tmp_path / "one"), References(tmp_path / "other")
    made = [one.of("app:12345"), one.of("card:12345"), one.of("device:12345"), other.of("app:12345")]
    assert len({text.split("-")[1] for text in made}) == 4
    assert References(tmp_path / "one").of("app:12345") == made[0]


def test_what_is_no_identity_is_left_alone_and_needs_no_secret(tmp_path):
    references = References(tmp_path / "key")
    texts = ["ann", "2375", "fax:1", "card-" + "a" * 32]
    assert references.of_all(texts) == texts
    assert not (tmp_path / "key").exists()
    with pytest.raises(IdentityFault):
        references.of("card:")
    assert not (tmp_path / "key").exists()


def test_the_secret_is_for_its_owner_alone(tmp_path):
    read_secret(tmp_path / "deep" / "key")
    assert stat.S_IMODE((tmp_path / "deep" / "key").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["key"]


def test_those_who_begin_together_end_up_with_one(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(read_secret, [tmp_path / "key"] * 32))) == 1


@pytest.mark.parametrize("content", ["", "not hexadecimal", "ab" * 31, "é"])
def test_a_damaged_secret_is_not_replaced(tmp_path, content):
    (tmp_path / "key").write_text(content)
    with pytest.raises(SecretFault, match="restore it"):
        References(tmp_path / "key").of("card:12")
    assert (tmp_path / "key").read_text() == content


def test_two_ways_to_type_a_letter_are_one_id(tmp_path):
    references = References(tmp_path / "key")
    assert references.of("cafe\u0301") == references.of("caf\u00e9") == "caf\u00e9"
    assert references.of("mail:Zoe\u0308@x.ch") == references.of("mail:Zo\u00eb@x.ch")
    # Letters that merely look alike are others, and so are capitals.
    assert len({references.of(text) for text in ("caf\u00e9", "cafe", "Caf\u00e9", "c\u0430f\u00e9")}) == 4


def test_an_id_that_is_longer_in_the_one_form_has_an_end_too(tmp_path):
    references, longer = References(tmp_path / "key"), "\u0958"
    assert len(references.of(longer * 64)) == 128
    with pytest.raises(IdentityFault, match="128"):
        references.of(longer * 65)
