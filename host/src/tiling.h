/* tiling.h - cuts a layer into sections: how many units a tile has, and how many weights a byte.
 */
#ifndef STERNA_TILING_H
#define STERNA_TILING_H

#include "layout.h"

/* Sections of a layer: kind, layer, gates, fresh and the parts' matrices are given in `whole`, and its unit count; writes at most
 * STERNA_LAYOUT_SECTIONS of them, with tiles, elements, blocks and program_bytes, to section[] and returns how many.
 *
 * The fastest by timing.h's model; smallest: with the most weights to the byte, whatever that takes. */
size_t sterna_tiling_choose(const struct sterna_layout_section *whole, size_t units,
                            const struct sterna_geometry *geometry, bool smallest,
                            struct sterna_layout_section *section);

#endif
