import re
from inspect import getmembers, isfunction, signature

import pytest

from uniaims.modes import mode_named
from uniaims.pages.language import speaking
from uniaims.report.findings import Findings
from uniaims.report.html import document_of, write_document
from uniaims.report.wording import wording_in

MODE = mode_named("particles")
KEPT = re.compile(
    r"[\w./-]+\.(?:csv|tif|py|xlsx|parquet)|uniaims[\w.]*|Uni-AIMS[^ ]*|[\w]+_\w+|[0-9a-f]{12,}"
    r"|ISO.*|ImageJ.*|scikit-image|Python|JavaScript|SHA-\d+|Lilliefors|[A-Z][a-z]+ (?:& [A-Z][a-z]+ )?\d{4}.*"
)
TEXT = re.compile(r">([^<>]+)<")


def functions(language: str) -> dict[str, object]:
    module = wording_in(language)
    found = getmembers(module, isfunction)
    return {name: each for name, each in found if each.__module__ == module.__name__ and not name.startswith("_")}


def test_every_sentence_is_there_in_both_languages_with_the_same_arguments() -> None:
    english, chinese = functions("en"), functions("zh")
    assert english.keys() == chinese.keys()
    assert {name: signature(each) for name, each in english.items()} == {
        name: signature(each) for name, each in chinese.items()
    }


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_sentence_can_be_said(make_content, language: str) -> None:
    findings = Findings(make_content())
    with speaking(language):
        for name, function in functions(language).items():
            said = function(findings.noun if name == "table_lead" else findings)
            text = " ".join(said) if isinstance(said, list) else said
            assert text and (max(text) >= "一") == (language == "zh"), name


def test_a_chinese_page_leaves_no_english_sentence(make_content, tmp_path) -> None:
    with speaking("zh"):
        findings = MODE.findings(make_content(warnings=("The pixel size is unknown: all lengths are in pixels.",)))
        write_document(tmp_path / "r.html", document_of(findings, MODE), findings)
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in page
    body = re.sub(r"<(script|style|code)\b.*?</\1>", "", page, flags=re.DOTALL)
    english = [text for text in TEXT.findall(body) if len(re.findall(r"[a-z]{3,}", KEPT.sub("", text))) > 2]
    assert english == []
