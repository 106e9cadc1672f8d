# Sterna: `make help` lists the targets. All output goes under build/.

BUILD    ?= build
CC       ?= cc
CXX      ?= c++
AR       ?= ar
AWK      ?= awk
VERILATOR ?= verilator
PKG_CONFIG ?= pkg-config
ARCH     ?= -march=native
OPT      ?= -O3
SANITIZE ?=
# V=1 shows the commands
V        ?=
Q         = $(if $(V),,@echo "  $(@:$(BUILD)/%=%)";)
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc) --no-print-directory
endif

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Werror
# -ffp-contract=off: a result must not depend on which loops the compiler vectorised. -fno-trapping-math: nobody looks at
# floating-point exception flags, and without it selections (clamps) keep loops from being vectorised. -fno-math-errno: the same for square roots.
CFLAGS  += -std=c11 -D_POSIX_C_SOURCE=200809L $(OPT) -g $(ARCH) -ffp-contract=off -fno-trapping-math -fno-math-errno \
    $(WARNINGS) $(SANITIZE)
CPPFLAGS += -MMD -MP -Ihost/include -Ihost/src -I$(GEN)
LDFLAGS += $(SANITIZE)
LIBS     = $(shell $(PKG_CONFIG) --libs openblas libcjson sndfile fftw3f zlib libusb-1.0) -lstdc++ -lm -lpthread
CPPFLAGS += $(shell $(PKG_CONFIG) --cflags openblas libcjson sndfile fftw3f zlib libusb-1.0)
CHECK_LIBS = $(shell $(PKG_CONFIG) --libs check)

GEN      = $(BUILD)/gen
OBJ      = $(BUILD)/obj
# The targets of --on sim:TARGET, the default first. Large ones take minutes to compile: SIM_TARGETS="up5k ecp5-25f".
SIM_TARGETS ?= up5k
SIM_TOPS = $(addprefix accelerator_,$(subst -,_,$(SIM_TARGETS)))
GENERATED = $(GEN)/protocol.h $(GEN)/tanh_table.h $(GEN)/tanh_rom.vh
RTL      = $(wildcard hw/rtl/*.v hw/rtl/*.vh hw/link/*.v hw/board/*.v) $(GENERATED)

LIB_OBJECTS = $(patsubst %.c,$(OBJ)/%.o,$(wildcard host/src/*.c))
SIM_OBJECTS = $(patsubst %.c,$(OBJ)/%.o,$(wildcard sim/*.c))
CLI_OBJECTS = $(patsubst %.c,$(OBJ)/%.o,$(wildcard host/cli/*.c))
TESTS_HOST = $(patsubst tests/host/%.c,$(BUILD)/tests/host/%,$(wildcard tests/host/test_*.c))
TESTS_RTL  = $(patsubst tests/rtl/%.c,$(BUILD)/tests/rtl/%,$(wildcard tests/rtl/test_*.c))
MODEL_HEADERS = $(patsubst tests/rtl/test_%.c,$(BUILD)/verilated/%/model.h,$(wildcard tests/rtl/test_*.c)) \
    $(SIM_TOPS:%=$(BUILD)/verilated/%/model.h)
TESTS_LINK = $(patsubst tests/link/%.c,$(BUILD)/tests/link/%,$(wildcard tests/link/test_*.c))
TESTS_USB  = $(patsubst tests/usb/%.c,$(BUILD)/tests/usb/%,$(wildcard tests/usb/test_*.c))
FUZZERS    = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
TESTS_CLI  = $(patsubst tests/cli/%.c,$(BUILD)/tests/cli/%,$(wildcard tests/cli/test_*.c))

.PHONY: all help
.DELETE_ON_ERROR:
.SECONDARY:
all: $(BUILD)/sterna ## build everything; the program is build/sterna

help: ## this list
	@$(AWK) -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- what a user calls -----------------------------------------------------------------------------------------

.PHONY: demo test setup clean
setup: ## install every package that any target needs
	scripts/setup.sh

demo: ## train, quantize, and let the simulated chip write: at most 5 minutes
	@DEMO_BEGUN=$$(date +%s) && export DEMO_BEGUN && scripts/setup.sh build data && $(MAKE) all && scripts/demo.sh

test: ## install what is missing and run every test
	scripts/setup.sh build data test synth lint
	$(MAKE) lint formal no-multiplier
	$(MAKE) test-sanitize
	$(MAKE) fuzz FUZZ_SECONDS=10
	$(MAKE) check test-random

.PHONY: check test-host test-rtl test-link test-cli test-usb test-sanitize
check: $(TESTS_HOST) $(TESTS_RTL) $(TESTS_LINK) $(TESTS_CLI) $(TESTS_USB) $(BUILD)/sterna ## the tests in Check: all of the next five
test-host: $(TESTS_HOST) ## one test per host source file
test-rtl: $(TESTS_RTL) ## each RTL module against its C counterpart
test-link: $(TESTS_LINK) ## the link contract over every back end
test-cli: $(TESTS_CLI) $(BUILD)/sterna ## the program as a user calls it
test-usb: $(TESTS_USB) $(BUILD)/sterna ## the program against simulated boards, fault by fault; ends in "N passed, N failed"
	@scripts/count_tests.sh $(TESTS_USB)
check test-host test-rtl test-link test-cli:
	@scripts/run_tests.sh $(filter $(BUILD)/tests/%,$^)

.PHONY: test-qemu
test-qemu: ## the program on Linux's own USB, in a virtual machine; optional: says so and skips without its packages
	scripts/test_qemu.sh

test-sanitize: ## the host tests under AddressSanitizer and UndefinedBehaviorSanitizer
	CK_FORK=no $(MAKE) test-host $(SANITIZED)

# Linked so that the sanitizer needs not be the first library: the tests with simulated boards put another one there.
SANITIZED = BUILD=$(BUILD)/sanitize OPT=-O1 ARCH= \
    SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all $(if $(findstring clang,$(CC)),,-static-libasan)"
.PHONY: sanitized-program
sanitized-program:
	@$(MAKE) $(SANITIZED) $(BUILD)/sanitize/sterna
$(BUILD)/sanitize/sterna: sanitized-program ;

.PHONY: test-neon
CROSS_CC ?= aarch64-linux-gnu-gcc
QEMU     ?= qemu-aarch64
NEON_TESTS = fast_kernel fast_matrix fast_gates fast_portable fast_neon
NEON_SOURCES = $(patsubst %,host/src/%.c,fast_kernel fast_matrix fast_portable fast_neon fast_gates fixed buffer error)
test-neon: $(NEON_TESTS:%=$(BUILD)/tests/cross/%) ## the NEON kernel, on a processor that qemu-user emulates
	@for test in $^; do printf '%s: ' "$${test##*/}"; $(QEMU) "$$test" || exit 1; done
$(BUILD)/tests/cross/%: tests/host/test_%.c tests/cross/check.h tests/host/kernel_check.h $(NEON_SOURCES) | $(GENERATED)
	@mkdir -p $(@D)
	$(Q)$(CROSS_CC) -std=c11 -D_POSIX_C_SOURCE=200809L -O2 $(WARNINGS) -static -Itests/cross -Ihost/include -Ihost/src -I$(GEN) \
	    -o $@ $(filter %.c,$^) -lm

.PHONY: coverage mutation
COVERED ?= $(TESTS_RTL:$(BUILD)/tests/rtl/test_%=%)
coverage: $(GENERATED) ## lines of the Verilog that tests/rtl runs, by module; fails below 95 %
	@$(MAKE) $(COVERED:%=$(BUILD)/coverage/tests/rtl/test_%) BUILD=$(BUILD)/coverage LINES=1 VERILATED_OPT=-O1
	@scripts/coverage.sh $(BUILD)/coverage $(COVERED)
MUTANTS ?= 60
MUTATED = builder_lane table_builder table_lookup adder_tree psum_memory row_streamer block_walker gate_schedule tile_queue gate_arithmetic \
    shift_add_product sigmoid_tanh row_sender lane_memory weight_memory memory_port sequencer layer_header
mutation: $(patsubst %,$(OBJ)/tests/rtl/test_%.o,$(MUTATED) network $(VARIANTS)) $(OBJ)/tests/main.o $(BUILD)/libsterna.a $(BUILD)/verilated/runtime.a ## MUTANTS=60 SEED=1: wrong operators in the datapath; 95 % must be noticed
	@$(foreach v,$(VARIANTS),MODULE_$(v)=$(MODULE_$(v)) G_$(v)="$(G_$(v))") VARIANTS="$(VARIANTS)" \
	    MUTANTS=$(MUTANTS) SEED=$(SEED) scripts/mutation.sh $(MUTATED)

.PHONY: test-random test-million test-nightly test-netlist
STEPS ?= 5000
SEED ?= 1
RANDOM_STEPS = $(BUILD)/tests/random/test_random_steps
test-random: $(RANDOM_STEPS) ## STEPS=5000 SEED=1: random steps of every cell and format, engine against fixed.c
	@STEPS=$(STEPS) SEED=$(SEED) $<
test-million: ## the same, one million steps each: hours
	@$(MAKE) test-random STEPS=1000000
test-nightly: ## the same, ten million each: a night of several cores
	@$(MAKE) test-random STEPS=10000000
test-netlist: $(BUILD)/tests/netlist/test_netlist ## a layer of each cell on the netlist that yosys maps to iCE40 cells
	@$<

.PHONY: fuzz fuzzers
CLANG ?= clang
fuzz: ## feed replies and model files of chance to the host, 10 minutes; FUZZ_SECONDS=...
	@$(MAKE) fuzzers BUILD=$(BUILD)/fuzz CC="$(CLANG)" OPT=-O1 ARCH= \
	    SANITIZE="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all"
	@scripts/fuzz.sh $(FUZZERS:$(BUILD)/%=$(BUILD)/fuzz/%)
fuzzers: $(FUZZERS)

.PHONY: install-udev
RULES    ?= /etc/udev/rules.d
install-udev: ## as root: let whoever sits at the machine use the boards
	install -D -m 644 host/udev/70-sterna.rules $(DESTDIR)$(RULES)/70-sterna.rules
	-[ -n "$(DESTDIR)" ] || { udevadm control --reload && udevadm trigger --subsystem-match=usb; }

clean: ## remove build/
	rm -rf $(BUILD)

# ---- the hardware ----------------------------------------------------------------------------------------------

.PHONY: lint formal no-multiplier synth synth-readme
TARGET ?=
lint: $(GENERATED) $(GEN)/sim_targets.h $(MODEL_HEADERS) ## verilator, iverilog, clang-format, clang-tidy, cppcheck, shellcheck
	scripts/lint.sh
formal: $(GENERATED) ## prove what must never happen: streams, order, recovery, repetition, addresses
	scripts/formal.sh
no-multiplier: $(GENERATED) ## no multiply cell, no DSP
	scripts/no_multiplier.sh
synth: $(GENERATED) ## synthesise, place and route every target, or TARGET=...; one table, and build/synth/
	scripts/synth.sh $(TARGET)
synth-readme: ## write that table into README.md
	scripts/synth_table.sh README.md

.PHONY: boards bitstream flash
BOARD ?=
boards: ## the boards, and what was routed here
	@scripts/boards.sh list
bitstream: $(GENERATED) ## BOARD=...: synthesise, place, route, pack; writes build/board/
	@scripts/boards.sh bitstream "$(BOARD)"
flash: $(GENERATED) ## BOARD=...: write the bitstream to the board
	@scripts/boards.sh flash "$(BOARD)"

# ---- generated headers -----------------------------------------------------------------------------------------

$(GEN)/protocol.h: hw/rtl/protocol.vh scripts/constants.awk
	@mkdir -p $(@D)
	$(Q)$(AWK) -f scripts/constants.awk $< > $@
$(GEN)/tanh_table.h: scripts/tanh_rom.awk
	@mkdir -p $(@D)
	$(Q)$(AWK) -v language=c -f $< > $@
$(GEN)/tanh_rom.vh: scripts/tanh_rom.awk
	@mkdir -p $(@D)
	$(Q)$(AWK) -v language=verilog -f $< > $@

# Written only if it changes: which tops sim/ links.
$(GEN)/sim_targets.h: FORCE
	@mkdir -p $(@D)
	@{ for top in $(SIM_TOPS); do echo "#include \"$${top}_model.h\""; done; echo '#define SIM_TARGETS \'; \
	    for target in $(SIM_TARGETS); do echo "    TARGET($$(echo $$target | tr - _), \"$$target\") \\"; done; echo; } > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
.PHONY: FORCE

# ---- C ---------------------------------------------------------------------------------------------------------

$(OBJ)/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(CPPFLAGS) $(EXTRA) -c -o $@ $<
$(OBJ)/sim/%.o: EXTRA = $(SIM_TOPS:%=-I$(BUILD)/verilated/%)
$(SIM_OBJECTS): $(SIM_TOPS:%=$(BUILD)/verilated/%/model.h) $(GEN)/sim_targets.h
$(OBJ)/tests/cli/%.o: EXTRA = -DSTERNA_PROGRAM='"$(BUILD)/sterna"'

$(BUILD)/libsterna.a: $(LIB_OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $^

# The library without devices is all that most programs need; the simulated device brings the Verilated model.
SIM_LINK = $(SIM_OBJECTS) $(SIM_TOPS:%=$(BUILD)/verilated/%/model.a) $(BUILD)/verilated/runtime.a

$(BUILD)/sterna: $(CLI_OBJECTS) $(BUILD)/libsterna.a $(SIM_LINK)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(CLI_OBJECTS) -Wl,--start-group $(BUILD)/libsterna.a $(SIM_LINK) -Wl,--end-group $(LIBS)

# ---- Verilator: generated C++ and the C face of it (scripts/verilator_shim.awk) -----------------------------------

VERILATE = $(VERILATOR) --cc -Wall -O3 --x-assign fast --x-initial fast --noassert -y hw/rtl -y hw/link -y hw/board -Ihw/rtl -I$(GEN) \
    hw/lint.vlt
VERILATED_OPT ?= -O3 $(ARCH)
# LINES=1 builds models that count which lines were run (make coverage)
LINES ?=
ifneq ($(LINES),)
VERILATE += --coverage-line
endif
VERILATOR_ROOT = $(shell $(VERILATOR) --getenv VERILATOR_ROOT)
VERILATED_FLAGS = -std=c++17 -I$(VERILATOR_ROOT)/include -I$(VERILATOR_ROOT)/include/vltstd -DVM_COVERAGE=$(if $(LINES),1,0) -DVM_SC=0 \
    -DVM_TRACE=0

$(BUILD)/verilated/runtime.a:
	@mkdir -p $(@D)
	$(Q)cd $(@D) && $(CXX) $(VERILATED_FLAGS) $(VERILATED_OPT) -c $(VERILATOR_ROOT)/include/verilated.cpp \
	    $(VERILATOR_ROOT)/include/verilated_threads.cpp $(if $(LINES),$(VERILATOR_ROOT)/include/verilated_cov.cpp)
	@$(AR) rcs $@ $(@D)/verilated*.o

# A module of other parameters, or another test of it, under a name of its own.
MODULE_command_ahead = command
MODULE_network_streams = network
G_network_streams = -GTABLES=16 -GSTREAMS=3 -GENTRIES=16 -GTABLE_W=14 -GTABLE_BANKS=1 -GPSUM_W=20 -GWEIGHT_WORDS=2048 \
    -GACTIVATION_WORDS=64
MODULE_memory_port_slices = memory_port
G_memory_port_slices = -GLANES=16 -GSLICES=3 -GWEIGHT_W=10 -GACTIVATION_W=16
VARIANTS = network_streams memory_port_slices

# Verilate and write the C face: V<top>.h and sources, <top>_model.h, <top>_shim.cpp
# Into an empty folder: what an older Verilog was cut into must not be compiled with it.
$(BUILD)/verilated/%/model.h: $(RTL) scripts/verilator_shim.awk
	@rm -rf $(@D)
	@mkdir -p $(@D)
	$(Q)$(VERILATE) $(G_$*) --prefix V$* --Mdir $(@D) --top-module $(or $(MODULE_$*),$*) $(or $(MODULE_$*),$*)
	@$(AWK) -v top=$* -v part=header -f scripts/verilator_shim.awk $(@D)/V$*.h > $(@D)/$*_model.h
	@$(AWK) -v top=$* -v part=shim -f scripts/verilator_shim.awk $(@D)/V$*.h > $(@D)/$*_shim.cpp
	@touch $@
$(BUILD)/verilated/%/model.a: $(BUILD)/verilated/%/model.h
	@cat $(@D)/V$**.cpp $(@D)/$*_shim.cpp > $(@D)/model_all.cpp
	$(Q)cd $(@D) && $(CXX) $(VERILATED_FLAGS) $(VERILATED_OPT) -I. -c -o model.o model_all.cpp
	@rm -f $@
	@$(AR) rcs $@ $(@D)/model.o

# ---- tests: one program per file, all with tests/main.c -----------------------------------------------------------

TEST_LINK = $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(CHECK_LIBS) $(LIBS)

$(TESTS_HOST): $(BUILD)/tests/host/%: $(OBJ)/tests/host/%.o $(OBJ)/tests/main.o $(BUILD)/libsterna.a
	@mkdir -p $(@D)
	$(Q)$(TEST_LINK)
$(TESTS_CLI): $(BUILD)/tests/cli/%: $(OBJ)/tests/cli/%.o $(OBJ)/tests/main.o $(BUILD)/libsterna.a
	@mkdir -p $(@D)
	$(Q)$(TEST_LINK)
$(TESTS_LINK): $(BUILD)/tests/link/%: $(OBJ)/tests/link/%.o $(OBJ)/tests/main.o $(BUILD)/libsterna.a $(SIM_LINK)
	@mkdir -p $(@D)
	$(Q)$(TEST_LINK)
$(BUILD)/tests/usb/test_usb_sanitized: | $(BUILD)/sanitize/sterna
$(FUZZERS): $(BUILD)/tests/fuzz/%: $(OBJ)/tests/fuzz/%.o $(BUILD)/libsterna.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)
# The simulated boards are a process of their own, in which umockdev lives.
USB_PROGRAMS = $(BUILD)/tests/usb/simulator $(BUILD)/tests/usb/link_client
$(OBJ)/tests/usb/%.o: EXTRA = $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags umockdev-1.0 libftdi1)) \
    -DSTERNA_PROGRAM='"$(BUILD)/sterna"' -DSANITIZED_PROGRAM='"$(BUILD)/sanitize/sterna"' -DSIMULATOR='"$(BUILD)/tests/usb/simulator"' \
    -DLINK_CLIENT='"$(BUILD)/tests/usb/link_client"'
$(TESTS_USB): $(BUILD)/tests/usb/%: $(OBJ)/tests/usb/%.o $(OBJ)/tests/main.o $(BUILD)/libsterna.a | $(USB_PROGRAMS) $(BUILD)/sterna
	@mkdir -p $(@D)
	$(Q)$(TEST_LINK) $(if $(findstring ftdi,$@),$(shell $(PKG_CONFIG) --libs libftdi1))
$(OBJ)/tests/usb/usb_wire.o: EXTRA += -I$(BUILD)/verilated/usb_small
$(OBJ)/tests/usb/usb_wire.o: $(BUILD)/verilated/usb_small/model.h
$(BUILD)/tests/usb/simulator: $(OBJ)/tests/usb/simulator.o $(patsubst %.c,$(OBJ)/%.o,$(wildcard tests/usb/usb_*.c)) \
    $(BUILD)/libsterna.a $(SIM_LINK) $(BUILD)/verilated/usb_small/model.a
	@mkdir -p $(@D)
	$(Q)$(TEST_LINK) $(shell $(PKG_CONFIG) --libs umockdev-1.0)
$(BUILD)/tests/usb/link_client: $(OBJ)/tests/usb/link_client.o $(BUILD)/libsterna.a
	@mkdir -p $(@D)
	$(Q)$(TEST_LINK)
# A simulated board for a virtual machine; needs libusbredirparser, which only test-qemu asks for.
$(OBJ)/tests/qemu/%.o: EXTRA = $(shell $(PKG_CONFIG) --cflags libusbredirparser-0.5)
$(BUILD)/tests/qemu/redirect: $(OBJ)/tests/qemu/redirect.o $(patsubst %,$(OBJ)/tests/usb/usb_%.o,device fault wire) \
    $(BUILD)/libsterna.a $(SIM_LINK) $(BUILD)/verilated/usb_small/model.a
	@mkdir -p $(@D)
	$(Q)$(TEST_LINK) $(shell $(PKG_CONFIG) --libs libusbredirparser-0.5)
$(TESTS_RTL): $(BUILD)/tests/rtl/test_%: $(BUILD)/verilated/%/model.a $(OBJ)/tests/rtl/test_%.o $(OBJ)/tests/main.o \
    $(BUILD)/libsterna.a $(BUILD)/verilated/runtime.a
	@mkdir -p $(@D)
	$(Q)$(TEST_LINK)
$(OBJ)/tests/rtl/test_%.o: EXTRA = -I$(BUILD)/verilated/$*
$(OBJ)/tests/rtl/test_%.o: tests/rtl/test_%.c $(BUILD)/verilated/%/model.h | $(GENERATED)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(CPPFLAGS) $(EXTRA) -c -o $@ $<

# Random steps: the same model of network.v as its module test's.
$(OBJ)/tests/random/%.o: EXTRA = -I$(BUILD)/verilated/network
$(OBJ)/tests/random/%.o: tests/random/%.c $(BUILD)/verilated/network/model.h | $(GENERATED)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(CPPFLAGS) $(EXTRA) -c -o $@ $<
$(BUILD)/tests/random/%: $(BUILD)/verilated/network/model.a $(OBJ)/tests/random/%.o $(OBJ)/tests/main.o \
    $(BUILD)/libsterna.a $(BUILD)/verilated/runtime.a
	@mkdir -p $(@D)
	$(Q)$(TEST_LINK)

# The netlist of network.v in iCE40 cells, behind the same C face.
NETLIST = $(BUILD)/netlist/network
ICE40_CELLS = $(dir $(shell command -v yosys))../share/yosys/ice40/cells_sim.v
$(NETLIST)/network.v: $(RTL)
	@mkdir -p $(@D)
	$(Q)yosys -q -l $(@D)/yosys.log -p "read_verilog -Ihw/rtl -I$(GEN) $(wildcard hw/rtl/*.v); synth_ice40 -device u -spram -top network; \
	    write_verilog -noattr $@" >/dev/null 2>&1
$(NETLIST)/model.h: $(NETLIST)/network.v scripts/verilator_shim.awk
	$(Q)$(VERILATOR) --cc -Wno-fatal -Wno-lint -Wno-style -O3 --x-assign 0 --x-initial 0 --noassert --bbox-unsup -DNO_ICE40_DEFAULT_ASSIGNMENTS \
	    --Mdir $(@D) --top-module network $< $(ICE40_CELLS) >$(@D)/verilator.log 2>&1
	@$(AWK) -v top=network -v part=header -f scripts/verilator_shim.awk $(@D)/Vnetwork.h > $(@D)/network_model.h
	@$(AWK) -v top=network -v part=shim -f scripts/verilator_shim.awk $(@D)/Vnetwork.h > $(@D)/network_shim.cpp
	@touch $@
$(NETLIST)/model.a: $(NETLIST)/model.h
	@cat $(@D)/Vnetwork*.cpp $(@D)/network_shim.cpp > $(@D)/model_all.cpp
	$(Q)cd $(@D) && $(CXX) $(VERILATED_FLAGS) -O1 -I. -c -o model.o model_all.cpp
	@rm -f $@
	@$(AR) rcs $@ $(@D)/model.o
$(OBJ)/tests/netlist/%.o: EXTRA = -I$(NETLIST)
$(OBJ)/tests/netlist/%.o: tests/netlist/%.c $(NETLIST)/model.h | $(GENERATED)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(CPPFLAGS) $(EXTRA) -c -o $@ $<
$(BUILD)/tests/netlist/%: $(NETLIST)/model.a $(OBJ)/tests/netlist/%.o $(OBJ)/tests/main.o $(BUILD)/libsterna.a \
    $(BUILD)/verilated/runtime.a
	@mkdir -p $(@D)
	$(Q)$(TEST_LINK)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
