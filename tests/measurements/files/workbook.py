"""What stands in a workbook."""

import zipfile
from xml.etree import ElementTree

SPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def cells(path, sheet=1):
    """Cell -> (type, text) of a sheet; formulas are told by the type "formula"."""
    with zipfile.ZipFile(path) as book:
        root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))
    found = {}
    for cell in root.iterfind(".//m:c", SPACE):
        kind = "formula" if cell.find("m:f", SPACE) is not None else cell.get("t", "n")
        found[cell.get("r")] = (kind, "".join(part.text or "" for part in cell.iter() if part.text))
    return found
