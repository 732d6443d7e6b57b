#!/usr/bin/env bash
# Every C++ file has the form of .clang-format.
exec "$SAMARA_SOURCE/tools/check_format" "$SAMARA_SOURCE"
