#!/bin/sh
# demo.sh - train, quantize, compare, write: the whole line on real text, in a few minutes. `make demo` calls it.
#
# Leaves under build/demo/: model.safetensors, curve.svg, summary.json, and what each step printed (*.json).
# DEMO_BEGUN (seconds since 1970) is when the whole began, installation included; now, if unset.
set -eu
cd "$(dirname "$0")/.."

sterna=build/sterna
demo=build/demo
begun=${DEMO_BEGUN:-$(date +%s)}
compared=8001 # characters through the simulated accelerator, to compare 8000 predictions

say() {
    printf '\n== %s\n' "$*"
}

# keep NAME command... - the command's JSON into $demo/NAME.json, complete or not at all.
keep() {
    name=$1
    shift
    "$@" --json >"$demo/$name.json.part"
    mv "$demo/$name.json.part" "$demo/$name.json"
}

mkdir -p "$demo"

say "training the network: ternary weights"
$sterna train --recipe models/kjv-gru.recipe --out "$demo/ternary" --overwrite
say "training the baseline: float weights, same size, same number of characters"
$sterna train --recipe models/kjv-gru-float.recipe --out "$demo/float" --overwrite
keep curve $sterna plot "$demo/curve.svg" "ternary=$demo/ternary" "float=$demo/float"

say "quantizing, packing for the simulated chip"
$sterna quantize "$demo/ternary/checkpoint.safetensors" "$demo/model.safetensors"
keep model $sterna info "$demo/model.safetensors" --on sim

say "evaluating on text never seen in training"
keep float_baseline $sterna eval "$demo/float/checkpoint.safetensors" kjv --on float --weights master
keep float_master $sterna eval "$demo/ternary/checkpoint.safetensors" kjv --on float --weights master
keep quantized $sterna eval "$demo/model.safetensors" kjv --on float
# Both run on one processor each, so side by side.
keep integer $sterna eval "$demo/model.safetensors" kjv --on reference 2>"$demo/integer.log" &
integer=$!
trap 'kill "$integer" 2>/dev/null || :' EXIT
trap 'exit 1' INT TERM
keep accelerator $sterna compare "$demo/model.safetensors" kjv --on sim --limit "$compared"
if ! wait "$integer"; then
    cat "$demo/integer.log" >&2
    exit 1
fi
trap - EXIT INT TERM

say "the simulated chip writes 300 characters"
$sterna generate "$demo/model.safetensors" --on sim --length 300 --prime "In the beginning "

seconds=$(($(date +%s) - begun))
keep summary $sterna report "$demo" --seconds "$seconds"
say "result"
$sterna report "$demo" --seconds "$seconds"
echo
printf '  %-16s %s\n' "model" "$demo/model.safetensors" "training curve" "$demo/curve.svg" "this table" "$demo/summary.json"
