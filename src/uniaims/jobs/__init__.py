"""Work that takes longer than a request: a queue in the database, a worker, and a child process that does it.

::

    kinds.KINDS          what can be done: name -> module; one file each
    worker.Worker        takes jobs from the queue of an engine, hands them to a child, tells how far they are
    child.serve()        the child: imports what a kind needs, stays for the next job, knows no database

The child gets paths and JSON, and gives JSON back; what it makes lies in blobs or in the folder of the job. So a crash
there, or want of memory, costs one attempt of one job.
"""
