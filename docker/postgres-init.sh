#!/bin/sh
# Runs once, on an empty data folder: the login of the application, which owns nothing (decision 8).
set -eu
password=$(cat /run/secrets/application_password)
psql -v ON_ERROR_STOP=1 -v password="$password" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
create role kortelijn_app login password :'password';
revoke all on database kortelijn from public;
grant connect, temporary on database kortelijn to kortelijn_app;
SQL
