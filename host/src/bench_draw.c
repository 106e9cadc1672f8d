/* bench_draw.c - sterna_bench_draw (sterna_bench.h). */
#include "sterna.h"

unsigned sterna_bench_draw(uint64_t *random, unsigned range)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((*random >> 33) % range);
}
