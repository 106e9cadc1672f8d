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
};

/* The sections of a step, or of one layer, in their order, on an idle device whose input is there. */
void sterna_timing_sections(const struct sterna_geometry *geometry,
                            const struct sterna_layout_section *section, size_t sections,
                            struct sterna_timing *timing);

/* Steps that a request has room for, by its inputs and by its results. */
size_t sterna_timing_request_steps(const struct sterna_model *model, const struct sterna_geometry *geometry,
                                   size_t outputs);
/* All cycles of a request of so many steps, as the device counts them: its first input is written before any step, the others under the step
 * before as far as that lets them, and its last results leave after all. */
void sterna_timing_request(const struct sterna_model *model, const struct sterna_geometry *geometry,
                           const struct sterna_layout *layout, size_t steps, struct sterna_timing *timing);

#endif
