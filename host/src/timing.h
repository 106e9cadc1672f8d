/* timing.h - how many cycles a device takes for a time step, without one: the engine's schedule, block by block.
 *
 * Follows hw/rtl: tables are built one block ahead of the rows that use them, a tile's gates run under the rows of the
 * next. `sterna bench engine` puts it beside the counters of the simulated device.
 */
#ifndef STERNA_TIMING_H
#define STERNA_TIMING_H

#include "layout.h"

/* Where a step's cycles go, one of many in a row; they add up to cycles. */
struct sterna_timing {
    uint64_t cycles; /* from the start of a step to the start of the next, if its input is there by then */
    uint64_t streaming;
    uint64_t output;     /* of streaming, the output layer's */
    uint64_t build_wait; /* no row, because tables are being built */
    uint64_t gate_wait;  /* no row, because gates or the results before are waited for */
    uint64_t gap;        /* headers and starts */
    uint64_t input_free; /* of these cycles, those before the next step's input may be written */
};

/* The sections of a step, or of one layer, in their order, on such a device. */
void sterna_timing_sections(const struct sterna_geometry *geometry,
                            const struct sterna_layout_section *section, size_t sections,
                            struct sterna_timing *timing);

#endif
