"""Serve a service that is nothing but a WSGI application: ``wsgi.py MODULE PORT``."""

import importlib
import sys

import waitress

module, port = sys.argv[1:3]
del sys.argv[1:]
application = importlib.import_module(module).application
waitress.serve(application, host="127.0.0.1", port=int(port), threads=8)
