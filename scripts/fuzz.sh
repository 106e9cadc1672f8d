#!/bin/sh
# fuzz.sh FUZZER... - run libFuzzer programs one after the other, FUZZ_SECONDS (600) in all, from the committed inputs of
# tests/fuzz/NAME and what earlier runs found (build/fuzz/corpus). Exit status 1 at the first that finds something: the input
# stays in build/fuzz, and running the fuzzer on that file shows it again.
set -eu
cd "$(dirname "$0")/.."

seconds=$((${FUZZ_SECONDS:-600} / $#))
for fuzzer in "$@"; do
    name=${fuzzer##*/fuzz_}
    corpus=build/fuzz/corpus/$name
    log=build/fuzz/$name.log
    mkdir -p "$corpus"
    if ! "$fuzzer" -max_total_time="$seconds" -seed="${FUZZ_SEED:-1}" -timeout=30 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix=build/fuzz/ "$corpus" "tests/fuzz/$name" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        echo "fuzz: $name found something: see $log" >&2
        exit 1
    fi
    echo "fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: //p' "$log") inputs in $seconds s, nothing found"
done
