#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
#   sh tests/fuzz/run.sh TARGET SECONDS     one target: segment manifest tombstones query request reply text jsonl
#   sh tests/fuzz/run.sh all SECONDS        each of them, SECONDS each
#
# Builds the targets with libFuzzer, ASan and UBSan (clang) in $BQ_FUZZ_DIR,
# build-fuzz by default, and runs on one core.  What it finds interesting stays
# in BUILD/corpus/TARGET and is used again; what crashes is BUILD/crash-TARGET-*:
# mend it, then keep it as tests/fuzz/seeds/TARGET/NAME-OF-THE-CAUSE.
set -eu
cd "$(dirname "$0")/../.."
build=${BQ_FUZZ_DIR:-build-fuzz}
targets="segment manifest tombstones query request reply text jsonl"

[ $# -eq 2 ] || { sed -n '4,5s/^# *//p' "$0" >&2; exit 2; }
[ "$1" = all ] || targets=$1
[ -f "$build/CMakeCache.txt" ] || set -- "$@" -G Ninja
seconds=$2
shift 2
mkdir -p "$build"
cmake -S . -B "$build" -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DBQ_FUZZ=ON \
	-DBQ_SANITIZE=address,undefined "$@" >"$build/configure.log" 2>&1 || { cat "$build/configure.log" >&2; exit 1; }

for target in $targets; do
	cmake --build "$build" --target "fuzz_$target" >"$build/build.log" 2>&1 || { cat "$build/build.log" >&2; exit 1; }
	mkdir -p "$build/corpus/$target"
	echo "fuzz_$target: $seconds s"
	nice "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 \
		-artifact_prefix="$build/crash-$target-" "$build/corpus/$target" "tests/fuzz/seeds/$target" \
		>"$build/fuzz-$target.log" 2>&1 || { tail -40 "$build/fuzz-$target.log" >&2; exit 1; }
	grep -E 'Done|exec_per_sec|DONE' "$build/fuzz-$target.log" | tail -2
done
