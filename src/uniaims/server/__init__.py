"""The web application: HTTP over the engine; it runs no analysis itself (see `uniaims.jobs`) and needs no torch.

::

    application.application(engine, ...) -> FastAPI     routes, in ``routes/`` one file for each group
    running.serve(...)                                  binds a port, tells the link, serves until it is stopped
"""
