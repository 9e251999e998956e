#!/bin/sh
# The environment of a program that the benches compare Bhav with: .venv-peer/NAME, exactly as tests/bench/locks/NAME.lock
# says, byte-compiled, so that neither side of a start-up bench compiles. Needs the uv that make sets up.
# peers.sh NAME        make or refresh the environment
# peers.sh lock NAME   refresh the lock (needs the network)
set -eu
cd "$(dirname -- "$0")/../.."
uv=.tools/bin/uv
locks=tests/bench/locks

if [ "$1" = lock ]; then
  exec "$uv" pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --custom-compile-command "resources/setup/peers.sh lock $2" \
    --override "$locks/$2.override" "$locks/$2.in" -o "$locks/$2.lock"
fi

echo "Setting up .venv-peer/$1 from $locks/$1.lock"
"$uv" venv --quiet --allow-existing --python .venv/bin/python ".venv-peer/$1"
"$uv" pip sync --quiet --require-hashes --compile-bytecode --python ".venv-peer/$1/bin/python" "$locks/$1.lock"
