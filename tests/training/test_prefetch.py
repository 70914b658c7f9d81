from itertools import islice

import pytest

from uniaims.training.prefetch import prefetched


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_batches_come_in_order_from_the_start(threads):
    assert list(islice(prefetched(lambda step: 10 * step, 3, threads), 20)) == [10 * step for step in range(3, 23)]


def test_an_error_comes_where_its_batch_would_have():
    def make(step):
        if step == 2:
            raise ValueError("bad batch")
        return step

    batches = prefetched(make, 0, 2)
    assert [next(batches), next(batches)] == [0, 1]
    with pytest.raises(ValueError, match="bad batch"):
        next(batches)
