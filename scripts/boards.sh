#!/bin/sh
# boards.sh list | bitstream BOARD | flash BOARD - what hw/board/boards.txt describes.
#
# bitstream: synthesise, place and route, pack; build/board/BOARD/BOARD.bin and .report. Exit status 1 if the board's clock is
# not met, or a tool is missing (the message names the package). flash: write it to the board's flash.
set -eu
cd "$(dirname "$0")/.."

YOSYS=${YOSYS:-yosys}
LOADER=${LOADER:-openFPGALoader}
SEEDS=${SEEDS:-1 2 3}
table=hw/board/boards.txt

# field BOARD N - the Nth field of a board's line.
field() {
    awk -F ' *; *' -v board="$1" -v n="$2" '!/^#/ && $1 == board { print $n }' "$table"
}

names() {
    awk -F ' *; *' '!/^#/ && NF > 1 { print $1 }' "$table"
}

# need TOOL PACKAGE - the tool is there, or say how to get it.
need() {
    command -v "$1" >/dev/null && return
    echo "boards: there is no $1; install $2" >&2
    exit 1
}

# known BOARD - exit with the list if it is not.
known() {
    [ -n "$1" ] && [ -n "$(field "$1" 1)" ] && return
    echo "boards: there is no board \"$1\"; there is: $(names | paste -s -d ' ')" >&2
    exit 2
}

list() {
    printf '%-12s %-16s %-6s %4s  %-34s %s\n' board name family MHz "to the host" "here"
    for board in $(names); do
        here="never built"
        [ -e "build/board/$board/$board.report" ] && here=$(cat "build/board/$board/$board.report")
        printf '%-12s %-16s %-6s %4s  %-34s %s\n' "$board" "$(field "$board" 2)" "$(field "$board" 3)" \
            "$(field "$board" 5)" "$(field "$board" 6)" "$here"
    done
}

# synthesise BOARD COMMAND - to NAME.json.
synthesise() {
    files=$(find hw/rtl hw/link -name '*.v' | sort | tr '\n' ' ')
    tops=$(find hw/board -maxdepth 1 -name '*.v' | sort | tr '\n' ' ')
    if ! "$YOSYS" -q -l "$name.yosys.log" -p "read_verilog -Ihw/rtl -Ihw/link -Ibuild/gen $files $tops; $2 -top $1 -json $name.json" \
        >"$name.yosys.out" 2>&1; then
        echo "boards: yosys failed: see $name.yosys.log" >&2
        exit 1
    fi
}

# The last "Max frequency" of the accelerator's clock in a log of nextpnr: the slowest of the clocks after routing.
slowest() {
    awk '/Routing globals|Routing\.\./ { delete mhz } /Max frequency for clock/ {
            clock = $0; sub(/.*clock +/, "", clock); sub(/:.*/, "", clock)
            for (i = 1; i < NF; i++) if ($(i + 1) == "MHz") { mhz[clock] = $i; break } }
        END { for (c in mhz) if (least == "" || mhz[c] + 0 < least) least = mhz[c] + 0; print least + 0 }' "$1"
}

# route_FAMILY SEED - to NAME.bin. A goal above the need makes the placer try harder.
route_ice40() {
    need nextpnr-ice40 "the package nextpnr-ice40"
    need icepack "the package fpga-icestorm"
    synthesise "$board" "synth_ice40 -device u -spram"
    # shellcheck disable=SC2086,SC2046  # options are words
    nextpnr-ice40 $(field "$board" 4) --placer-heap-critexp 4 --placer-heap-timingweight 20 --json "$name.json" \
        --pcf "hw/board/$board.pcf" --asc "$name.asc" --seed "$1" --freq "$((mhz * 4 / 3))" --timing-allow-fail --log "$name.log" -q \
        >/dev/null 2>&1 || return 1
    icepack "$name.asc" "$name.bin"
}

bitstream() {
    board=$1
    mhz=$(field "$board" 5)
    output=build/board/$board
    name=$output/$board
    mkdir -p "$output"
    rm -f "$name.report" "$name.bin"
    need "$YOSYS" "the package yosys"
    for seed in $SEEDS; do
        if ! "route_$(field "$board" 3)" "$seed"; then
            echo "boards: $board could not be placed and routed: see $name.log" >&2
            exit 1
        fi
        got=$(slowest "$name.log")
        if awk "BEGIN { exit !($got >= $mhz) }"; then
            echo "routed, $got MHz" >"$name.report"
            echo "$board: routed with seed $seed, $got MHz of $mhz; $name.bin"
            return
        fi
        echo "boards: $board, seed $seed: $got MHz" >&2
    done
    rm -f "$name.bin"
    echo "boards: $board needs $mhz MHz, and no seed of $SEEDS reaches it" >&2
    exit 1
}

flash() {
    need "$LOADER" "the package openfpgaloader"
    [ -e "build/board/$1/$1.bin" ] || bitstream "$1"
    "$LOADER" -b "$(field "$1" 7)" -f "build/board/$1/$1.bin"
}

case ${1:-} in
list)
    list
    ;;
bitstream | flash)
    known "${2:-}"
    "$1" "$2"
    ;;
*)
    echo "usage: boards.sh list | bitstream BOARD | flash BOARD" >&2
    exit 2
    ;;
esac
