import typeguard

from serving.quick import without_typeguard


def test_inside_code_runs_as_written_and_afterwards_it_is_checked_again():
    before = typeguard.typechecked
    with without_typeguard():

        @typeguard.typechecked
        def loose(x: int) -> int:
            return x

        @typeguard.typechecked(collection_check_strategy=typeguard.CollectionCheckStrategy.ALL_ITEMS)
        def looser(x: int) -> int:
            return x

    assert (loose("a"), looser("b")) == ("a", "b")
    assert typeguard.typechecked is before


def test_a_fault_inside_restores_it_too():
    before = typeguard.typechecked
    try:
        with without_typeguard():
            raise KeyError
    except KeyError:
        assert typeguard.typechecked is before
