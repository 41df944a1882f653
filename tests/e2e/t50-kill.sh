#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kill -9, a full disk and failing calls, at every fifth file-system call of a
# build, an update and an optimize; all of them: tests/e2e/kill_sweep.sh.
set -u
sh "$BQ_SOURCE_DIR/tests/e2e/kill_sweep.sh" 5 60
code=$?
[ $code = 77 ] && exit 0 # it has said SKIP
exit $code
