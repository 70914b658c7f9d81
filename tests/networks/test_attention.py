"""Attention with tables of distances."""

import pytest

torch = pytest.importorskip("torch")

from uniaims.networks.encoders.vit import Attention  # noqa: E402


def test_distances_beyond_the_table_count_as_its_farthest():
    attention = Attention(width=4, heads=1, reach=2)
    table = torch.arange(5.0)[:, None]
    looked_up = attention._looked_up(table, 5)[..., 0]
    assert looked_up[0].tolist() == [2, 1, 0, 0, 0]
    assert looked_up[:, 0].tolist() == [2, 3, 4, 4, 4]


def test_attention_adds_what_the_tables_say():
    torch.manual_seed(3)
    attention = Attention(width=6, heads=1, reach=4).double()
    torch.nn.init.normal_(attention.rel_pos_h)
    torch.nn.init.normal_(attention.rel_pos_w)
    tokens = torch.rand(1, 2, 3, 6, dtype=torch.float64)
    query, key, value = attention.qkv(tokens.reshape(6, 6)).split(6, dim=1)
    scores = query @ key.T / 6**0.5
    for one, other in torch.cartesian_prod(torch.arange(6), torch.arange(6)).tolist():
        down, across = one // 3 - other // 3 + 4, one % 3 - other % 3 + 4
        scores[one, other] += query[one] @ (attention.rel_pos_h[down] + attention.rel_pos_w[across])
    expected = attention.proj(scores.softmax(dim=1) @ value).reshape(1, 2, 3, 6)
    torch.testing.assert_close(attention(tokens), expected)
