#!/bin/bash
# Zeppelin's server calls this to start an interpreter. Where the session has a launcher, it is asked to start the
# interpreter as the notebook's own user; without one (plain Zeppelin) the interpreter runs as a child of this.
set -eu
bin=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ -n "${AGLAIS_LAUNCHER:-}" ]; then
  exec /usr/bin/python3 -I "$bin/launch.py" "$AGLAIS_LAUNCHER" "$bin/interpreter-process.sh" "$@"
fi
exec "$bin/interpreter-process.sh" "$@"
