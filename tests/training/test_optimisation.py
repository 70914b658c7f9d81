from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")

from uniaims.training import optimisation  # noqa: E402
from uniaims.training.optimisation import has_bfloat16, mixed_precision  # noqa: E402

CPU = torch.device("cpu")


@pytest.mark.parametrize(("wanted", "able"), [(True, True), (True, False), (False, True), (False, False)])
def test_bfloat16_is_computed_where_it_is_wanted_and_the_processor_is_able_to(monkeypatch, wanted, able):
    monkeypatch.setattr(optimisation, "has_bfloat16", lambda device: able)
    with mixed_precision(CPU, wanted=wanted):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if wanted and able else torch.float32)


@pytest.mark.parametrize("able", [True, False])
def test_onednn_tells_of_the_instructions(monkeypatch, able):
    monkeypatch.setattr(torch.ops, "mkldnn", SimpleNamespace(_is_mkldnn_bf16_supported=lambda: able))
    assert has_bfloat16(CPU) == able
    assert has_bfloat16(torch.device("cuda"))


def test_without_onednn_there_is_no_quick_bfloat16(monkeypatch):
    monkeypatch.setattr(torch.ops, "mkldnn", SimpleNamespace())
    assert not has_bfloat16(CPU)
