"""Run by Alembic: hands it the connection and the tables."""

from alembic import context

from uniaims.engine.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
