#!/usr/bin/env bash
# Every file of the tree keeps the include rule and reaches the world through src/port only.
exec "$SAMARA_SOURCE/tools/check_layers" "$SAMARA_SOURCE"
