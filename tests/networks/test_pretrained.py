import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import save_file  # noqa: E402

from uniaims.errors import ModelError  # noqa: E402
from uniaims.networks import ModelCard  # noqa: E402
from uniaims.networks.encoders import build_encoder  # noqa: E402
from uniaims.networks.encoders.swin import SwinEncoder  # noqa: E402
from uniaims.networks.flownet import FlowNet  # noqa: E402
from uniaims.networks.pretrained import find_encoder_weights, load_encoder_weights  # noqa: E402
from uniaims.networks.weights import save_weights  # noqa: E402

PHOTOS = ("resnet18", "resnext50", "convnext-atto", "swin-tiny", "vit-tiny")


def saved(path, tensors):
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_gray_image_gives_what_the_photo_encoder_gave(tiny_settings, tmp_path, name, channels):
    torch.manual_seed(6)
    photo = build_encoder(tiny_settings(name, 3)).eval()
    for tensor in photo.parameters():
        torch.nn.init.normal_(tensor, std=0.2)
    classifier = {"fc.weight" if name.startswith("res") else "head.fc.weight": torch.zeros(7, 3)}
    path = saved(tmp_path / "photo.safetensors", photo.state_dict() | classifier)
    network = FlowNet(tiny_settings(name, channels)).eval()
    assert load_encoder_weights(network, path) == path
    gray = torch.rand(1, 1, 128, 128)
    with torch.inference_mode():
        expected = photo(gray.expand(-1, 3, -1, -1))
        found = network.encoder(gray.expand(-1, channels, -1, -1))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


def test_a_plain_transformer_fits_without_its_class_token(tiny_settings, tmp_path):
    network = FlowNet(tiny_settings("vit-tiny"))
    encoder = network.encoder.state_dict()
    plain = {
        name: torch.rand_like(t) for name, t in encoder.items() if not name.startswith("pyramid") and "rel" not in name
    }
    places = torch.rand(5, 5, 16)
    plain |= {"pos_embed": torch.cat([torch.zeros(1, 1, 16), places.reshape(1, 25, 16)], dim=1)}
    plain |= {"cls_token": torch.rand(1, 1, 16), "head.weight": torch.rand(3, 16)}
    load_encoder_weights(network, saved(tmp_path / "plain.safetensors", plain))
    assert torch.equal(network.encoder.blocks[0].mlp.fc1.weight, plain["blocks.0.mlp.fc1.weight"])
    assert not network.encoder.blocks[0].attn.rel_pos_h.any()
    stretched = network.encoder.pos_embed[0]
    torch.testing.assert_close(stretched.mean(dim=(0, 1)), places.mean(dim=(0, 1)), rtol=0.1, atol=0.02)


def test_tables_of_distances_are_cut_or_filled_with_the_farthest(tiny_settings, tmp_path):
    network = FlowNet(tiny_settings("vit-tiny", position_grid=4))
    tensors = network.encoder.state_dict()
    windowed, everywhere = "blocks.0.attn.rel_pos_h", "blocks.1.attn.rel_pos_h"
    tensors |= {windowed: torch.arange(27.0)[:, None].repeat(1, 8), everywhere: torch.arange(3.0)[:, None].repeat(1, 8)}
    load_encoder_weights(network, saved(tmp_path / "sam.safetensors", tensors))
    assert network.encoder.state_dict()[windowed][:, 0].tolist() == list(range(6, 21))
    assert network.encoder.state_dict()[everywhere][:, 0].tolist() == [0, 0, 0, 1, 2, 2, 2]


def test_older_swin_files_end_a_stage_by_its_merging(tiny_settings, tmp_path):
    network = FlowNet(tiny_settings("swin-tiny"))
    seven = SwinEncoder(tiny_settings("swin-tiny"), window=7).state_dict()
    old = {name.replace("layers.1.downsample", "layers.0.downsample"): t for name, t in seven.items()}
    for stage in (2, 3):
        old = {name.replace(f"layers.{stage}.down", f"layers.{stage - 1}.down"): t for name, t in old.items()}
    old |= {"head.weight": torch.zeros(3, 2), "layers.0.blocks.1.attn_mask": torch.zeros(2)}
    load_encoder_weights(network, saved(tmp_path / "old.safetensors", old))
    assert torch.equal(
        network.encoder.layers[1].downsample.reduction.weight, seven["layers.1.downsample.reduction.weight"]
    )
    assert network.encoder.layers[0].blocks[0].attn.relative_position_bias_table.shape == (15 * 15, 1)


def test_the_encoder_of_a_model_of_ours_is_taken(tiny_settings, tmp_path, family):
    settings = tiny_settings(family)
    teacher, pupil = FlowNet(settings), FlowNet(settings)
    before = pupil.head[1].weight.clone()
    save_weights(tmp_path / "ours.safetensors", teacher, ModelCard("ours", settings))
    load_encoder_weights(pupil, tmp_path / "ours.safetensors")
    for name, tensor in teacher.encoder.state_dict().items():
        torch.testing.assert_close(pupil.encoder.state_dict()[name], tensor, rtol=1e-3, atol=1e-4)
    assert torch.equal(pupil.head[1].weight, before)


def test_weights_of_another_encoder_are_refused(tiny_settings, tmp_path):
    path = saved(tmp_path / "other.safetensors", build_encoder(tiny_settings("resnext50")).state_dict())
    with pytest.raises(ModelError, match="--encoder"):
        load_encoder_weights(FlowNet(tiny_settings("resnet18")), path)
    deeper = build_encoder(tiny_settings("resnet18")).state_dict()
    deeper["layer3.9.conv1.weight"] = torch.zeros(1)
    with pytest.raises(ModelError, match=r"unknown layer3\.9"):
        load_encoder_weights(FlowNet(tiny_settings("resnet18")), saved(path, deeper))


def test_names_are_looked_for_in_the_cache_and_nowhere_else(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match=r"hf download timm/resnet18\.a1_in1k model\.safetensors"):
        find_encoder_weights("resnet18.a1_in1k")
    folder = tmp_path / "models--timm--resnet18.a1_in1k"
    file = saved(folder / "snapshots" / "abc" / "model.safetensors", {"a": torch.zeros(1)})
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("abc")
    assert find_encoder_weights("resnet18.a1_in1k") == find_encoder_weights("timm/resnet18.a1_in1k") == file
    assert find_encoder_weights(file) == find_encoder_weights(file.parent) == file


@pytest.mark.parametrize(
    ("variables", "place"), [({"HF_HOME": "home"}, "home/hub"), ({"XDG_CACHE_HOME": "x"}, "x/huggingface/hub")]
)
def test_the_cache_is_where_the_hugging_face_tools_have_it(tmp_path, monkeypatch, variables, place):
    from uniaims.networks.pretrained import cache_folder

    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    assert cache_folder() == tmp_path / place


def test_a_file_that_is_no_safetensors_is_refused(tiny_settings, tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(b"pickle")
    with pytest.raises(ModelError, match="safetensors"):
        load_encoder_weights(FlowNet(tiny_settings("unet")), path)
