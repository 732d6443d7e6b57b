#!/usr/bin/env bash
# Every header compiles as the only include of a file.
exec "$SAMARA_SOURCE/tools/check_headers" "$SAMARA_SOURCE" "$SAMARA_BIN/../check_headers"
