#!/bin/sh
# test_qemu.sh - the program on a real Linux USB stack: Debian's kernel in QEMU, two simulated boards on its USB. `make test-qemu` calls it.
#
# The boards (tests/qemu/redirect.c) have the Verilated accelerator in them: one is the vendor interface at full speed, the
# other a serial chip at high speed, which the kernel's own driver ftdi_sio has taken before the program wants it.
# Without the packages of section [qemu] of packages.txt, or the kernel: says so, exit status 0. Ends in "N passed, N failed".
set -eu
cd "$(dirname "$0")/.."

build=build/qemu
patience=${PATIENCE:-900} # seconds for the machine: it is emulated

skip() {
    echo "test-qemu: skipped: $*; scripts/setup.sh qemu installs what Debian has"
    exit 0
}

for tool in qemu-system-x86_64 busybox cpio dpkg-deb apt-get; do
    command -v "$tool" >/dev/null || skip "there is no $tool"
done
pkg-config --exists libusbredirparser-0.5 || skip "there is no libusbredirparser"

# ---- the kernel, unpacked, not installed -----------------------------------------------------------------------
package=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends:/ { print $2; exit }')
[ -n "$package" ] || skip "apt knows no linux-image-amd64 (apt-get update?)"
mkdir -p "$build/kernel"
if ! [ -e "$build/kernel/boot/vmlinuz-${package#linux-image-}" ]; then
    (cd "$build/kernel" && apt-get -qq download "$package" 2>/dev/null) || skip "$package cannot be downloaded"
    dpkg-deb -x "$build/kernel/$package"_*.deb "$build/kernel"
    rm "$build/kernel/$package"_*.deb
fi
version=${package#linux-image-}

# ---- the program, for any x86-64: an emulated processor has few extensions ---------------------------------------
make build/tests/qemu/redirect
make BUILD="$build/host" ARCH= "$build/host/sterna"

# ---- the machine's file system -----------------------------------------------------------------------------------
root=$build/root
rm -rf "$root"
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/modules"
cp "$(command -v busybox)" "$root/bin/busybox"
cp "$build/host/sterna" "$root/bin/sterna"
ldd "$build/host/sterna" | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^\//) print $i }' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done
modules=$build/kernel/lib/modules/$version/kernel/drivers/usb
for module in common/usb-common core/usbcore host/xhci-hcd host/xhci-pci serial/usbserial serial/ftdi_sio; do
    cp "$modules/$module.ko" "$root/modules/"
done
cp tests/qemu/init "$root/init"
chmod 755 "$root/init"
(cd "$root" && find . | cpio -o -H newc 2>/dev/null) | gzip -1 >"$build/initramfs"

# ---- run --------------------------------------------------------------------------------------------------------
log=$build/console.log
rm -f "$build/vendor.socket" "$build/serial.socket"
build/tests/qemu/redirect vendor QEMU0001 sim "$build/vendor.socket" &
vendor=$!
build/tests/qemu/redirect ftdi QEMU0002 sim "$build/serial.socket" &
serial=$!
trap 'kill "$vendor" "$serial" 2>/dev/null || :' EXIT
trap 'exit 1' INT TERM
while [ ! -S "$build/vendor.socket" ] || [ ! -S "$build/serial.socket" ]; do
    kill -0 "$vendor" && kill -0 "$serial" || exit 1
    sleep 0.1
done
echo "test-qemu: $package, console in $log"
timeout "$patience" qemu-system-x86_64 -accel tcg -cpu max -m 1024 -nodefaults -no-reboot -display none \
    -kernel "$build/kernel/boot/vmlinuz-$version" -initrd "$build/initramfs" -append "console=ttyS0 panic=-1" \
    -serial "file:$log" -device qemu-xhci \
    -chardev "socket,id=vendor,path=$build/vendor.socket" -device usb-redir,chardev=vendor \
    -chardev "socket,id=serial,path=$build/serial.socket" -device usb-redir,chardev=serial ||
    echo "test-qemu: the machine did not end by itself in $patience s" >&2
grep -a '^test-qemu:' "$log" || :
passed=$(grep -ac '^test-qemu: passed' "$log" || :)
expected=$(grep -c '^claim ' tests/qemu/init)
echo "$passed passed, $((expected - passed)) failed"
[ "$passed" -eq "$expected" ]
