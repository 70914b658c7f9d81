"""Answers to requests that may come twice; which dataset versions hold an image is found by an index."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "requests",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("headers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_requests_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_requests")),
    )
    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_requests_created_ms"), ["created_ms"], unique=False)
    with op.batch_alter_table("dataset_version_images", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_version_images_image_id"), ["image_id"], unique=False)


def downgrade() -> None:
    """To the one before."""
    with op.batch_alter_table("dataset_version_images", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dataset_version_images_image_id"))
    op.drop_table("requests")
