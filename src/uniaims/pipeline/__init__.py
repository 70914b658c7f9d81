"""The whole chain: from an image file, or a batch of them, to labels, measurements and reports.

::

    analyse(image, settings) -> Analysis                    one image; Analysis.save(folder) writes the results
    analyse_batch(inputs, output, settings) -> BatchResult  files, folders and patterns; goes on where it was stopped
    measure_file(labels, image) -> [GivenLabels]            labels that another program made
    evaluate_dataset(dataset, segmenter) -> DatasetEvaluation   images with truth: how well a model does
"""

from uniaims.pipeline.analysis import Analysis, AnalysisSettings, Summary, analyse
from uniaims.pipeline.batch import BatchResult, analyse_batch
from uniaims.pipeline.evaluation import DatasetEvaluation, evaluate_dataset
from uniaims.pipeline.given_labels import measure_file, save_measurements
from uniaims.pipeline.task import Outcome

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
