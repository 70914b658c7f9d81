"""The first tables."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TREE = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TEXT, _NUMBER, _MARK, _BYTES, _FLOAT = (
    sa.Text(),
    sa.BigInteger(),
    sa.Boolean(),
    sa.LargeBinary(),
    sa.Float(precision=53),
)


class _To(NamedTuple):
    """A reference to the rows of a table; ``late`` where two tables refer to each other and one must come first."""

    table: str
    ends: str | None = None
    late: bool = False


def upgrade() -> None:
    """To this revision."""
    for make in _TABLES.values():
        make()


def downgrade() -> None:
    """To the one before; the indexes of a table go with it."""
    for name in reversed(_TABLES):
        op.drop_table(name)


def _columns(kind: Any, *names: str, nullable: bool = False) -> "list[sa.Column[Any]]":
    return [sa.Column(name, kind, nullable=nullable) for name in names]


def _create(
    table: str, columns: "Sequence[sa.Column[Any]]", *, key: Sequence[str] = ("id",),
    checks: Mapping[str, str] = {}, references: Mapping[str, _To] = {}, uniques: Sequence[Sequence[str]] = (),
    **more: Any,
) -> None:  # fmt: skip
    """Make a table; constraints are called after it and their columns."""
    op.create_table(
        table, *columns,
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in checks.items()),
        *(_reference(table, column, to) for column, to in references.items()),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
        *(sa.UniqueConstraint(*names, name=op.f(f"uq_{table}_{'_'.join(names)}")) for names in uniques),
        **more,
    )  # fmt: skip


def _reference(table: str, column: str, to: _To) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to.table}.id"], name=name, ondelete=to.ends, use_alter=to.late)


def _indexes(table: str, *indexes: Sequence[str]) -> None:
    for names in indexes:
        op.create_index(op.f(f"ix_{table}_{'_'.join(names)}"), table, list(names), unique=False)


def _only_one(table: str, column: str, name: str, where: str) -> None:
    """An index that lets a value be there but once among some rows."""
    some = sa.text(where)
    op.create_index(name, table, [column], unique=True, sqlite_where=some, postgresql_where=some)


def _accounts() -> None:
    _create(
        "accounts",
        [
            *_columns(_KEY, "id"),
            *_columns(_TEXT, "name"),
            *_columns(_TEXT, "email", nullable=True),
            *_columns(_TEXT, "display_name"),
            *_columns(_TEXT, "password_hash", nullable=True),
            *_columns(_MARK, "is_administrator", "is_active"),
            *_columns(_TEXT, "language"),
            *_columns(_NUMBER, "created_ms"),
        ],
        uniques=[("email",), ("name",)],
    )


def _audit() -> None:
    _create(
        "audit",
        [
            *_columns(_KEY, "id"),
            *_columns(_NUMBER, "at_ms"),
            *_columns(_NUMBER, "account_id", "project_id", nullable=True),
            *_columns(_TEXT, "action", "target"),
            *_columns(_TREE, "detail"),
            *_columns(_TEXT, "address"),
        ],
    )


def _events() -> None:
    _create(
        "events",
        [
            *_columns(_KEY, "id"),
            *_columns(_NUMBER, "at_ms"),
            *_columns(_NUMBER, "project_id", "layer_id", "account_id", nullable=True),
            *_columns(_TEXT, "kind"),
            *_columns(_TREE, "payload"),
        ],
        sqlite_autoincrement=True,
    )


def _projects() -> None:
    _create(
        "projects",
        [
            *_columns(_KEY, "id"),
            *_columns(_NUMBER, "owner_id", nullable=True),
            *_columns(_TEXT, "name", "description", "guidelines"),
            *_columns(_TREE, "kinds", "settings"),
            *_columns(_NUMBER, "model_id", "quota_bytes", nullable=True),
            *_columns(_TEXT, "state"),
            *_columns(_NUMBER, "created_ms"),
        ],
        checks={"state": "state in ('active', 'archived')"},
        references={"model_id": _To("models", late=True), "owner_id": _To("accounts")},
        uniques=[("name",)],
    )
    _indexes("projects", ["model_id"], ["owner_id"])


def _sessions() -> None:
    _create(
        "sessions",
        [
            *_columns(_KEY, "id"),
            *_columns(_TEXT, "token_hash"),
            *_columns(_NUMBER, "account_id", "created_ms", "seen_ms", "expires_ms"),
            *_columns(_TEXT, "address", "user_agent"),
        ],
        references={"account_id": _To("accounts", "CASCADE")},
        uniques=[("token_hash",)],
    )
    _indexes("sessions", ["account_id"])


def _dataset_versions() -> None:
    _create(
        "dataset_versions",
        [
            *_columns(_KEY, "id"),
            *_columns(_NUMBER, "project_id", "number"),
            *_columns(_TEXT, "note"),
            *_columns(_NUMBER, "image_count", "instance_count"),
            *_columns(_TEXT, "content_hash", "state"),
            *_columns(_NUMBER, "made_by", "created_ms"),
        ],
        checks={"state": "state in ('building', 'ready', 'failed')"},
        references={"made_by": _To("accounts"), "project_id": _To("projects", "CASCADE")},
        uniques=[("project_id", "number")],
    )
    _indexes("dataset_versions", ["made_by"], ["project_id"])


def _images() -> None:
    _create(
        "images",
        [
            *_columns(_KEY, "id"),
            *_columns(_NUMBER, "project_id"),
            *_columns(_TEXT, "name", "sha256"),
            *_columns(_NUMBER, "bytes"),
            *_columns(_TEXT, "suffix"),
            *_columns(_NUMBER, "page"),
            *_columns(_TEXT, "source"),
            *_columns(_NUMBER, "width_px", "height_px"),
            *_columns(_FLOAT, "pixel_size_nm", nullable=True),
            *_columns(_TEXT, "pixel_size_source"),
            *_columns(_TREE, "acquisition", "record", "findings"),
            *_columns(_TREE, "pyramid", nullable=True),
            *_columns(_TEXT, "state", "error"),
            *_columns(_NUMBER, "instance_count"),
            *_columns(_BYTES, "sketch", nullable=True),
            *_columns(_NUMBER, "created_by", "created_ms", "changed_ms"),
        ],
        checks={"state": "state in ('ingesting', 'ready', 'failed')", "pixel_size_nm": "pixel_size_nm > 0"},
        references={"created_by": _To("accounts"), "project_id": _To("projects", "CASCADE")},
        uniques=[("project_id", "name"), ("project_id", "sha256", "page")],
    )
    _indexes("images", ["created_by"], ["project_id"])


def _memberships() -> None:
    _create(
        "memberships",
        [*_columns(_NUMBER, "project_id", "account_id"), *_columns(_TEXT, "role")],
        key=("project_id", "account_id"),
        checks={"role": "role in ('expert', 'annotator', 'viewer')"},
        references={"account_id": _To("accounts", "CASCADE"), "project_id": _To("projects", "CASCADE")},
    )
    _indexes("memberships", ["account_id"])


def _uploads() -> None:
    _create(
        "uploads",
        [
            *_columns(_TEXT, "id"),
            *_columns(_NUMBER, "project_id", "account_id"),
            *_columns(_TEXT, "name"),
            *_columns(_NUMBER, "bytes", "offset"),
            *_columns(_TEXT, "sha256", nullable=True),
            *_columns(_TEXT, "purpose", "state"),
            *_columns(_NUMBER, "created_ms", "expires_ms"),
        ],
        checks={
            "purpose": "purpose in ('image', 'archive', 'model')",
            "state": "state in ('open', 'finished', 'failed')",
        },
        references={"account_id": _To("accounts"), "project_id": _To("projects", "CASCADE")},
    )
    _indexes("uploads", ["account_id"], ["project_id"])


def _jobs() -> None:
    _create(
        "jobs",
        [
            *_columns(_KEY, "id"),
            *_columns(_TEXT, "kind"),
            *_columns(_NUMBER, "project_id", "image_id", nullable=True),
            *_columns(_TREE, "params"),
            *_columns(_TEXT, "key", nullable=True),
            *_columns(_TEXT, "state"),
            *_columns(_NUMBER, "priority"),
            *_columns(_TREE, "needs"),
            *_columns(_NUMBER, "attempts", "most_attempts", "not_before_ms"),
            *_columns(_TEXT, "worker", "lease_hash", nullable=True),
            *_columns(_NUMBER, "lease_ms", nullable=True),
            *_columns(_TEXT, "stage"),
            *_columns(_NUMBER, "done", "total"),
            *_columns(_MARK, "cancel"),
            *_columns(_TREE, "result"),
            *_columns(_TEXT, "error", "log"),
            *_columns(_NUMBER, "created_by", "created_ms"),
            *_columns(_NUMBER, "started_ms", "ended_ms", nullable=True),
        ],
        checks={"state": "state in ('queued', 'running', 'done', 'failed', 'cancelled')"},
        references={
            "created_by": _To("accounts"),
            "image_id": _To("images", "CASCADE"),
            "project_id": _To("projects", "CASCADE"),
        },
    )
    _indexes("jobs", ["created_by"], ["image_id"], ["project_id"], ["state", "priority", "id"])
    _only_one("jobs", "key", "uq_jobs_key", "state not in ('failed', 'cancelled')")


def _layers() -> None:
    _create(
        "layers",
        [
            *_columns(_KEY, "id"),
            *_columns(_NUMBER, "image_id"),
            *_columns(_TEXT, "kind"),
            *_columns(_NUMBER, "seq", "next_number"),
            *_columns(_NUMBER, "head_snapshot_id", nullable=True),
            *_columns(_NUMBER, "created_ms"),
        ],
        checks={"kind": "kind in ('main', 'blind', 'gold', 'trial')"},
        references={"head_snapshot_id": _To("snapshots", late=True), "image_id": _To("images", "CASCADE")},
    )
    _indexes("layers", ["head_snapshot_id"], ["image_id"])
    _only_one("layers", "image_id", "uq_layers_main", "kind = 'main'")


def _edit_tiles() -> None:
    _create(
        "edit_tiles",
        [*_columns(_NUMBER, "layer_id", "tile", "seq")],
        key=("layer_id", "tile", "seq"),
        references={"layer_id": _To("layers", "CASCADE")},
    )


def _models() -> None:
    _create(
        "models",
        [
            *_columns(_KEY, "id"),
            *_columns(_NUMBER, "project_id", nullable=True),
            *_columns(_TEXT, "name"),
            *_columns(_NUMBER, "parent_id", "job_id", "dataset_version_id", nullable=True),
            *_columns(_TEXT, "onnx"),
            *_columns(_TEXT, "weights", nullable=True),
            *_columns(_TEXT, "hash"),
            *_columns(_TREE, "card", "scores"),
            *_columns(_TEXT, "state"),
            *_columns(_NUMBER, "promoted_by", "promoted_ms", nullable=True),
            *_columns(_NUMBER, "created_ms"),
        ],
        checks={"state": "state in ('candidate', 'promoted', 'retired', 'failed')"},
        references={
            "dataset_version_id": _To("dataset_versions"),
            "job_id": _To("jobs", "SET NULL"),
            "parent_id": _To("models"),
            "project_id": _To("projects"),
            "promoted_by": _To("accounts"),
        },
    )
    _indexes("models", ["dataset_version_id"], ["job_id"], ["parent_id"], ["project_id"], ["promoted_by"])


def _number_blocks() -> None:
    _create(
        "number_blocks",
        [
            *_columns(_NUMBER, "layer_id", "first", "count"),
            *_columns(_TEXT, "client"),
            *_columns(_NUMBER, "account_id"),
        ],
        key=("layer_id", "first"),
        references={"account_id": _To("accounts"), "layer_id": _To("layers", "CASCADE")},
    )
    _indexes("number_blocks", ["account_id"])


def _snapshots() -> None:
    _create(
        "snapshots",
        [
            *_columns(_KEY, "id"),
            *_columns(_NUMBER, "layer_id", "seq"),
            *_columns(_TEXT, "kind"),
            *_columns(_TEXT, "name", nullable=True),
            *_columns(_TEXT, "manifest"),
            *_columns(_NUMBER, "instance_count"),
            *_columns(_NUMBER, "author_id", "job_id", "model_id", nullable=True),
            *_columns(_MARK, "pinned"),
            *_columns(_NUMBER, "created_ms"),
        ],
        checks={"kind": "kind in ('ingest', 'auto', 'submitted', 'accepted', 'model', 'import', 'restored', 'named')"},
        references={
            "author_id": _To("accounts"),
            "job_id": _To("jobs", "SET NULL"),
            "layer_id": _To("layers", "CASCADE"),
            "model_id": _To("models"),
        },
    )
    _indexes("snapshots", ["author_id"], ["job_id"], ["layer_id"], ["layer_id", "seq"], ["model_id"])


def _analyses() -> None:
    _create(
        "analyses",
        [
            *_columns(_KEY, "id"),
            *_columns(_NUMBER, "project_id", "account_id", "image_id"),
            *_columns(_TEXT, "mode"),
            *_columns(_TREE, "settings"),
            *_columns(_NUMBER, "snapshot_id", "seq", nullable=True),
            *_columns(_TEXT, "result", nullable=True),
            *_columns(_NUMBER, "job_id", nullable=True),
            *_columns(_TEXT, "state"),
            *_columns(_NUMBER, "created_ms"),
        ],
        checks={"state": "state in ('queued', 'running', 'done', 'failed', 'cancelled')"},
        references={
            "account_id": _To("accounts"),
            "image_id": _To("images", "CASCADE"),
            "job_id": _To("jobs", "SET NULL"),
            "project_id": _To("projects", "CASCADE"),
            "snapshot_id": _To("snapshots"),
        },
    )
    _indexes("analyses", ["account_id"], ["image_id"], ["job_id"], ["project_id"], ["snapshot_id"])


def _dataset_version_images() -> None:
    _create(
        "dataset_version_images",
        [
            *_columns(_NUMBER, "version_id", "image_id", "snapshot_id"),
            *_columns(_TEXT, "split"),
            *_columns(_TREE, "regions"),
        ],
        key=("version_id", "image_id"),
        references={
            "image_id": _To("images"),
            "snapshot_id": _To("snapshots"),
            "version_id": _To("dataset_versions", "CASCADE"),
        },
    )
    _indexes("dataset_version_images", ["snapshot_id"])


def _edits() -> None:
    _create(
        "edits",
        [
            *_columns(_NUMBER, "layer_id", "seq"),
            *_columns(_TEXT, "edit_id"),
            *_columns(_NUMBER, "version"),
            *_columns(_TEXT, "kind", "tool"),
            *_columns(_NUMBER, "author_id"),
            *_columns(_TEXT, "client"),
            *_columns(_TREE, "params"),
            *_columns(_BYTES, "patch", nullable=True),
            *_columns(_BYTES, "before", "after"),
            *_columns(_TREE, "box", nullable=True),
            *_columns(_NUMBER, "from_snapshot", "to_snapshot", "undoes", "undone_by", nullable=True),
            *_columns(_NUMBER, "at_ms"),
        ],
        key=("layer_id", "seq"),
        checks={"kind": "kind in ('paint', 'merge', 'delete', 'set', 'replace')"},
        references={
            "author_id": _To("accounts"),
            "from_snapshot": _To("snapshots"),
            "layer_id": _To("layers", "CASCADE"),
            "to_snapshot": _To("snapshots"),
        },
        uniques=[("layer_id", "edit_id")],
    )
    _indexes(
        "edits",
        ["author_id"],
        ["from_snapshot"],
        ["layer_id", "author_id", "undoes", "undone_by", "seq"],
        ["to_snapshot"],
    )


_TABLES = {
    "accounts": _accounts,
    "audit": _audit,
    "events": _events,
    "projects": _projects,
    "sessions": _sessions,
    "dataset_versions": _dataset_versions,
    "images": _images,
    "memberships": _memberships,
    "uploads": _uploads,
    "jobs": _jobs,
    "layers": _layers,
    "edit_tiles": _edit_tiles,
    "models": _models,
    "number_blocks": _number_blocks,
    "snapshots": _snapshots,
    "analyses": _analyses,
    "dataset_version_images": _dataset_version_images,
    "edits": _edits,
}
"""In the order in which they are made."""
