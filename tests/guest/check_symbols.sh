#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The guest driver is freestanding: the only symbols that its library may leave undefined are those
# of the platform and mem*.
#
# usage: check_symbols.sh LIBRARY NM

set -eu

library=$1
nm=$2

defined=$("$nm" -A "$library" | awk '$(NF-1) ~ /^[A-TV-Z]$/ { print $NF }' | sort -u)
undefined=$("$nm" -A -u "$library" | awk '$(NF-1) == "U" { print $NF }' | sort -u)

if [ -z "$defined" ] || [ -z "$undefined" ]; then
	echo "no symbols found in $library" >&2
	exit 1
fi

foreign=$(printf '%s\n' "$undefined" | grep -Fxv "$defined" |
	grep -Ev '^(plat_[a-z0-9_]+|memcpy|memset|memmove|memcmp|_GLOBAL_OFFSET_TABLE_)$' || true)

if [ -n "$foreign" ]; then
	echo "the guest driver needs what a freestanding platform has not:" >&2
	printf '%s\n' "$foreign" >&2
	exit 1
fi
