#!/bin/sh
# Makes the secrets that docker-compose.yml reads, once; what is there stays. Keep a copy of master_key in a safe.
set -eu
cd "$(dirname "$0")/.."
umask 077
mkdir -p secrets
make() { [ -s "secrets/$1" ] || printf '%s' "$2" > "secrets/$1"; }
random() { head -c "$1" /dev/urandom | base64 | tr -d '\n'; }
hex() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
make master_key "$(random 32)"
make owner_password "$(hex)"
make application_password "$(hex)"
# The containers run as user 1000 and read these through a mount.
make pgpass_owner "postgres:5432:kortelijn:kortelijn_owner:$(cat secrets/owner_password)"
make pgpass_application "postgres:5432:kortelijn:kortelijn_app:$(cat secrets/application_password)"
if [ "$(id -u)" = 0 ]; then
  chown -R 1000:1000 secrets
elif [ "$(id -u)" != 1000 ]; then
  echo "The containers run as user 1000, and could not read them yet: sudo chown -R 1000:1000 secrets" >&2
fi
