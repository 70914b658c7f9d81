import numpy as np
import pytest

from uniaims.errors import ModelError, SettingsError
from uniaims.networks import ModelCard, NetworkSettings, Normalisation
from uniaims.networks.card import HEADS


def test_card_survives_its_text():
    card = ModelCard(
        "mine",
        NetworkSettings(widths=(8, 16), depths=(1, 2)),
        Normalisation(2.0, 98.0),
        nominal_diameter_px=20.0,
        provenance={"steps": 7},
    )
    assert ModelCard.from_json(card.to_json()) == card


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "network": {"colour": 1}}'])
def test_foreign_text_is_no_card(text):
    with pytest.raises(ModelError):
        ModelCard.from_json(text)


def test_stride_is_two_per_level():
    assert NetworkSettings(widths=(8, 16, 32), depths=(1, 1, 1)).stride == 8


def test_levels_must_agree():
    with pytest.raises(SettingsError, match="one entry each"):
        NetworkSettings(widths=(8, 16), depths=(1,))


def test_range_maps_percentiles_to_zero_and_one():
    gray = np.arange(10_000, dtype=np.uint16).reshape(100, 100)
    scaled = Normalisation().range_of(gray).apply(gray)
    assert np.percentile(scaled, (1, 99)) == pytest.approx((0, 1), abs=1e-4)
    assert scaled.dtype == np.float32


@pytest.mark.parametrize("level", [0, 17, 255])
def test_flat_image_stays_finite(level):
    gray = np.full((5, 5), level, np.uint8)
    assert np.all(Normalisation().range_of(gray).apply(gray) == 0)


def test_rare_bright_pixels_still_give_a_range():
    gray = np.zeros((100, 100), np.uint8)
    gray[3, 3] = 200
    found = Normalisation().range_of(gray)
    assert (found.low, found.high) == (0, 200)


def test_percentiles_are_checked():
    with pytest.raises(SettingsError):
        Normalisation(50, 50)


def test_an_old_card_is_read_as_what_it_meant():
    network = '{"encoder": "unet", "channels": 1, "widths": [8, 16], "depths": [1, 2]}'
    card = ModelCard.from_json(f'{{"format": 1, "name": "old", "network": {network}, "normalisation": {{}}}}')
    assert card.network == NetworkSettings(widths=(8, 16), depths=(1, 2))
    assert card.network.heads == HEADS
    assert card.network.kinds == ()


def test_kinds_and_heads_survive_the_text():
    network = NetworkSettings("swin-tiny", 3, heads=("flow", "topography"), kinds=("rod", "sphere"), position_grid=32)
    assert ModelCard.from_json(ModelCard("mine", network).to_json()).network == network


def test_a_card_of_an_encoder_from_the_future_is_refused():
    text = ModelCard("mine", NetworkSettings("swin-tiny")).to_json().replace("swin-tiny", "swin-enormous")
    with pytest.raises(ModelError, match="swin-enormous"):
        ModelCard.from_json(text)


def test_encoders_with_their_own_widths_say_none():
    settings = NetworkSettings("convnext-tiny", widths=(8, 16), depths=(1, 1))
    assert (settings.widths, settings.depths, settings.stride) == ((), (), 32)


@pytest.mark.parametrize(
    "wrong",
    [
        {"heads": ()},
        {"heads": ("probability",)},
        {"heads": ("flow", "probability")},
        {"heads": ("flow", "colour")},
        {"kinds": ("only",)},
        {"kinds": ("same", "same")},
        {"channels": 0},
        {"position_grid": 0},
    ],
)
def test_impossible_networks_are_refused(wrong):
    with pytest.raises(SettingsError):
        NetworkSettings(**wrong)
