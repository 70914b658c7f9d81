"""Windows of Swin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from uniaims.networks.attention import join_windows, split_windows  # noqa: E402
from uniaims.networks.encoders.swin import Block, shift_mask  # noqa: E402


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(1, 5))
def test_windows_come_back(count, rows, columns, side):
    tokens = torch.rand(count, rows * side, columns * side, 2)
    windows = split_windows(tokens, side)
    assert windows.shape == (count * rows * columns, side, side, 2)
    assert torch.equal(windows[0], tokens[0, :side, :side])
    assert torch.equal(join_windows(windows, tokens.shape[:3]), tokens)


def test_shifted_windows_do_not_see_around_the_edge():
    torch.manual_seed(2)
    block = Block(width=4, heads=2, window=8, shift=4).eval()
    tokens = torch.rand(1, 24, 16, 4)
    changed = tokens.clone()
    changed[:, 22] += 1
    mask = shift_mask(24, 16, 8, tokens)
    with torch.inference_mode():
        differs = (block(tokens, mask) != block(changed, mask)).any(dim=-1)[0].any(dim=-1)
    assert differs[22]
    assert not differs[:12].any()
