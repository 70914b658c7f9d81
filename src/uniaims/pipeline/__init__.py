"""The whole chain: from an image file, or a batch of them, to labels, measurements and reports.

::

    analyse(image, settings) -> Analysis                    one image; Analysis.save(folder) writes the results
    analyse_batch(inputs, output, settings) -> BatchResult  files, folders and patterns; goes on where it was stopped
    measure_file(labels, image) -> [GivenLabels]            labels that another program made
    evaluate_dataset(dataset, segmenter) -> DatasetEvaluation   images with truth: how well a model does
"""

from typing import TYPE_CHECKING

from uniaims.lazily import at_first_use

if TYPE_CHECKING:
    from uniaims.pipeline.analysis import Analysis, analyse
    from uniaims.pipeline.batch import BatchResult, analyse_batch
    from uniaims.pipeline.evaluation import DatasetEvaluation, evaluate_dataset
    from uniaims.pipeline.given_labels import measure_file, save_measurements
    from uniaims.pipeline.results import Summary
    from uniaims.pipeline.run import Outcome
    from uniaims.pipeline.settings import AnalysisSettings

__all__ = [
    "Analysis",
    "AnalysisSettings",
    "BatchResult",
    "DatasetEvaluation",
    "Outcome",
    "Summary",
    "analyse",
    "analyse_batch",
    "evaluate_dataset",
    "measure_file",
    "save_measurements",
]

_HOMES = {
    "Analysis": "analysis",
    "AnalysisSettings": "settings",
    "Summary": "results",
    "analyse": "analysis",
    "BatchResult": "batch",
    "analyse_batch": "batch",
    "DatasetEvaluation": "evaluation",
    "evaluate_dataset": "evaluation",
    "measure_file": "given_labels",
    "save_measurements": "given_labels",
    "Outcome": "run",
}
__getattr__ = at_first_use(__name__, _HOMES)
