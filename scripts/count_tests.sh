#!/bin/sh
# count_tests.sh PROGRAM... - run Check programs one after another, then one line for all: "N passed, N failed". A program that
# ends without its own count is one failure. Exit status 1 if anything failed.
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for program in "$@"; do
    "$program" >"$log" 2>&1
    cat "$log"
    counts=$(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3/p' "$log")
    if [ -n "$counts" ]; then
        # shellcheck disable=SC2086  # three numbers
        set -- $counts
        passed=$((passed + $1 - $2 - $3))
        failed=$((failed + $2 + $3))
    else
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
