"""JupyterHub as the embedded platform; settings added below override it."""

from aglais_hub.hub import configure

c = get_config()  # noqa: F821 (JupyterHub puts it there)
configure(c)
