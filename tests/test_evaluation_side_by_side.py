"""Parts of work on a thread each."""

import threading

import pytest
import torch

from explorer.evaluation.side_by_side import generator_of, side_by_side


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_results_come_in_the_order_of_their_parts():
    assert list(side_by_side(lambda part: part * part, range(50))) == [n * n for n in range(50)]
    assert list(side_by_side(lambda part: part, [])) == []


def test_two_parts_are_worked_on_at_a_time_with_one_thread_of_torch_each():
    both = threading.Barrier(2, timeout=30)

    def meet(_: int) -> int:
        both.wait()
        return torch.get_num_threads()

    assert list(side_by_side(meet, range(2))) == [1, 1]
    assert torch.get_num_threads() == 2


def test_a_failed_part_ends_the_work_and_gives_torch_its_threads_back():
    def fail(part: int) -> int:
        raise ValueError(f"part {part}")

    with pytest.raises(ValueError, match="part 0"):
        list(side_by_side(fail, range(1000)))
    assert torch.get_num_threads() == 2


def test_parts_not_begun_are_cancelled_when_nobody_asks_for_them():
    begun: list[int] = []
    nobody_asks = threading.Event()

    def work(part: int) -> None:
        begun.append(part)
        if part:
            nobody_asks.wait(0.1)

    results = side_by_side(work, range(100))
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert len(begun) < 10
    assert torch.get_num_threads() == 2


def test_draws_depend_on_seed_and_part_alone():
    first, again, part, seed = (
        torch.rand(4, generator=generator_of(*at)).tolist()
        for at in ((0, 5), (0, 5), (0, 6), (1, 5))
    )
    assert first == again
    assert first != part
    assert first != seed
