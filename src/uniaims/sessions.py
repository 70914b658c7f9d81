"""How networks are loaded: by ONNX Runtime, on the processor cores that the process may use."""

import os
from pathlib import Path

import onnxruntime

from uniaims.workers import available_cores


def cpu_session(path: Path) -> onnxruntime.InferenceSession:
    """An ONNX file, loaded to run on the CPU; ONNX Runtime's own exceptions are raised where it can't be."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    # Idle threads that spin would take the cores from other workers.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def thread_count() -> int:
    """Threads of a network: ``OMP_NUM_THREADS`` (``"4,2"``, for nested loops, means 4), else one for each core."""
    wanted = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    return available_cores()
