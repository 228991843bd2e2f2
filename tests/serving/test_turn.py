import asyncio

import pytest

from serving.turn import Turn


def told_by(turn, *rounds):
    """What each of the rounds of questions, asked a moment after each other, came to."""

    async def ask():
        tasks = []
        for questions in rounds:
            tasks += [asyncio.ensure_future(turn.ask(question)) for question in questions]
            await asyncio.sleep(0)
        return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(ask())


def kept(most=3):
    """(a turn that multiplies by ten, the blocks it was asked)."""
    blocks = []
    return Turn(lambda items: blocks.append(list(items)) or [item * 10 for item in items], most), blocks


def test_those_of_two_turns_are_answered_together_in_order_and_no_more_than_most():
    turn, blocks = kept()
    assert told_by(turn, [1, 2, 3, 4, 5]) == [10, 20, 30, 40, 50]
    assert blocks == [[1, 2, 3], [4, 5]]


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        (([1], [], [2, 3]), [[1], [2, 3]]),
        # Who is read a turn after the first comes along, and brings nobody.
        (([1], [2], [3]), [[1, 2], [3]]),
        (([1], [2, 3, 4], [5]), [[1, 2, 3], [4, 5]]),
    ],
)
def test_one_alone_waits_for_one_turn_and_who_comes_later_is_in_the_next(rounds, expected):
    turn, blocks = kept()
    assert told_by(turn, *rounds) == [10 * item for questions in rounds for item in questions]
    assert blocks == expected


def test_who_asks_while_a_block_is_answered_is_in_the_next_one():
    async def ask():
        blocks, late = [], []

        def answer(items):
            blocks.append(list(items))
            if 1 in items:
                late.append(asyncio.ensure_future(turn.ask(9)))
            return items

        turn = Turn(answer, 3)
        await asyncio.gather(turn.ask(1), turn.ask(2))
        return blocks, await late[0]

    blocks, told = asyncio.run(ask())
    # There was room left in the first.
    assert (blocks, told) == ([[1, 2], [9]], 9)


def test_one_that_fails_fails_alone():
    def answer(items):
        if 2 in items:
            raise ValueError("two")
        return [item * 10 for item in items]

    one, two, three = told_by(Turn(answer, 8), [1, 2, 3])
    assert (one, three) == (10, 30)
    assert isinstance(two, ValueError)
    with pytest.raises(ValueError, match="two"):
        Turn(answer, 8).alone(2)


def test_who_left_is_not_answered_and_whose_answer_stands_has_it():
    async def ask():
        turn, blocks = kept()
        leaves, stays = (asyncio.ensure_future(turn.ask(item)) for item in (1, 2))
        await asyncio.sleep(0)
        leaves.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        # Its answer is there, and it has not heard of it yet.
        stays.cancel()
        told = await asyncio.gather(leaves, stays, return_exceptions=True)
        everybody_left = asyncio.ensure_future(turn.ask(3))
        await asyncio.sleep(0)
        everybody_left.cancel()
        await asyncio.gather(everybody_left, return_exceptions=True)
        return blocks, told

    blocks, (left, stayed) = asyncio.run(ask())
    assert blocks == [[2]]
    assert isinstance(left, asyncio.CancelledError)
    assert stayed == 20


def test_a_loop_that_ended_with_a_block_open_keeps_nobody_of_the_next_one():
    turn, blocks = kept()
    loop = asyncio.new_event_loop()
    asking = turn.ask(1)
    loop.call_soon(lambda: (asking.send(None), loop.stop()))
    loop.run_forever()
    loop.close()
    asking.close()
    assert told_by(turn, [2]) == [20]
    assert blocks[-1] == [2]


def test_another_one_shares_no_block():
    turn, blocks = kept()

    async def ask():
        return await asyncio.gather(turn.ask(1), turn.anew().ask(2), turn.ask(3))

    assert asyncio.run(ask()) == [10, 20, 30]
    assert blocks == [[1, 3], [2]]


def test_who_asks_now_would_wait_for_those_before():
    now_s = [0.0]

    def answer(items):
        now_s[0] += 0.5 * len(items)
        return items

    async def ask():
        turn = Turn(answer, 2, lambda: now_s[0])
        waits, asking = [(turn.n_waiting, turn.wait_s)], []
        for item in range(5):
            asking.append(asyncio.ensure_future(turn.ask(item)))
            await asyncio.sleep(0)
            waits.append((turn.n_waiting, turn.wait_s))
        await asyncio.gather(*asking)
        # Half a second each, a fifth of it remembered a block.
        for _ in range(60):
            await turn.ask(0)
        crowd = [asyncio.ensure_future(turn.ask(item)) for item in range(4)]
        while not turn.n_waiting:
            await asyncio.sleep(0)
        waits.append((turn.n_waiting, turn.wait_s))
        await asyncio.gather(*crowd)
        return waits, turn.n_waiting

    waits, after = asyncio.run(ask())
    # Before anybody was answered nobody knows how long it takes.
    assert waits[:2] == [(0, 0.0), (1, 0.0)]
    assert waits[-1] == (4, pytest.approx(4 * 0.5, rel=1e-3))
    assert after == 0
