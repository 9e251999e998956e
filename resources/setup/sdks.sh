#!/bin/sh
# The environment of a broker's own client, which the conformance tests drive: .venv-sdk/NAME, exactly as
# tests/conformance/locks/NAME.lock says. Needs the uv that make sets up.
# sdks.sh NAME        make or refresh the environment
# sdks.sh lock NAME   refresh the lock (needs the network)
set -eu
cd "$(dirname -- "$0")/../.."
uv=.tools/bin/uv
locks=tests/conformance/locks

if [ "$1" = lock ]; then
  exec "$uv" pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --custom-compile-command "resources/setup/sdks.sh lock $2" "$locks/$2.in" -o "$locks/$2.lock"
fi

echo "Setting up .venv-sdk/$1 from $locks/$1.lock"
"$uv" venv --quiet --allow-existing --python .venv/bin/python ".venv-sdk/$1"
"$uv" pip sync --quiet --require-hashes --compile-bytecode --python ".venv-sdk/$1/bin/python" "$locks/$1.lock"
