#!/bin/sh
# coverage.sh DIRECTORY MODULE... - which lines of the Verilog the tests of these modules run: a line per file of hw/rtl and hw/link, and the
# total. `make coverage` builds the tests in DIRECTORY, with models that count.
#
# Lines that no test can reach stand in scripts/coverage_waivers.txt with their reasons. Exit status 1 below GOAL percent (95) in total, or
# if a test fails.
set -eu
cd "$(dirname "$0")/.."

GOAL=${GOAL:-95}
directory=$1
shift
failed=""
rm -rf "$directory/counts"
mkdir -p "$directory/counts"

# merge TARGET - all counts in one file.
merge() {
    find "$directory/counts" -name '*.dat' >"$directory/list"
    # shellcheck disable=SC2046  # many files
    xargs -r -x -n 20000 verilator_coverage --write "$1.new" $([ ! -e "$1" ] || echo "$1") <"$directory/list" >"$directory/merge.log" 2>&1
    [ ! -e "$1.new" ] || mv "$1.new" "$1"
    xargs -r rm -f <"$directory/list"
}

rm -f "$directory/all.dat"
for module; do
    COVERAGE=$directory/counts CK_DEFAULT_TIMEOUT=0 "$directory/tests/rtl/test_$module" >"$directory/$module.log" 2>&1 ||
        failed="$failed $module"
    merge "$directory/all.dat"
done

verilator_coverage --write-info "$directory/all.info" "$directory/all.dat" >"$directory/merge.log" 2>&1
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
        if ((name "\t" text[field[1]]) in waived) next
        if (!(name in lines)) order[++files] = name
        lines[name]++
        if (field[2] > 0) run[name]++
        else missed = missed sprintf("    %s:%d: %s\n", file, field[1], text[field[1]])
    }
    END {
        printf "%-24s %6s %6s %7s\n", "file", "lines", "run", "percent"
        for (i = 1; i <= files; i++) {
            name = order[i]
            printf "%-24s %6d %6d %6.1f%%\n", name, lines[name], run[name], 100 * run[name] / lines[name]
            all += lines[name]
            ran += run[name]
        }
        printf "%-24s %6d %6d %6.1f%%\n", "total", all, ran, all ? 100 * ran / all : 0
        if (missed) printf "not run:\n%s", missed
        exit all == 0 || 100 * ran < goal * all
    }' scripts/coverage_waivers.txt "$directory/all.info" || failed="$failed coverage"
if [ -n "$failed" ]; then
    echo "coverage: failed:$failed" >&2
    exit 1
fi
