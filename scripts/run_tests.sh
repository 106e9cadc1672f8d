#!/bin/sh
# run_tests.sh PROGRAM... - run Check programs one after another; all run even if one fails; exit 1 if any did.
failed=""
for program in "$@"; do
    "$program" || failed="$failed ${program##*/}"
done
if [ -n "$failed" ]; then
    echo "run_tests: failed:$failed" >&2
    exit 1
fi
