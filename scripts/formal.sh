#!/bin/sh
# formal.sh - prove what must never happen in the streams; one line per proof, exit status 1 if one does not hold.
#
# A proof has two halves: the first cycles after any start (a bound), and induction from then on, so what is proved holds
# for ever; where it says so, only the first cycles after reset are. hw/rtl/stream_rules.v states the rules of streams;
# hw/formal/broken_stream.v breaks them, and its proof must fail.
# crc32_byte is cut out (its output is any value at all): what holds for every checksum holds for the right one.
set -eu
cd "$(dirname "$0")/.."

YOSYS=${YOSYS:-yosys}
SMTBMC=${SMTBMC:-yosys-smtbmc}
SOLVER=${SOLVER:-z3}
BOUND=${BOUND:-20}
output=build/formal
failed=0
mkdir -p "$output"

# compile TOP FILE... - the module and those below it as an SMT problem.
compile() {
    top=$1
    shift
    "$YOSYS" -q -p "read_verilog -formal -Ihw/rtl $*; hierarchy -check -top $top; cutpoint t:crc32_byte;
        prep -top $top -flatten; async2sync; dffunmap; write_smt2 -wires $output/$top.smt2" \
        >"$output/$top.yosys.log" 2>&1
}

# bounded TOP BOUND, induced TOP - one half of the proof passes.
bounded() {
    "$SMTBMC" -s "$SOLVER" -t "$2" --noprogress --dump-vcd "$output/$1.vcd" "$output/$1.smt2" >"$output/$1.bound.log" 2>&1
}
induced() {
    "$SMTBMC" -s "$SOLVER" -i -t "$BOUND" --noprogress "$output/$1.smt2" >"$output/$1.induction.log" 2>&1
}

# report TOP CLAIM RESULT
report() {
    printf '%-17s %-58s %s\n' "$1" "$2" "$3"
    case $3 in
    FAILED*) failed=1 ;;
    esac
}

# prove TOP CLAIM FILE... - for ever.
prove() {
    top=$1
    claim=$2
    shift 2
    if ! compile "$top" "$@"; then
        report "$top" "$claim" "FAILED: see $output/$top.yosys.log"
    elif bounded "$top" "$BOUND" && induced "$top"; then
        report "$top" "$claim" proved
    else
        report "$top" "$claim" "FAILED: see $output/$top.*.log and $output/$top.vcd"
    fi
}

# probe TOP CYCLES CLAIM FILE... - for so many cycles after reset.
probe() {
    top=$1
    cycles=$2
    claim=$3
    shift 3
    if compile "$top" "$@" && bounded "$top" "$cycles"; then
        report "$top" "$claim" "proved for $cycles cycles"
    else
        report "$top" "$claim" "FAILED: see $output/$top.*.log and $output/$top.vcd"
    fi
}

# refute TOP CLAIM FILE... - the proof fails, and by the stream rules.
refute() {
    top=$1
    claim=$2
    shift 2
    if compile "$top" "$@" && ! bounded "$top" "$BOUND" &&
        grep -q 'Assert failed.*stream_rules\.v' "$output/$top.bound.log"; then
        report "$top" "$claim" "fails, as it must"
    else
        report "$top" "$claim" "FAILED: the rules let a broken stream through, or never saw it"
    fi
}

rules=hw/rtl/stream_rules.v
crc=hw/rtl/crc32_byte.v
buffer=hw/rtl/byte_buffer.v

prove frame_decoder "beats keep the rules; a good frame had bytes" hw/rtl/frame_decoder.v $crc $rules
prove frame_encoder "bytes keep the rules; no flag within a frame" hw/rtl/frame_encoder.v $crc $rules
prove reply_buffer "replies keep the rules, and end" hw/rtl/reply_buffer.v $buffer $rules hw/formal/reply_rules.v
probe executor_replies 15 "replies are made in turn" hw/formal/executor_replies.v hw/formal/reply_rules.v \
    hw/rtl/executor.v $crc
prove result_stream "results of the network core keep the rules" hw/formal/result_stream.v hw/rtl/row_sender.v $rules
refute broken_stream "a stream that breaks the rules is caught" hw/formal/broken_stream.v $rules
exit $failed
