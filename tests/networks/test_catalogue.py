import pytest

from uniaims.errors import SettingsError
from uniaims.networks import NetworkSettings
from uniaims.networks.catalogue import CATALOGUE, UNET, encoder_entry


def test_it_lists_the_encoders_that_there_are():
    pytest.importorskip("torch")
    from uniaims.networks.encoders import ENCODERS

    assert sorted(entry.name for entry in CATALOGUE) == sorted(ENCODERS)


def test_unknown_encoder_names_all_known_ones():
    with pytest.raises(SettingsError, match=r"(?s)'imaginary'.*" + ".*".join(entry.name for entry in CATALOGUE)):
        encoder_entry("imaginary")


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_figures_are_there_and_plausible(entry):
    torch = pytest.importorskip("torch")
    from uniaims.networks.flownet import FlowNet

    with torch.device("meta"):
        network = FlowNet(NetworkSettings(entry.name))
    counted = sum(parameter.numel() for parameter in network.parameters()) / 1e6
    assert entry.parameters_millions == pytest.approx(counted, rel=0.03)  # tables of positions differ
    assert min(entry.gmac_per_megapixel, entry.seconds_per_megapixel, entry.peak_memory_mb) > 0
    assert entry.advice.endswith(".")
    assert bool(entry.pretrained) == (entry.name != UNET)
