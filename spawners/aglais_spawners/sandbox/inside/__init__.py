"""The init of a sandbox: runs inside, alone, on the host's Python with its standard library only.

Nothing here may import from the rest of the project: the folder is zipped into each sandbox.
"""
