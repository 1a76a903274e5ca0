"""A trained net that answers over HTTP: pictures posted, gathered into batches, told as JSON.

`starlette`, `uvicorn`, `python-multipart` and `prometheus-client` are an extra, see `extra`; the
modules that need them are imported once it is known that they are there.
"""
