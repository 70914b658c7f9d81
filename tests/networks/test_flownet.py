import pytest

torch = pytest.importorskip("torch")

from uniaims.networks.flownet import FieldsNet, FlowNet  # noqa: E402

ABLATIONS = [("flow",), ("topography",), ("probability", "flow"), ("probability", "topography"), ("flow", "topography")]


def fields_of(network, image):
    with torch.inference_mode():
        return FieldsNet(network).eval()(image)


@pytest.mark.parametrize("heads", ABLATIONS)
def test_fields_are_complete_whatever_heads_there_are(tiny_settings, heads):
    network = FlowNet(tiny_settings("unet", heads=heads)).eval()
    image = torch.randn(2, 1, 24, 32) * 50
    raw = network(image)
    assert raw.shape[1] == sum({"probability": 1, "flow": 2, "topography": 1}[head] for head in heads)
    parts = network.split(raw)
    assert [head for head in ("probability", "flow", "topography") if getattr(parts, head) is not None] == list(heads)
    fields = fields_of(network, image)
    assert fields.shape == (2, 4, 24, 32)
    assert fields[:, (0, 3)].min() >= 0
    assert fields.abs().max() <= 1


def test_flow_made_up_from_topography_leads_up(tiny_settings):
    network = FlowNet(tiny_settings("unet", heads=("topography",))).eval()
    hill = torch.linspace(-2, 2, 32).expand(1, 1, 32, 32)
    network.forward = lambda image: hill  # type: ignore[method-assign]
    flow = fields_of(network, torch.zeros(1, 1, 32, 32))[0, 1:3]
    assert flow[0].abs().max() < 1e-5
    assert flow[1, :, 1:-1].min() > 0.9


def test_kinds_follow_the_fields_and_add_up_to_one(tiny_settings, family):
    torch.manual_seed(4)
    image = torch.rand(1, 1, 40, 30)
    network = FlowNet(tiny_settings(family, kinds=("rod", "sphere", "dirt"))).eval()
    fields = fields_of(network, image)
    assert fields.shape == (1, 7, 40, 30)
    torch.testing.assert_close(fields[:, 4:].sum(dim=1), torch.ones(1, 40, 30))
    raw = network.split(network(image))
    assert torch.equal(raw.kinds.argmax(dim=1), fields[:, 4:].argmax(dim=1))


def test_a_kind_head_leaves_the_other_parameters_as_they_are(tiny_settings):
    plain = FlowNet(tiny_settings("unet")).state_dict()
    with_kinds = FlowNet(tiny_settings("unet", kinds=("a", "b"))).state_dict()
    assert {name for name in with_kinds if name not in plain} == {n for n in with_kinds if n.startswith("kind_head.")}
    assert all(with_kinds[name].shape == tensor.shape for name, tensor in plain.items())
