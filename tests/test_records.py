"""What an image shows, in words."""

from dataclasses import fields

from uniaims.records import TEXT_ATTRIBUTES, Attributes, vocabularies_of


def test_the_text_attributes_are_attributes() -> None:
    assert {*TEXT_ATTRIBUTES} < {item.name for item in fields(Attributes)}


def test_a_closed_vocabulary_is_told_and_an_open_text_has_none() -> None:
    words = vocabularies_of(Attributes)
    assert list(words) == ["modality", "signal", "structure", "material_class"]
    assert {"SEM", "other"} < {*words["modality"]}


def test_the_sentence_says_what_is_known() -> None:
    known = Attributes(modality="SEM", material="Al2O3", morphology="faceted cubes", density="dense")
    assert known.sentence() == "SEM image of Al2O3, faceted cubes, dense."
    assert Attributes(density="dense", background="dark").sentence() == "Dense, dark background."
    assert Attributes(structure="pore").sentence() == "Microscopy image of pore."
    assert Attributes().sentence() == ""
