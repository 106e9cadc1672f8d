#!/bin/sh
# coverage.sh DIRECTORY MODULE... - which lines of the Verilog the tests of these modules run: a line per file of hw/rtl and hw/link, and the
# total. `make coverage` builds the tests in DIRECTORY, with models that count.
#
# Lines that no test can reach stand in scripts/coverage_waivers.txt with their reasons. Exit status 1 if a file or the total is below GOAL
# percent (95), or if a test fails. However slow a busy machine is, no test is stopped for it.
set -eu
cd "$(dirname "$0")/.."

GOAL=${GOAL:-95}
JOBS=${JOBS:-2}

# count DIRECTORY MODULE - runs a test; its counts are in DIRECTORY/counts/MODULE.dat, and MODULE.failed is there if it fails.
count() {
    counts=$1/counts/$2
    mkdir -p "$counts"
    COVERAGE=$counts CK_TIMEOUT_MULTIPLIER=50 "$1/tests/rtl/test_$2" >"$1/$2.log" 2>&1 || touch "$counts.failed"
    find "$counts" -name '*.dat' >"$counts.list"
    xargs -x -n 20000 verilator_coverage --write "$counts.dat" <"$counts.list" >"$counts.merge.log" 2>&1
    rm -rf "$counts"
}

if [ "$1" = --count ]; then
    count "$2" "$3"
    exit 0
fi

directory=$1
shift
rm -rf "$directory/counts"
mkdir -p "$directory/counts"
printf '%s\n' "$@" | xargs -P "$JOBS" -I M scripts/coverage.sh --count "$directory" M
failed=$(find "$directory/counts" -name '*.failed' | sed 's|.*/\(.*\)\.failed|\1|' | sort | tr '\n' ' ')

verilator_coverage --write-info "$directory/all.info" "$directory/counts/"*.dat >"$directory/merge.log" 2>&1
awk -v goal="$GOAL" '
    FILENAME ~ /waivers/ { if ($0 !~ /^#/ && NF) { split($0, part, / *:: */); waived[part[1] "\t" part[2]] = 1 } next }
    /^SF:/ {
        file = substr($0, 4)
        name = file
        sub(/.*\//, "", name)
        delete text
        for (n = 1; (getline line < file) > 0; n++) { gsub(/^ +| +$/, "", line); text[n] = line }
        close(file)
        next
    }
    /^DA:/ {
        split(substr($0, 4), field, ",")
        if (file !~ /hw\/(rtl|link)\//) next
        if (field[2] == 0 && (name "\t" text[field[1]]) in waived) next
        if (!(name in lines)) order[++files] = name
        lines[name]++
        if (field[2] > 0) run[name]++
        else missed = missed sprintf("    %s:%d: %s\n", file, field[1], text[field[1]])
    }
    END {
        printf "%-24s %6s %6s %7s\n", "file", "lines", "run", "percent"
        for (i = 1; i <= files; i++) {
            name = order[i]
            low = 100 * run[name] < goal * lines[name]
            printf "%-24s %6d %6d %6.1f%%%s\n", name, lines[name], run[name], 100 * run[name] / lines[name], low ? " too few" : ""
            below += low
            all += lines[name]
            ran += run[name]
        }
        printf "%-24s %6d %6d %6.1f%%\n", "total", all, ran, all ? 100 * ran / all : 0
        if (missed) printf "not run:\n%s", missed
        exit all == 0 || below || 100 * ran < goal * all
    }' scripts/coverage_waivers.txt "$directory/all.info" || failed="$failed coverage"
if [ -n "$failed" ]; then
    echo "coverage: failed: $failed" >&2
    exit 1
fi
