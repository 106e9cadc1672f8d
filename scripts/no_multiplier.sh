#!/bin/sh
# no_multiplier.sh [TOP] - the accelerator has no multiplier: exit status 1 if it has.
#
# Two questions to yosys. Straight after elaboration: is there any cell that multiplies, divides or raises to a power?
# (A $macc of later passes multiplies only if a $mul went into it, so this is the place to look.) Then, after coarse
# synthesis for an iCE40 that is allowed to use DSP blocks: did it find a use for one? hw/formal/broken_multiply.v has a
# multiplier, and both questions must find it.
set -eu
cd "$(dirname "$0")/.."

YOSYS=${YOSYS:-yosys}
top=${1:-accelerator_up5k}
output=build/no_multiplier
mkdir -p "$output"

# ask NAME COMMANDS CELLS TOP FILE... - true if, after the commands, the design has none of the cells.
ask() {
    name=$1
    commands=$2
    cells=$3
    design=$4
    shift 4
    "$YOSYS" -q -l "$output/$design.$name.log" -p "read_verilog -Ihw/rtl -Ibuild/gen $*;
        hierarchy -check -top $design; $commands; tee -o $output/$design.$name.found select -list $cells;
        select -assert-none $cells" >/dev/null 2>&1
}

elaborated() {
    # shellcheck disable=SC2016  # cell types begin with a dollar
    ask elaborated 'proc; opt_clean' 't:$mul t:$div t:$mod t:$divfloor t:$modfloor t:$pow' "$@"
}

synthesised() {
    # shellcheck disable=SC2016
    ask synthesised "synth_ice40 -device u -dsp -top $1 -run begin:map_ram" 't:SB_MAC16 t:$mul t:$div t:$mod t:$pow' "$@"
}

# found LOG - yosys got as far as the question, and the answer was not "none".
found() {
    [ -s "$output/broken_multiply.$1.found" ]
}

broken=hw/formal/broken_multiply.v
if elaborated broken_multiply $broken || ! found elaborated || synthesised broken_multiply $broken || ! found synthesised; then
    echo "no_multiplier: the check itself is broken: it does not see the multiplier of $broken" >&2
    exit 1
fi

files=$(find hw/rtl -name '*.v' | sort | tr '\n' ' ')
status=0
for question in elaborated synthesised; do
    # shellcheck disable=SC2086  # files are words
    if $question "$top" $files; then
        echo "$top, $question: no multiply, divide or DSP cell"
    else
        echo "no_multiplier: $top, $question: see $output/$top.$question.log" >&2
        cat "$output/$top.$question.found" >&2
        status=1
    fi
done
exit $status
