#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every source looks as .clang-format has it (clang-format -i FILE does it), and no function is longer than 60 lines.
cd "${TORC_SOURCE:-.}" || exit 1
echo 1..2
sources=$(find lib runner submitter report cli plugin tests bench -name '*.[ch]' ! -name schema_sql.h | sort)
version=$(clang-format --version 2> /dev/null | sed 's/.*version \([0-9]*\).*/\1/')
if [ "$version" = 14 ]; then
    found=$(echo "$sources" | xargs clang-format --dry-run 2>&1 | grep warning)
    [ -z "$found" ] && echo "ok 1 - clang-format" || echo "not ok 1 - clang-format"
    [ -z "$found" ] || echo "$found" | sed 's/^/# /'
elif [ -n "$version" ]; then
    echo "ok 1 - clang-format # SKIP version $version formats otherwise than 14, that of Debian 12"
else
    echo "ok 1 - clang-format # SKIP there is none here"
fi
found=$(echo "$sources" | grep -v '^tests/' | xargs awk 'FNR == 1 { start = 0 } /^\{/ { start = FNR }
    /^\}/ { if (start && FNR - start - 1 > 60) print FILENAME ":" start ": " FNR - start - 1 " lines"; start = 0 }')
[ -z "$found" ] && echo "ok 2 - functions of at most 60 lines" || echo "not ok 2 - functions of at most 60 lines"
[ -z "$found" ] || echo "$found" | sed 's/^/# /'
