#!/bin/sh
# lint.sh - every static check, one line per tool; exit status 1 if any tool found something.
#
# What a tool says goes to build/lint/TOOL.log. Findings named in scripts/lint_waivers.txt pass.
# The generated headers must be there (the Makefile sees to that).
set -u
cd "$(dirname "$0")/.." || exit 1

logs=build/lint
waivers=scripts/lint_waivers.txt
shown=${LINT_SHOWN:-20} # findings of a tool
failed=0
mkdir -p "$logs"

root=$(pwd)
models=$(find "$root/build/verilated" -name '*_model.h' 2>/dev/null | sed 's|/[^/]*$||; s|^|-I|')
c_flags="-std=c11 -D_POSIX_C_SOURCE=200809L -I$root/host/include -I$root/host/src -I$root/build/gen $models
 $(pkg-config --cflags openblas libcjson sndfile fftw3f zlib libusb-1.0)
 $(pkg-config --cflags umockdev-1.0 libftdi1 | sed 's/-I/-isystem /g') -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes"
# shellcheck disable=SC2086  # flags are words
printf '%s\n' $c_flags >"$logs/compile_flags.txt" # where clang-tidy looks

c_files=$(find host sim tests -name '*.c' | sort)
c_and_headers=$(find host sim tests -name '*.[ch]' | sort)
verilog_files=$(find hw -name '*.v' ! -path 'hw/formal/*' | sort)
scripts=$(find scripts .ci -name '*.sh' -o -path .ci/run | sort)

# judge TOOL STATUS PATTERN - what matches PATTERN in the tool's log, and no waiver, is a finding. Prints the tool's line.
judge() {
    found=$logs/$1.found
    left=$logs/$1.left
    grep -E "$3" "$logs/$1.log" | sort -u >"$found"
    cp "$found" "$left"
    while read -r tool rest; do
        [ "$tool" = "$1" ] || continue
        expression=${rest%%  \#*}
        if grep -qE -e "$expression" "$found"; then
            grep -vE -e "$expression" "$left" >"$left.next"
            mv "$left.next" "$left"
        else
            echo "$waivers: nothing needs any more: $1 $expression" >>"$left"
        fi
    done <"$waivers"
    if [ "$2" -ne 0 ] && [ ! -s "$found" ]; then
        echo "the tool itself failed, see $logs/$1.log" >>"$left"
    fi
    if [ -s "$left" ]; then
        printf '%-14s %s findings\n' "$1" "$(wc -l <"$left")"
        head -n "$shown" "$left" | sed 's/^/    /'
        [ "$(wc -l <"$left")" -le "$shown" ] || echo "    ... all of them: $left"
        failed=1
    else
        printf '%-14s clean\n' "$1"
    fi
}

# check TOOL PATTERN FILES command... - run the command for each of the files, two at a time, and judge.
check() {
    tool=$1
    pattern=$2
    files=$3
    shift 3
    rm -rf "${logs:?}/$tool"
    mkdir "$logs/$tool"
    # One log for each file: two tools writing at a time would mix their lines.
    # shellcheck disable=SC2016  # the inner shell expands
    printf '%s\n' "$files" | xargs -r -n 1 -P 2 sh -c 'log=$1; shift; for file; do :; done
        "$@" >"$log/${file##*/}.log" 2>&1' sh "$logs/$tool" "$@"
    status=$?
    cat "$logs/$tool"/*.log >"$logs/$tool.log"
    judge "$tool" "$status" "$pattern"
}

check verilator '^%(Warning|Error)' "$verilog_files" \
    verilator --lint-only -Wall -Wno-fatal -Ibuild/gen -Ihw/rtl -Ihw/link -Ihw/board -Ihw/board/blackbox hw/lint.vlt
check iverilog '(warning|error|sorry):' "$verilog_files" \
    iverilog -g2005 -Wall -t null -Ibuild/gen -Ihw/rtl -y hw/rtl -y hw/link -y hw/board \
    -y hw/board/blackbox
check clang-format '(warning|error):' "$c_and_headers" clang-format --dry-run
# shellcheck disable=SC2086
check clang '(warning|error):' "$c_files" clang -fsyntax-only $c_flags
check clang-tidy '(warning|error):' "$c_files" clang-tidy --quiet -p "$logs"
check cppcheck '(style|warning|performance|portability|error):' "$c_files" \
    cppcheck --quiet --std=c11 --enable=warning,style,performance,portability --template=gcc \
    --suppress=missingInclude -Ihost/include -Ihost/src -Isim -Ibuild/gen
check shellcheck '(note|warning|error):' "$scripts" shellcheck -x -f gcc
exit "$failed"
