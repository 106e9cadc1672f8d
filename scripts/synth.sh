#!/bin/sh
# synth.sh TARGET - synthesise, place and route the accelerator of a target; a table, and build/synth/TARGET.json.
#
# Three seeds of the placer show how much of a clock figure is luck. Exit status 1 if it does not fit, uses a DSP block, or
# is slower than required with any seed.
set -eu
cd "$(dirname "$0")/.."

YOSYS=${YOSYS:-yosys}
NEXTPNR=${NEXTPNR:-nextpnr-ice40}
SEEDS=${SEEDS:-1 2 3}
target=${1:-up5k}
output=build/synth

case $target in
up5k)
    synthesis="synth_ice40 -device u -spram"
    place="--up5k --package sg48 --placer-heap-critexp 4 --placer-heap-timingweight 20" # 2-4 MHz over the defaults
    goal=48     # MHz: the part's own oscillator
    required=40 # MHz
    ;;
*)
    echo "synth: no target \"$target\"; there is: up5k" >&2
    exit 2
    ;;
esac

mkdir -p "$output"
top=accelerator_$target
name=$output/$target
rm -f "$name.json" # no old figures beside a new failure
files=$(find hw/rtl -name '*.v' | sort | tr '\n' ' ')

if ! "$YOSYS" -q -l "$name.yosys.log" -p "read_verilog -Ihw/rtl -Ibuild/gen $files; $synthesis -top $top -json $name.netlist.json" \
    >/dev/null 2>&1; then
    echo "synth: yosys failed: see $name.yosys.log" >&2
    exit 1
fi

# Two at a time. Pins are left to the tool: a board's wrapper fixes them.
for seed in $SEEDS; do
    echo "$seed"
done | xargs -P 2 -I SEED sh -c "$NEXTPNR $place --json $name.netlist.json --seed SEED --freq $goal --timing-allow-fail \
    --pcf-allow-unconstrained --asc $name.SEED.asc --log $name.SEED.log -q >/dev/null 2>&1 || rm -f $name.SEED.asc"

# used CELLS SEED - how many of this kind of cell are used.
used() {
    awk -v cells="$1:" '$2 == cells { sub("/", "", $3); count = $3 } END { print count + 0 }' "$name.$2.log"
}

# fmax SEED - after routing, in MHz.
fmax() {
    awk '/Max frequency for clock/ { for (i = 1; i < NF; i++) if ($(i + 1) == "MHz") mhz = $i } END { print mhz + 0 }' \
        "$name.$1.log"
}

status=0
speeds=""
printf '%-8s %-6s %12s %11s %7s %5s %9s\n' target seed "logic cells" "block RAMs" SPRAMs DSPs MHz
for seed in $SEEDS; do
    if [ ! -e "$name.$seed.asc" ]; then
        echo "synth: seed $seed was not placed and routed: see $name.$seed.log" >&2
        exit 1
    fi
    cells=$(used ICESTORM_LC "$seed")
    rams=$(used ICESTORM_RAM "$seed")
    sprams=$(used ICESTORM_SPRAM "$seed")
    dsps=$(used ICESTORM_DSP "$seed")
    mhz=$(fmax "$seed")
    speeds="$speeds${speeds:+, }$mhz"
    printf '%-8s %-6s %12s %11s %7s %5s %9s\n' "$target" "$seed" "$cells" "$rams" "$sprams" "$dsps" "$mhz"
    if [ "$dsps" -ne 0 ] || awk "BEGIN { exit !($mhz < $required) }"; then
        status=1
    fi
done

cat >"$name.json" <<END
{"target": "$target", "top": "$top", "routed": true, "logic_cells": $cells, "block_rams": $rams, "sprams": $sprams,
 "dsps": $dsps, "fmax_mhz": [$speeds], "required_mhz": $required}
END
if [ $status -ne 0 ]; then
    echo "synth: $top needs $required MHz with every seed, and no DSP block" >&2
fi
exit $status
