"""All tables.

Times are milliseconds since 1970 UTC (``*_ms``), hashes name blobs, texts of a few words carry a check. What people,
tasks and reviews need joins in later migrations; these tables have what could not be added without writing anew what
they hold: roles, authors and clients of edits, the version of an edit's form, layers that fork from snapshots.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

KEY = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only what it calls INTEGER."""
TREE = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

ROLES = ("expert", "annotator", "viewer")
IMAGE_STATES = ("ingesting", "ready", "failed")
LAYER_KINDS = ("main", "blind", "gold", "trial")
SNAPSHOT_KINDS = ("ingest", "auto", "submitted", "accepted", "model", "import", "restored", "named")
EDIT_KINDS = ("paint", "merge", "delete", "set", "replace")
JOB_STATES = ("queued", "running", "done", "failed", "cancelled")


def _key() -> "Column[int]":
    return Column("id", KEY, primary_key=True)


def _text(name: str, default: str | None = None) -> "Column[str]":
    return Column(name, Text, nullable=False, default=default)


def _number(name: str, default: int | None = None) -> "Column[int]":
    return Column(name, BigInteger, nullable=False, default=default)


def _mark(name: str, default: bool) -> "Column[bool]":
    return Column(name, Boolean, nullable=False, default=default)


def _tree(name: str, default: Callable[[], Any]) -> "Column[Any]":
    return Column(name, TREE, nullable=False, default=default)


def _to(name: str, table: str, *, needed: bool = True, ends: str | None = None, late: bool = False) -> "Column[int]":
    """A reference, with an index; ``late`` where two tables refer to each other and one must come first."""
    target = ForeignKey(f"{table}.id", ondelete=ends, use_alter=late)
    return Column(name, BigInteger, target, nullable=not needed, index=True)


def _one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    return CheckConstraint(f"{column} in ({', '.join(repr(word) for word in words)})", name=column)


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


accounts = Table(
    "accounts", metadata, _key(), _text("name"), Column("email", Text), _text("display_name", ""),
    Column("password_hash", Text), _mark("is_administrator", False), _mark("is_active", True), _text("language", ""),
    _number("created_ms"), UniqueConstraint("name"), UniqueConstraint("email"),
)  # fmt: skip
"""People; on one's own machine there is one, without a password."""

sessions = Table(
    "sessions", metadata, _key(), _text("token_hash"), _to("account_id", "accounts", ends="CASCADE"),
    _number("created_ms"), _number("seen_ms"), _number("expires_ms"), _text("address", ""), _text("user_agent", ""),
    UniqueConstraint("token_hash"),
)  # fmt: skip

projects = Table(
    "projects", metadata, _key(), _to("owner_id", "accounts", needed=False), _text("name"), _text("description", ""),
    _text("guidelines", ""), _tree("kinds", list), _tree("settings", dict),
    _to("model_id", "models", needed=False, late=True), Column("quota_bytes", BigInteger), _text("state", "active"),
    _number("created_ms"), UniqueConstraint("name"), _one_of("state", ("active", "archived")),
)  # fmt: skip
"""Images, kinds of objects, and the model that suggests; ``owner_id``: somebody's own."""

memberships = Table(
    "memberships", metadata, _number("project_id"), _number("account_id"), _text("role"),
    PrimaryKeyConstraint("project_id", "account_id"),
    ForeignKeyConstraint(["project_id"], ["projects.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE"),
    Index(None, "account_id"), _one_of("role", ROLES),
)  # fmt: skip

images = Table(
    "images", metadata, _key(), _to("project_id", "projects", ends="CASCADE"), _text("name"), _text("sha256"),
    _number("bytes"), _text("suffix", ""), _number("page", 0), _text("source", ""), _number("width_px", 0),
    _number("height_px", 0), Column("pixel_size_nm", Float(53)), _text("pixel_size_source", ""),
    _tree("acquisition", dict), _tree("record", dict), _tree("findings", dict), Column("pyramid", TREE),
    _text("state", "ingesting"), _text("error", ""), _number("instance_count", 0), Column("sketch", LargeBinary),
    _to("created_by", "accounts"), _number("created_ms"), _number("changed_ms"),
    UniqueConstraint("project_id", "name"), UniqueConstraint("project_id", "sha256", "page"),
    _one_of("state", IMAGE_STATES), CheckConstraint("pixel_size_nm > 0", name="pixel_size_nm"),
)  # fmt: skip
"""``sha256`` names the blob of the file as it came; ``findings``: warnings, notes, scale bar; ``source``: its path."""

layers = Table(
    "layers", metadata, _key(), _to("image_id", "images", ends="CASCADE"), _text("kind", "main"), _number("seq", 0),
    _number("next_number", 1), _to("head_snapshot_id", "snapshots", needed=False, late=True), _number("created_ms"),
    _one_of("kind", LAYER_KINDS), Index("uq_layers_main", "image_id", unique=True, **_only("kind = 'main'")),
)  # fmt: skip
"""Label images. ``seq`` is the number of the last edit; numbers from ``next_number`` on were never given away."""

number_blocks = Table(
    "number_blocks", metadata, _number("layer_id"), _number("first"), _number("count"), _text("client"),
    _to("account_id", "accounts"), PrimaryKeyConstraint("layer_id", "first"),
    ForeignKeyConstraint(["layer_id"], ["layers.id"], ondelete="CASCADE"),
)  # fmt: skip

snapshots = Table(
    "snapshots", metadata, _key(), _to("layer_id", "layers", ends="CASCADE"), _number("seq"), _text("kind"),
    Column("name", Text), _text("manifest"), _number("instance_count"), _to("author_id", "accounts", needed=False),
    _to("job_id", "jobs", needed=False, ends="SET NULL"), _to("model_id", "models", needed=False),
    _mark("pinned", False), _number("created_ms"), _one_of("kind", SNAPSHOT_KINDS), Index(None, "layer_id", "seq"),
)  # fmt: skip

edits = Table(
    "edits", metadata, _number("layer_id"), _number("seq"), _text("edit_id"), _number("version"), _text("kind"),
    _text("tool", ""), _to("author_id", "accounts"), _text("client"), _tree("params", dict),
    Column("patch", LargeBinary), Column("before", LargeBinary, nullable=False),
    Column("after", LargeBinary, nullable=False), Column("box", TREE),
    _to("from_snapshot", "snapshots", needed=False), _to("to_snapshot", "snapshots", needed=False),
    Column("undoes", BigInteger), Column("undone_by", BigInteger), _number("at_ms"),
    PrimaryKeyConstraint("layer_id", "seq"), UniqueConstraint("layer_id", "edit_id"),
    ForeignKeyConstraint(["layer_id"], ["layers.id"], ondelete="CASCADE"), _one_of("kind", EDIT_KINDS),
    Index(None, "layer_id", "author_id", "undoes", "undone_by", "seq"),
)  # fmt: skip
"""The log: pixels and rows before and after. ``version`` is that of the form of an edit, see `engine.layers.edits`."""

edit_tiles = Table(
    "edit_tiles", metadata, _number("layer_id"), _number("tile"), _number("seq"),
    PrimaryKeyConstraint("layer_id", "tile", "seq"),
    ForeignKeyConstraint(["layer_id"], ["layers.id"], ondelete="CASCADE"),
)  # fmt: skip
"""Which tiles of level 0 (row * 65536 + column) an edit has changed."""

models = Table(
    "models", metadata, _key(), _to("project_id", "projects", needed=False), _text("name"),
    _to("parent_id", "models", needed=False), _to("job_id", "jobs", needed=False, ends="SET NULL"),
    _to("dataset_version_id", "dataset_versions", needed=False), _text("onnx", ""), Column("weights", Text),
    _text("hash"), _tree("card", dict), _tree("scores", dict), _text("state", "candidate"),
    _to("promoted_by", "accounts", needed=False), Column("promoted_ms", BigInteger), _number("created_ms"),
    _one_of("state", ("candidate", "promoted", "retired", "failed")),
)  # fmt: skip
"""Models that were trained here, and shipped ones that are named; nothing of them changes but the state."""

dataset_versions = Table(
    "dataset_versions", metadata, _key(), _to("project_id", "projects", ends="CASCADE"), _number("number"),
    _text("note", ""), _number("image_count", 0), _number("instance_count", 0), _text("content_hash", ""),
    _text("state", "building"), _to("made_by", "accounts"), _number("created_ms"),
    UniqueConstraint("project_id", "number"), _one_of("state", ("building", "ready", "failed")),
)  # fmt: skip

dataset_version_images = Table(
    "dataset_version_images", metadata, _number("version_id"), _number("image_id"), _to("snapshot_id", "snapshots"),
    _text("split"), _tree("regions", list), PrimaryKeyConstraint("version_id", "image_id"),
    ForeignKeyConstraint(["version_id"], ["dataset_versions.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["image_id"], ["images.id"]), Index(None, "image_id"),
)  # fmt: skip
"""The truth of a version, which folders are made from; ``regions``: corrected boxes; none: the whole image."""

jobs = Table(
    "jobs", metadata, _key(), _text("kind"), _to("project_id", "projects", needed=False, ends="CASCADE"),
    _to("image_id", "images", needed=False, ends="CASCADE"), _tree("params", dict), Column("key", Text),
    _text("state", "queued"), _number("priority", 0), _tree("needs", list), _number("attempts", 0),
    _number("most_attempts", 3), _number("not_before_ms", 0), Column("worker", Text), Column("lease_hash", Text),
    Column("lease_ms", BigInteger), _text("stage", ""), _number("done", 0), _number("total", 0), _mark("cancel", False),
    _tree("result", dict), _text("error", ""), _text("log", ""), _to("created_by", "accounts"), _number("created_ms"),
    Column("started_ms", BigInteger), Column("ended_ms", BigInteger), _one_of("state", JOB_STATES),
    Index(None, "state", "priority", "id"),
    Index("uq_jobs_key", "key", unique=True, **_only("state not in ('failed', 'cancelled')")),
)  # fmt: skip
"""Work for a worker, held by a lease; of two jobs of the same ``key`` one is enough."""

uploads = Table(
    "uploads", metadata, Column("id", Text, primary_key=True), _to("project_id", "projects", ends="CASCADE"),
    _to("account_id", "accounts"), _text("name"), _number("bytes"), _number("offset", 0), Column("sha256", Text),
    _text("purpose", "image"), _text("state", "open"), _number("created_ms"), _number("expires_ms"),
    _one_of("purpose", ("image", "archive", "model")), _one_of("state", ("open", "finished", "failed")),
)  # fmt: skip

analyses = Table(
    "analyses", metadata, _key(), _to("project_id", "projects", ends="CASCADE"), _to("account_id", "accounts"),
    _to("image_id", "images", ends="CASCADE"), _text("mode"), _tree("settings", dict),
    _to("snapshot_id", "snapshots", needed=False), Column("seq", BigInteger), Column("result", Text),
    _to("job_id", "jobs", needed=False, ends="SET NULL"), _text("state", "done"), _number("created_ms"),
    _one_of("state", JOB_STATES),
)  # fmt: skip
"""What was measured of an image, and of which state of its layer; ``result`` names a blob that lists its files."""

requests = Table(
    "requests", metadata, _number("account_id"), _text("key"), _text("digest"), _number("status"),
    _tree("headers", dict), Column("body", LargeBinary, nullable=False), _number("created_ms"),
    PrimaryKeyConstraint("account_id", "key"),
    ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE"), Index(None, "created_ms"),
)  # fmt: skip
"""Answers to requests that may come twice, by the key that their sender gave them."""

events = Table(
    "events", metadata, _key(), _number("at_ms"), Column("project_id", BigInteger), Column("layer_id", BigInteger),
    Column("account_id", BigInteger), _text("kind"), _tree("payload", dict), sqlite_autoincrement=True,
)  # fmt: skip
"""What pages are told. Ids are never used again, so that a page may ask for what came after one."""

audit = Table(
    "audit", metadata, _key(), _number("at_ms"), Column("account_id", BigInteger), Column("project_id", BigInteger),
    _text("action"), _text("target", ""), _tree("detail", dict), _text("address", ""),
)  # fmt: skip
