#!/usr/bin/env bash
# The files changed last are clean under .clang-tidy.
exec "$SAMARA_SOURCE/tools/check_tidy" "$SAMARA_SOURCE" "$SAMARA_BIN/.."
