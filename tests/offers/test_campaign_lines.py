import tomllib

import pytest

from offers.campaign_lines import line_of, lines_of

TEXT = '''# a = 1
a = "x # [no]" # b = 2
"quoted key" = 'it''s'.a
[room]  # [other]
b.c = 5
list = [
  "one", # two
  [2, 3], {x = 1},

  4]
text = """
b = 7
[none]
"""
end = {inner = 1, more = [1, 2]}
[room.deep]
b = 2026-01-01T08:00:00Z
[[many]]
k = 1
'''.replace("'it''s'.a", "'s'")


@pytest.mark.parametrize(
    ("key", "line"),
    [("a", 2), ("quoted key", 3), ("room", 4), ("room.b.c", 5), ("room.list", 6), ("room.list[0]", 7), ("room.list[1]", 8),
     ("room.list[2]", 8), ("room.list[3]", 10), ("room.text", 11), ("room.end", 15), ("room.end.inner", 15),
     ("room.deep", 16), ("room.deep.b", 17), ("many", 18), ("many.k", 19), ("room.unheard", 4), ("nothing.at.all", 1), ("", 1),
     ("room.list[1][0]", 8)],
)  # fmt: skip
def test_a_key_is_found_on_its_line(key, line):
    assert line_of(TEXT, key) == line


def test_what_stands_in_comments_and_texts_is_no_key():
    tomllib.loads(TEXT)
    assert set(lines_of(TEXT)) == {
        "a", "quoted key", "room", "room.b.c", "room.list", "room.list[0]", "room.list[1]", "room.list[2]", "room.list[3]",
        "room.text", "room.end", "room.deep", "room.deep.b", "many", "many.k",
    }  # fmt: skip
