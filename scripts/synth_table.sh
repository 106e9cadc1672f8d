#!/bin/sh
# synth_table.sh [FILE] - the table of build/synth/*.json, or, with a FILE, that table between its markers
#
#   <!-- synth: written by make synth-readme -->  ...  <!-- /synth -->
set -eu
cd "$(dirname "$0")/.."

# table SEPARATOR - a row per target, the smallest first.
table() {
    cat build/synth/*.json 2>/dev/null | awk '
        # value KEY - what the object at hand has there, without its quotes.
        function value(key, found) {
            if (!match(object, "\"" key "\": (\\[[^]]*\\]|\"[^\"]*\"|[^,}]*)"))
                return ""
            found = substr(object, RSTART + length(key) + 4, RLENGTH - length(key) - 4)
            gsub(/[][" ]/, "", found)
            return found
        }
        function speed(list, n, i, least, most) {
            if (value("routed") != "true")
                return "not routed"
            n = split(value("fmax_mhz"), list, ",")
            least = most = list[1]
            for (i = 2; i <= n; i++) {
                if (list[i] + 0 < least + 0) least = list[i]
                if (list[i] + 0 > most + 0) most = list[i]
            }
            return n == 1 ? sprintf("%.1f (1 seed)", least) : sprintf("%.1f-%.1f (%d seeds)", least, most, n)
        }
        BEGIN {
            print "| target | logic cells | block RAMs | SPRAMs | DSPs | MHz | binary | ternary | pow2 | int4 | int8 | by |"
            print "|---|---|---|---|---|---|---|---|---|---|---|---|"
        }
        { object = object $0 }
        /}}$/ {
            printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", value("target"), value("logic_cells"), value("block_rams"), value("sprams"),
                value("dsps"), speed(), value("binary"), value("ternary"), value("pow2"), value("int4"), value("int8"), value("tool")
            object = ""
        }'
}

if [ $# -eq 0 ]; then
    table
    exit 0
fi
table >build/synth/table.md
awk '
    /<!-- synth:/ { print; while ((getline line < "build/synth/table.md") > 0) print line; inside = 1; seen = 1 }
    /<!-- \/synth -->/ { inside = 0 }
    !inside && !/<!-- synth:/
    END { exit !seen }' "$1" >build/synth/written.md || {
    echo "synth_table: $1 has no line <!-- synth: ... -->" >&2
    exit 1
}
cp build/synth/written.md "$1"
