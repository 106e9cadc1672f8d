#!/bin/sh
# mutation.sh MODULE... - do the tests notice a wrong operator? One place of a datapath module at a time is changed, its own tests are run,
# and if they pass those of the whole network. VARIANTS are modules with other parameters, which have tests too: MODULE_* and G_* say of what
# module and with which parameters.
#
# Changes: + and -, ^ and |, & and |, == and !=, < and <=, ~ left out, a condition of if turned round, a constant one off. MUTANTS=60 places are
# drawn by SEED=1. A change that no test can notice stands in scripts/mutants_equivalent.txt with its reason. Exit status 1 if less than
# 95 % of the others are caught. `make mutation` builds what this needs; a test that does not end counts as one that fails.
set -eu
cd "$(dirname "$0")/.."

MUTANTS=${MUTANTS:-60}
SEED=${SEED:-1}
BUILD=${BUILD:-build}
VERILATOR=${VERILATOR:-verilator}
CXX=${CXX:-c++}
PATIENCE=${PATIENCE:-120} # seconds of the processor's time for a test, however busy the machine is
VARIANTS=${VARIANTS:-}
output=$BUILD/mutation
modules=$*
libraries=$(pkg-config --libs check openblas libcjson sndfile fftw3f zlib libusb-1.0)
include=$("$VERILATOR" --getenv VERILATOR_ROOT)/include
mkdir -p "$output/hw"

# sites - every place that can be changed: module, line, column, what is there, what comes there.
sites() {
    for module in $modules; do
        awk -v module="$module" '
            function site(column, old, new) { printf "%s\t%d\t%d\t%s\t%s\n", module, NR, column, old, new }
            /`ifdef FORMAL/ { formal = 1 }
            /`endif/ { formal = 0 }
            formal || /^[ \t]*(\/\/|parameter|localparam|input|output|`|genvar|integer)/ || /for \(|\[[^]]*:[^]]*\] [a-z]/ { next }
            {
                line = $0
                sub(/\/\/.*/, "", line)
                for (i = 2; i < length(line); i++) {
                    two = substr(line, i, 2)
                    one = substr(line, i, 1)
                    before = substr(line, i - 1, 1)
                    after = substr(line, i + 1, 1)
                    if (before == " " && after == " " && one == "+") site(i, "+", "-")
                    if (before == " " && after == " " && one == "-") site(i, "-", "+")
                    if (before == " " && after == " " && one == "^") site(i, "^", "|")
                    if (before == " " && after == " " && one == "&") site(i, "&", "|")
                    if (before == " " && after == " " && one == "|") site(i, "|", "&")
                    if (before == " " && after == " " && one == "<") site(i, "<", "<=")
                    if (two == "==" ) site(i, "==", "!=")
                    if (two == "!=") site(i, "!=", "==")
                    if (two == "&&") site(i, "&&", "||")
                    if (two == "||") site(i, "||", "&&")
                    if (one == "~") site(i, "~", "")
                    if (substr(line, i, 4) == "if (") site(i, "if (", "if (!")
                    if (match(substr(line, i), /^\047d[0-9]+/) && before ~ /[0-9]/) {
                        old = substr(line, i, RLENGTH)
                        value = substr(old, 3) + 0
                        site(i, old, "\047d" (value > 0 ? value - 1 : 1))
                    }
                }
            }' "$(find hw/rtl -name "$module.v")"
    done
}

# tests_of MODULE - by name: its own, those of its variants.
tests_of() {
    echo "$1"
    for variant in $VARIANTS; do
        eval "[ \"\$MODULE_$variant\" != $1 ]" || echo "$variant"
    done
}

# passes MODULE NUMBER TEST - the test of TEST passes with the changed file of MODULE in place of the module.
passes() {
    directory=$output/$2.$3
    eval "top=\${MODULE_$3:-$3} parameters=\${G_$3:-}"
    rm -rf "$directory"
    mkdir -p "$directory"
    # shellcheck disable=SC2086,SC2154  # several words; eval sets them
    if "$VERILATOR" --cc -Wno-fatal -Wno-lint -Wno-style -O3 --x-assign fast --x-initial fast --noassert -y "$output/hw/$2" -y hw/rtl -y hw/link \
        -Ihw/rtl -I"$BUILD/gen" $parameters --prefix "V$3" --Mdir "$directory" --top-module "$top" "$top" >"$directory/log" 2>&1; then
        awk -v top="$3" -v part=header -f scripts/verilator_shim.awk "$directory/V$3.h" >"$directory/$3_model.h"
        awk -v top="$3" -v part=shim -f scripts/verilator_shim.awk "$directory/V$3.h" >"$directory/$3_shim.cpp"
        cat "$directory/V$3"*.cpp "$directory/$3_shim.cpp" >"$directory/model_all.cpp"
        # shellcheck disable=SC2086  # several words
        $CXX -std=c++17 -O1 -I"$include" -I"$include/vltstd" -I"$directory" -DVM_COVERAGE=0 -DVM_SC=0 -DVM_TRACE=0 \
            -o "$directory/test" "$directory/model_all.cpp" "$BUILD/obj/tests/rtl/test_$3.o" "$BUILD/obj/tests/main.o" \
            -Wl,--start-group "$BUILD/libsterna.a" "$BUILD/verilated/runtime.a" -Wl,--end-group $libraries -lm -lpthread \
            >>"$directory/log" 2>&1 || return 2
        CK_FORK=no prlimit --cpu="$PATIENCE" "$directory/test" >>"$directory/log" 2>&1
    else
        return 1 # it cannot even be built
    fi
}

sites >"$output/sites"
awk -v seed="$SEED" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' "$output/sites" | sort -n | cut -f 2- | head -n "$MUTANTS" >"$output/drawn"
echo "mutation: $(wc -l <"$output/sites") places in $(echo "$modules" | wc -w) modules, $(wc -l <"$output/drawn") drawn, SEED=$SEED"
caught=0 survived=0 equivalent=0 number=0
tab=$(printf '\t')
while IFS=$tab read -r module line column old new; do
    number=$((number + 1))
    rm -rf "$output/hw/$number"
    mkdir -p "$output/hw/$number"
    awk -v line="$line" -v column="$column" -v old="$old" -v new="$new" '
        NR == line { $0 = substr($0, 1, column - 1) new substr($0, column + length(old)) } { print }' \
        "hw/rtl/$module.v" >"$output/hw/$number/$module.v"
    text=$(sed -n "${line}s/^ *//p" "hw/rtl/$module.v")
    verdict=survived
    if grep -qF "$module :: $text :: $old -> $new ::" scripts/mutants_equivalent.txt; then
        verdict=equivalent
    else
        for test in $(tests_of "$module") $(tests_of network); do
            [ -e "$BUILD/obj/tests/rtl/test_$test.o" ] || continue
            status=0
            passes "$module" "$number" "$test" </dev/null || status=$?
            if [ $status -eq 2 ]; then
                echo "mutation: $output/$number.$test/log" >&2
                exit 2
            fi
            rm -rf "$output/$number.$test/test" "$output/$number.$test/model_all.cpp"
            if [ $status -ne 0 ]; then
                verdict="caught by test_$test"
                break
            fi
        done
    fi
    case $verdict in
    caught*) caught=$((caught + 1)) ;;
    survived) survived=$((survived + 1)) ;;
    equivalent) equivalent=$((equivalent + 1)) ;;
    esac
    printf '%-3s %-18s %4s  %-60.60s  %s -> %s  %s\n' "$number" "$module" "$line" "$text" "$old" "$new" "$verdict"
done <"$output/drawn"
echo "mutation: $caught caught, $survived survived, $equivalent equivalent"
[ $((caught * 100)) -ge $(((caught + survived) * 95)) ]
