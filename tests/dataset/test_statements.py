"""Statements from anybody: what is harmless works, and nothing else is let through."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from uniaims.cli import main
from uniaims.dataset import Dataset
from uniaims.dataset.statements import FUNCTIONS, MOST_CHARACTERS, MOST_OPEN_BRACKETS, answer
from uniaims.errors import SettingsError

HOSTILE = [
    # tables that are files, in every place where a table may stand
    "SELECT * FROM read_parquet('F.parquet')",
    "SELECT * FROM read_csv('F.csv')",
    "SELECT * FROM read_ipc('F.ipc')",
    "SELECT * FROM read_json('F.json')",
    "SELECT * FROM READ_Parquet ('F.parquet')",
    "SELECT * FROM \"read_parquet\"('F.parquet')",
    "SELECT * FROM `read_parquet`('F.parquet')",
    "SELECT * FROM [read_parquet]('F.parquet')",
    "SELECT * FROM read_parquet/* a comment */('F.parquet')",
    "SELECT * FROM read_parquet -- a comment\n('F.parquet')",
    "SELECT * FROM read_parquet\n\t('F.parquet')",
    "SELECT * FROM ｒead_parquet('F.parquet')",
    "SELECT * FROM read_par\u212auet('F.parquet')",
    "SELECT * FROM scan_parquet('F.parquet')",
    "SELECT * FROM 'F.parquet'",
    'SELECT * FROM "F.parquet"',
    "SELECT * FROM F.parquet",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM images.read_parquet('F.parquet')",
    "SELECT * FROM TABLE(read_parquet('F.parquet'))",
    "SELECT * FROM LATERAL read_parquet('F.parquet')",
    "SELECT * FROM images, read_parquet('F.parquet')",
    "SELECT * FROM images JOIN read_parquet('F.parquet') USING (image_id)",
    "SELECT * FROM images LEFT JOIN read_parquet('F.parquet') AS f ON images.image_id = f.image_id",
    "SELECT * FROM images NATURAL JOIN read_parquet('F.parquet')",
    "SELECT * FROM images CROSS JOIN read_parquet('F.parquet')",
    "SELECT * FROM (SELECT * FROM read_parquet('F.parquet')) AS f",
    "SELECT * FROM (read_parquet('F.parquet'))",
    "WITH f AS (SELECT * FROM read_parquet('F.parquet')) SELECT * FROM f",
    "WITH read_parquet AS (SELECT 1 AS x) SELECT * FROM read_parquet('F.parquet')",
    "SELECT (SELECT count(*) FROM read_parquet('F.parquet')) AS n",
    "SELECT * FROM images WHERE image_id IN (SELECT image FROM read_parquet('F.parquet'))",
    "SELECT * FROM images WHERE EXISTS (SELECT 1 FROM read_parquet('F.parquet'))",
    "SELECT image_id FROM images UNION ALL SELECT image FROM read_parquet('F.parquet')",
    "SELECT image_id FROM images ORDER BY (SELECT count(*) FROM read_parquet('F.parquet'))",
    "SELECT CASE WHEN true THEN (SELECT image FROM read_parquet('F.parquet')) END FROM images",
    "SELECT extract(year FROM (SELECT image FROM read_parquet('F.parquet')))",
    "SELECT 'a\\' AS x, * FROM read_parquet('F.parquet') -- '",
    "SELECT 'a\\'' FROM read_parquet('F.parquet') -- '",
    "SELECT $$'$$ FROM read_parquet('F.parquet') -- '",
    # other statements, or several
    "CREATE TABLE t AS SELECT * FROM images",
    "CREATE TABLE t AS SELECT * FROM read_parquet('F.parquet')",
    "DROP TABLE images",
    "TRUNCATE TABLE images",
    "DELETE FROM images",
    "INSERT INTO images VALUES (1)",
    "UPDATE images SET image_id = 'x'",
    "COPY images TO 'F.new'",
    "ATTACH 'F.new' AS x",
    "EXPLAIN SELECT * FROM read_parquet('F.parquet')",
    "SHOW TABLES",
    "VALUES (1)",
    "FROM images SELECT *",
    "SELECT * FROM (FROM images, instances SELECT *) AS t",
    "SELECT 1; SELECT * FROM read_parquet('F.parquet')",
    "SELECT * INTO t FROM images; DROP TABLE images",
    "",
    ";",
    # what never ends, or is too large
    "WITH RECURSIVE c AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM c) SELECT * FROM c",
    "SELECT count(*) FROM images, instances, instances AS b, instances AS c",
    "SELECT count(*) FROM images CROSS JOIN instances",
    "SELECT count(*) FROM (images CROSS JOIN instances)",
    "SELECT count(*) FROM ((images CROSS JOIN instances) JOIN instances AS b USING (image_id))",
    "SELECT count(*) FROM (images, instances)",
    "SELECT count(*) FROM (images JOIN instances ON true)",
    "SELECT count(*) FROM images JOIN (instances CROSS JOIN instances AS b) USING (image_id)",
    "SELECT count(*) FROM images AS a JOIN instances AS b ON a.image_id = a.image_id",
    "SELECT count(*) FROM (images AS a JOIN instances AS b ON b.image_id = b.image_id)",
    "SELECT count(*) FROM images AS a JOIN instances AS b ON (a.image_id = a.image_id)",
    "SELECT count(*) FROM images AS a JOIN instances AS b ON image_id = image_id",
    "SELECT count(*) FROM images AS a JOIN instances AS b ON a.image_id = b.image_id OR true",
    "SELECT count(*) FROM images AS a JOIN instances AS b ON (a.image_id = b.image_id OR a.width_px > 0)",
    "SELECT count(*) FROM images AS a JOIN instances AS b ON NOT a.image_id = b.image_id",
    "SELECT count(*) FROM images AS a JOIN instances AS b ON a.image_id = b.image_id IS NOT NULL",
    "SELECT count(*) FROM images a JOIN instances b USING (image_id) JOIN instances c ON a.image_id = b.image_id",
    "SELECT image_id FROM images WHERE width_px IS DISTINCT FROM 1 AND instances > 2",
    "SELECT image_id FROM images WHERE (width_px IS NOT DISTINCT FROM (1 + 2) OR instances > 2)",
    "SELECT count(*) FROM instances AS a JOIN instances AS b ON true",
    "SELECT count(*) FROM instances AS a JOIN instances AS b ON 1 = 1",
    "SELECT count(*) FROM instances AS a JOIN instances AS b",
    "SELECT * FROM generate_series(1, 1000000000000)",
    "SELECT repeat('x', 1000000000000)",
    "SELECT lpad('x', 1000000000000)",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "SELECT " + "(SELECT " * (MOST_OPEN_BRACKETS + 1) + "1" + ")" * (MOST_OPEN_BRACKETS + 1),
    "SELECT " + "CASE WHEN true THEN " * 500 + "1" + " END" * 500,
    "SELECT " + "NOT " * 2000 + "true",
    "SELECT " + "- " * 2000 + "1",
    "SELECT 1" + " " * MOST_CHARACTERS + "+ 1",
    "SELECT ((1)",
    "SELECT (1))",
    "SELECT 'not closed",
    "SELECT \0",
]
HARMLESS = [
    "SELECT * FROM images",
    "select image_id, instances from images where modality = 'SEM' and instances > 1 order by instances desc limit 2",
    "SELECT modality, count(*) AS n, avg(instances) AS mean FROM images GROUP BY modality HAVING count(*) > 1",
    "SELECT image_id, avg(area_px) AS mean FROM instances GROUP BY image_id ORDER BY mean DESC NULLS LAST",
    "SELECT i.image_id, i.modality, max(s.area_px) FROM images i JOIN instances s USING (image_id) GROUP BY ALL",
    "SELECT a.image_id FROM images AS a LEFT JOIN instances AS b ON a.image_id = b.image_id WHERE b.kind <> 'x'",
    'SELECT "image_id" FROM "images" WHERE "modality" ILIKE \'s%\' OR modality IS NULL',
    "SELECT * FROM images NATURAL JOIN instances",
    "SELECT a.image_id FROM images AS a JOIN instances AS b ON (a.image_id = b.image_id)",
    "SELECT a.image_id FROM images AS a JOIN instances AS b ON (a.image_id = b.image_id AND b.area_px > 1)",
    "SELECT a.image_id FROM images AS a JOIN instances AS b ON a.image_id = b.image_id AND b.area_px > 1",
    "SELECT a.image_id FROM images a JOIN instances b ON a.image_id = b.image_id JOIN instances AS c ON "
    "c.image_id = b.image_id AND c.number = b.number WHERE a.modality = 'SEM' OR c.number = 1",
    "SELECT image_id FROM images WHERE (modality IS DISTINCT FROM 'SEM') AND (caption IS NOT DISTINCT FROM '')",
    "SELECT * FROM images ANTI JOIN instances USING (image_id)",
    "WITH big AS (SELECT * FROM instances WHERE area_px > 9), n AS (SELECT image_id, count(*) AS c FROM big "
    "GROUP BY image_id) SELECT * FROM n JOIN images USING (image_id)",
    "SELECT image_id, row_number() OVER (PARTITION BY modality ORDER BY instances DESC) AS r FROM images",
    "SELECT image_id, lag(instances, 1) OVER (ORDER BY image_id) AS before FROM images",
    "SELECT CASE WHEN instances > 2 THEN 'many' WHEN instances = 2 THEN 'two' ELSE 'few' END AS c FROM images",
    "SELECT image_id FROM images WHERE image_id LIKE 'a%' OR image_id IN ('b', 'c') OR instances BETWEEN 4 AND 5",
    "SELECT image_id FROM images WHERE image_id IN (SELECT image_id FROM instances WHERE area_px > 20)",
    "SELECT image_id FROM images WHERE regexp_like(image_id, '^[a-c]$') AND NOT image_id ~ '\\d'",
    "SELECT image_id FROM images UNION SELECT image_id FROM instances",
    "SELECT image_id FROM images EXCEPT SELECT image_id FROM instances WHERE area_px > 10",
    "SELECT DISTINCT modality FROM images",
    "SELECT count(DISTINCT modality) AS n, sum(instances) AS s, count(*) FILTER (WHERE instances > 2) AS f FROM images",
    "SELECT * EXCLUDE (caption) FROM images",
    "SELECT x1 - x0 AS w, (y1 - y0) * 1.5e0 AS h, area_px::float / 2, x0 // 2, x1 % 2, -x0 FROM instances",
    "SELECT upper(image_id) || '-' || modality AS t, 'it''s; -- no comment' AS u, \"group\" FROM images",
    "SELECT (SELECT max(area_px) FROM instances) AS largest, image_id FROM images -- the end\n",
    "SELECT image_id /* here too */ FROM (SELECT * FROM images WHERE instances > 3) AS t;",
    "SELECT cast(instances AS VARCHAR) AS t, extract(year FROM date('2024-01-01')) AS y FROM images LIMIT 1 OFFSET 1",
    "SELECT median(area_px), quantile_cont(area_px, 0.9), stddev(area_px), var(area_px), min(kind) FROM instances",
    "SELECT image_id FROM images WHERE " + " OR ".join(f"image_id = 'i{n}'" for n in range(200)),
    "SELECT image_id FROM images WHERE image_id IN (" + ", ".join(f"'i{n}'" for n in range(1000)) + ")",
]
CALLS = {
    **{name: f"{name}(area_px)" for name in FUNCTIONS},
    **dict.fromkeys(("rank", "dense_rank", "row_number"), ""),
    **{name: f"{name}(0.5)" for name in ("acos", "acosd", "asin", "asind")},
    **{
        name: f"{name}(area_px, 2)"
        for name in ("atan2", "atan2d", "div", "log", "mod", "pow", "power", "nullif", "greatest")
    },
    **{
        name: f"{name}(area_px, x0)"
        for name in ("corr", "covar", "covar_pop", "covar_samp", "least", "ifnull", "coalesce")
    },
    **{name: f"{name}(area_px, 0.5)" for name in ("quantile_cont", "quantile_disc")},
    **{name: f"{name}(area_px) OVER (ORDER BY number)" for name in ("lag", "lead", "first_value", "last_value")},
    **{name: f"{name}() OVER (ORDER BY number)" for name in ("rank", "dense_rank", "row_number")},
    **{
        name: f"{name}(image_id)"
        for name in (
            "bit_length",
            "char_length",
            "character_length",
            "concat",
            "initcap",
            "length",
            "lower",
            "ltrim",
            "octet_length",
            "reverse",
            "rtrim",
            "trim",
            "upper",
        )
    },
    **{name: f"{name}(image_id, 'a')" for name in ("ends_with", "starts_with", "strpos", "regexp_like")},
    **{name: f"{name}(image_id, 1)" for name in ("left", "right", "substr", "substring")},
    "concat_ws": "concat_ws('-', image_id, kind)",
    "replace": "replace(image_id, 'a', 'b')",
    "split_part": "split_part(image_id, 'a', 1)",
    "position": "position('a' IN image_id)",
    "cast": "cast(area_px AS VARCHAR)",
    "try_cast": "try_cast(area_px AS VARCHAR)",
    "columns": "columns('x.')",
    "date": "date('2024-01-01')",
    "date_part": "date_part('year', date('2024-01-01'))",
    "extract": "extract(year FROM date('2024-01-01'))",
    "strftime": "strftime(date('2024-01-01'), '%Y')",
    "if": "if(area_px > 3, 1, 2)",
    "pi": "pi()",
}


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str], str]:
    """Puts the path of a file into a statement: the same secret in several formats."""
    table = pl.DataFrame({"image": ["secret"]})
    table.write_parquet(tmp_path / "f.parquet")
    table.write_csv(tmp_path / "f.csv")
    table.write_ipc(tmp_path / "f.ipc")
    table.write_ndjson(tmp_path / "f.json")
    return lambda statement: statement.replace("F.", f"{tmp_path.as_posix()}/f.")


@pytest.mark.parametrize("statement", HOSTILE, ids=lambda text: text[:60])
def test_hostile_statements_are_refused(dataset: Dataset, files: Callable[[str], str], statement: str) -> None:
    with pytest.raises(SettingsError, match="can't be carried out"):
        dataset.sql(files(statement))


@pytest.mark.parametrize(
    "condition",
    [
        "image_id IN (SELECT image FROM read_parquet('F.parquet'))",
        "true UNION SELECT 99 AS row",
        "true INTERSECT SELECT 1 AS row",
        "true FROM read_parquet('F.parquet')",
        "true) SELECT (1",
        "true; DROP TABLE images",
        "image_id IN (SELECT image_id FROM instances)",
    ],
)
def test_hostile_conditions_are_refused(dataset: Dataset, files: Callable[[str], str], condition: str) -> None:
    for ask in (dataset.query, dataset.select):
        with pytest.raises(SettingsError, match="no condition that can be used"):
            ask(files(condition))


def test_the_command_line_refuses_them_too(
    dataset: Dataset, files: Callable[[str], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, condition = str(dataset.folder), files(HOSTILE[0]).replace("SELECT *", "image_id IN (SELECT image") + ")"
    for command in (
        ["query", folder, files(HOSTILE[0])],
        ["query", folder, condition],
        ["export", folder, "--format", "coco", "--output", str(tmp_path / "new"), "--where", condition],
        ["stats", folder, "--output", str(tmp_path / "new.html"), "--where", condition],
    ):
        assert main(["dataset", *command]) == 2
        said = capsys.readouterr()
        assert "read_parquet" in said.err
        assert "secret" not in said.out + said.err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("statement", HARMLESS, ids=lambda text: text[:60])
def test_harmless_statements_give_what_polars_gives(dataset: Dataset, statement: str) -> None:
    tables = {"images": dataset.images.lazy(), "instances": dataset.instance_table}
    plain = pl.SQLContext(tables).execute(statement, eager=True)
    found = dataset.sql(statement)
    assert found.columns == plain.columns
    assert sorted(map(str, found.rows())) == sorted(map(str, plain.rows()))


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_each_function_that_may_be_called_works(dataset: Dataset, name: str) -> None:
    statement = (
        f"SELECT {CALLS[name]} AS x FROM instances" if name != "columns" else "SELECT columns('x.') FROM instances"
    )
    plain = pl.SQLContext(instances=dataset.instance_table).execute(statement, eager=True)
    assert plain.equals(dataset.sql(statement)) or name in {"array_agg"}


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("instances > 4 -- large ones", "ef"),
        ("modality = 'SEM' ORDER BY instances DESC LIMIT 2", "cb"),
        ("(instances < 2 OR instances >= 6) AND \"group\" <> 'g9'", "af"),
        ("image_id IN ('a', 'b') AND length(image_id) = 1", "ab"),
        ("true", "abcdef"),
        ("modality IS DISTINCT FROM 'SEM'", "def"),
        ("instances > 4 AND modality IS DISTINCT FROM 'SEM' ORDER BY instances DESC", "fe"),
        ("modality is not distinct from 'SEM'", "abc"),
        ("image_id = 'union' OR image_id = 'a'", "a"),
    ],
)
def test_conditions(dataset: Dataset, condition: str, ids: str) -> None:
    assert [record.image_id for record in dataset.query(condition)] == list(ids)


def test_a_refusal_says_what_may_be_called() -> None:
    with pytest.raises(SettingsError, match=r"the function read_csv is none of those that may be called: abs, "):
        answer({"t": pl.DataFrame({"a": [1]})}, "SELECT * FROM t WHERE a IN (SELECT a FROM t WHERE read_csv('x') = 1)")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "SELECT modalty FROM images",
            r"no column modalty. Did you mean modality\? Columns of images: image_id, .*instances",
        ),
        ("SELECT * FROM images WHERE modality = SEM", "no column SEM.*single quotation marks"),
        ("SELECT images.nope FROM images", "no column nope"),
        ("SELECT image_id FROM images WHERE", "it is no SQL, wanted an expression where it ends"),
        ("SELECT image_id FROM images WHERE modality == 'SEM'", "no SQL, wanted an expression where = stands"),
        ("SELECT width_px + 'a' FROM images", "wanted numbers where numbers"),
        ("SELECT sum(modality) FROM images", "wanted numbers where numbers"),
    ],
)
def test_what_polars_says_is_told_with_what_was_wanted(dataset: Dataset, statement: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        dataset.sql(statement)


def test_a_field_that_was_never_set_is_told_where_nothing_is_found(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(dataset.folder)
    for condition, unset in (
        ("material = 'Fe'", "material"),
        ("SELECT image_id FROM images WHERE \"material\" LIKE 'F%' AND pixel_size_nm < 2", "pixel_size_nm"),
        ("modality = 'STEM'", ""),
        ("instances > 99", ""),
        ("material = ''", ""),
    ):
        assert main(["dataset", "query", folder, condition]) == 0
        said = capsys.readouterr().err
        assert ("no image has a value for" in said) == bool(unset)
        assert unset in said
    export = ["dataset", "export", folder, "--format", "coco", "--output", str(tmp_path / "new")]
    assert main([*export, "--where", "material = 'Fe'"]) == 1
    assert "No image has a value for material." in capsys.readouterr().err
