import hashlib

import pytest

from uniaims.errors import ModelError, SettingsError
from uniaims.runtime import available_models, file_hash, find_model, load_model


def test_general_ships():
    assert "general" in {info.name for info in available_models()}


def test_shipped_model_carries_its_hash():
    info = load_model("general", device="cpu").info
    assert info.hash == hashlib.sha256(info.path.read_bytes()).hexdigest() == file_hash(info.path)


def test_unknown_name_lists_the_known():
    with pytest.raises(ModelError, match="general"):
        find_model("../general")


def test_missing_file(tmp_path):
    with pytest.raises(ModelError, match="no such model file"):
        find_model(tmp_path / "gone.onnx")


def test_run_folder_holds_one_model(tmp_path):
    (tmp_path / "mine.onnx").touch()
    assert find_model(tmp_path) == tmp_path / "mine.onnx"
    (tmp_path / "other.onnx").touch()
    with pytest.raises(ModelError, match=r"2 \.onnx files \(mine\.onnx, other\.onnx\)"):
        find_model(tmp_path)


def test_an_unfinished_run_names_what_it_has(tmp_path):
    with pytest.raises(ModelError, match=r"no finished training.*give a \.onnx"):
        find_model(tmp_path)
    (tmp_path / "last.safetensors").touch()
    with pytest.raises(ModelError, match=r"what it has so far, .*last\.safetensors"):
        find_model(tmp_path)


def test_a_name_that_comes_near_is_proposed():
    with pytest.raises(ModelError, match=r"Did you mean general-fast\?"):
        find_model("general_fast")
    with pytest.raises(ModelError, match=r"training\.$"):
        find_model("cells")


def test_foreign_file_is_refused(tmp_path):
    path = tmp_path / "foreign.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(ModelError, match="no uniaims model"):
        load_model(path)


def test_device_is_checked():
    with pytest.raises(SettingsError, match="device"):
        load_model("general", device="tpu")  # type: ignore[arg-type]


def test_cuda_without_a_gpu_is_refused():
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("a CUDA GPU is there")
    with pytest.raises(SettingsError, match="no CUDA GPU"):
        load_model("general", device="cuda")


def test_a_folder_of_the_same_name_does_not_hide_a_shipped_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "general").mkdir()
    assert find_model("general").name == "general.onnx"
    with pytest.raises(ModelError, match=r"no \.onnx file"):
        find_model("./general/")


def test_auto_takes_the_cpu_where_there_is_no_file_for_the_gpu(monkeypatch, tmp_path):
    monkeypatch.setattr("uniaims.runtime._runs_on_gpu", lambda device: device != "cpu")
    model = tmp_path / "alone.onnx"
    model.write_bytes(find_model("general").read_bytes())
    assert load_model(model).info.device == "cpu"
    with pytest.raises(ModelError):
        load_model(model, "cuda")
