#!/bin/sh
# run_tests.sh PROGRAM... - run Check programs one after another; all run even if one fails; exit 1 if any did. Those that could not
# run anything here (exit status 77) are listed at the end: they did not pass.
failed=""
idle=""
for program in "$@"; do
    "$program"
    case $? in
    0) ;;
    77) idle="$idle ${program##*/}" ;;
    *) failed="$failed ${program##*/}" ;;
    esac
done
if [ -n "$idle" ]; then
    echo "run_tests: not run, this machine cannot:$idle" >&2
fi
if [ -n "$failed" ]; then
    echo "run_tests: failed:$failed" >&2
    exit 1
fi
