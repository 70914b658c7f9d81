"""Datasets: folders of samples, a micrograph and its true labels each."""

from uniaims.dataset.folder import Sample, SampleFile, open_samples

__all__ = ["Sample", "SampleFile", "open_samples"]
