import numpy as np
import pytest

torch = pytest.importorskip("torch")

from uniaims.dataset import Sample  # noqa: E402
from uniaims.micrograph import Micrograph  # noqa: E402
from uniaims.networks.card import ModelCard, NetworkSettings  # noqa: E402
from uniaims.networks.flownet import FlowNet  # noqa: E402
from uniaims.training.validation import Validator, ap50  # noqa: E402


def sample_of(cones, known=None):
    known = np.ones(cones.labels.shape, bool) if known is None else known
    return Sample("cones", Micrograph(cones.image), cones.labels, known)


def test_right_objects_are_worth_a_full_score(slope_model, cones):
    assert ap50(slope_model, sample_of(cones(150, 150))) == 1.0


def test_objects_where_nobody_has_labelled_are_not_counted(slope_model, cones):
    whole = cones(150, 150)
    half = Sample(
        "half", Micrograph(whole.image), np.where(np.arange(150) < 75, whole.labels, 0), np.ones((150, 150), bool)
    )
    unknown = Sample("half", half.micrograph, half.labels, np.broadcast_to(np.arange(150) < 75, (150, 150)))
    assert ap50(slope_model, unknown) > ap50(slope_model, half)


def test_the_score_is_the_mean_over_the_files(cones):
    class File:
        stem = "a"

        def read(self):
            return sample_of(cones(64, 64))

    network = NetworkSettings(widths=(8, 16), depths=(1, 1))
    validator = Validator((File(), File()), ModelCard("a", network), torch.device("cpu"))
    assert validator(FlowNet(network)) == 0.0
    assert np.isnan(Validator((), ModelCard("a", network), torch.device("cpu"))(FlowNet(network)))
