/* sterna.h - the public interface of libsterna: the only header a program needs (the command line sees no other).
 *
 *   text -> train -> checkpoint -> quantize -> model -> device (pack, load, step) -> sums -> logits
 *
 * Conventions. What can fail returns enum sterna_status, STERNA_OK = 0, and is marked must-check; on failure the outputs are
 * untouched and *error (may be NULL) holds one line for people: what, where, why, what to do. The library never prints and
 * never exits. Matrices are row-major; shapes are given as [rows, columns]. What an _open, _load or _new allocates, its _close or
 * _free releases; both accept a zeroed struct.
 */
#ifndef STERNA_H
#define STERNA_H

#include "sterna_base.h"
#include "sterna_bench.h"
#include "sterna_data.h"
#include "sterna_device.h"
#include "sterna_train.h"

#endif
