#!/bin/sh
# formal.sh [TOP...] - prove what must never happen: all of hw/formal/proofs.txt, or the proofs of these modules. A line per proof; exit
# status 1 if one does not hold.
#
# "proved" is for ever: the first cycles after any start (a bound), and induction from then on; a proof by a bound alone says for how many
# cycles. Under a proof stand changes to its modules, kept on purpose, with which it must fail: a proof that cannot fail is none.
#
# crc32_byte is cut out (its output is any value at all) but where the table says `crc`; there nothing below the harness is assumed or
# proved. Where it says `joined` modules stand together as in the hardware: what one assumes of another has to be proved, what is proved
# of each alone is not proved again, and buffers hold anything.
# shellcheck disable=SC2046,SC2086  # lists of files are words
set -eu
cd "$(dirname "$0")/.."

YOSYS=${YOSYS:-yosys}
SMTBMC=${SMTBMC:-yosys-smtbmc}
SOLVER=${SOLVER:-z3}
JOBS=${JOBS:-2}
LIMIT=${LIMIT:-300} # seconds for a half of a proof
DEEP=48 # cycles within which a broken module must show
output=build/formal

# compile NAME TOP CRC FILE... - TOP and the modules below it as an SMT problem. A wire of a harness with the comment "// = PATH" is the wire
# PATH of a module below.
compile() {
    name=$1
    top=$2
    case $3 in
    crc) cut="chformal -remove * $top %d;" ;;
    joined)
        cut="cutpoint t:crc32_byte t:*byte_buffer; chformal -assert -remove * $top %d; chformal -assume2assert * $top %d;"
        ;;
    *) cut="cutpoint t:crc32_byte;" ;;
    esac
    shift 3
    see=$(sed -n 's|^ *wire .* \([a-z_0-9]*\); *// = \([a-z_0-9.]*\)$|connect -nounset -set \1 \2;|p' "$@" | tr '\n' ' ')
    "$YOSYS" -q -p "read_verilog -formal -Ihw/rtl -Ibuild/gen $*; hierarchy -check -top $top; proc; $cut flatten; $see
        prep -top $top; async2sync; dffunmap; write_smt2 -wires $output/$name.smt2" >"$output/$name.yosys.log" 2>&1
}

# bounded NAME CYCLES, induced NAME CYCLES - one half of the proof passes.
bounded() {
    timeout "$LIMIT" "$SMTBMC" --unroll -s "$SOLVER" -t "$2" --noprogress --dump-vcd "$output/$1.vcd" "$output/$1.smt2" >"$output/$1.bound.log" 2>&1
}
induced() {
    timeout "$LIMIT" "$SMTBMC" --unroll -s "$SOLVER" -i -t "$2" --noprogress --dump-vcd "$output/$1.vcd" "$output/$1.smt2" \
        >"$output/$1.induction.log" 2>&1
}

# files_of MODULE... - where they are.
files_of() {
    for module; do
        find hw/rtl hw/link hw/formal -name "$module.v"
    done
}

# prove NAME TOP METHOD CYCLES CRC FILE... - prints what came of it.
prove() {
    method=$3
    cycles=$4
    if ! compile "$1" "$2" "$5" $(shift 5 && echo "$@"); then
        echo "FAILED: see $output/$1.yosys.log"
    elif ! bounded "$1" "$cycles"; then
        echo "FAILED: see $output/$1.bound.log, $output/$1.vcd"
    elif [ "$method" = bound ]; then
        echo "proved for $cycles cycles"
    elif induced "$1" "$cycles"; then
        echo proved
    else
        echo "FAILED: see $output/$1.induction.log, $output/$1.vcd"
    fi
}

# refute NAME TOP CYCLES CRC BROKEN CHANGE FILE... - the proof fails if the sed script CHANGE is applied to module BROKEN.
refute() {
    name=$1
    top=$2
    cycles=$3
    crc=$4
    original=$(files_of "$5")
    broken=$output/$name.v
    sed "$6" "$original" >"$broken"
    shift 6
    if cmp -s "$original" "$broken"; then
        echo "FAILED: $original is not what the change expects"
    elif ! compile "$name" "$top" "$crc" $(printf '%s\n' "$@" | sed "s|^$original\$|$broken|"); then
        echo "FAILED: see $output/$name.yosys.log"
    elif ! bounded "$name" "$((cycles > DEEP ? cycles : DEEP))" && grep -q 'Assert failed' "$output/$name.bound.log"; then
        echo "fails, as it must"
    elif ! grep -q 'Status:' "$output/$name.bound.log"; then
        echo "FAILED: no answer in $LIMIT seconds, see $output/$name.bound.log"
    else
        echo "FAILED: nobody noticed, see $output/$name.bound.log"
    fi
}

# job NUMBER - one line of the list of jobs: prints its line of the table.
job() {
    tab=$(printf '\t')
    IFS=$tab read -r top method cycles crc modules claim broken change <<END
$(sed -n "$1p" "$output/jobs")
END
    if [ "$broken" = - ]; then
        printf '%-17s %-68s %s\n' "$top" "$claim" "$(prove "$top" "$top" "$method" "$cycles" "$crc" $(files_of $modules))"
    else
        printf '%-17s %-68s %s\n' "" "broken: $claim" \
            "$(refute "$top.broken.$1" "$top" "$cycles" "$crc" "$broken" "$change" $(files_of $modules))"
    fi
}

if [ "${1:-}" = --job ]; then
    job "$2" >"$output/result.$2"
    exit 0
fi

mkdir -p "$output"
rm -f "$output"/result.*
# The table, one job a line: top, method, cycles, crc or cut, modules, claim, broken module, change.
awk -F ' *:: *' -v OFS='\t' -v only="$*" '
    BEGIN { n = split(only, name, " "); for (i = 1; i <= n; i++) wanted[name[i]] = 1 }
    /^#/ || NF == 0 { next }
    { sub(/^ +/, "", $1) }
    NF == 4 {
        top = $1; modules = $3
        words = split($2, word, " ")
        method = word[1]; cycles = word[2]; crc = words > 2 ? word[3] : "cut"
        if (!n || top in wanted) print top, method, cycles, crc, modules, $4, "-", "-"
        next
    }
    !n || top in wanted { print top, method, cycles, crc, modules, $3, $1, $2 }' hw/formal/proofs.txt >"$output/jobs"
jobs=$(wc -l <"$output/jobs")
seq "$jobs" | xargs -P "$JOBS" -I N scripts/formal.sh --job N
for i in $(seq "$jobs"); do
    cat "$output/result.$i"
done
if cat "$output"/result.* | grep -q FAILED; then
    exit 1
fi
