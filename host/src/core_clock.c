#include "core_clock.h"

#include <math.h>
#include <stdint.h>

#include "clock.h"

enum { ROUNDS = 3000, CHAIN = 8 };

#if defined(__x86_64__)
#define ADD "add %1, %0\n\t"
#elif defined(__aarch64__)
#define ADD "add %0, %0, %1\n\t"
#endif

double sterna_core_clock(void)
{
#if defined(ADD)
    const uint64_t one =
        1; /* in a register: some processors take constants out of the chain, and add several in a cycle */
    uint64_t sum = 0;
    const double begun = sterna_clock_seconds();
    for (int i = 0; i < ROUNDS; i++)
        __asm__ volatile(ADD ADD ADD ADD ADD ADD ADD ADD : "+r"(sum) : "r"(one) : "cc");
    return (double)sum / (1e9 * (sterna_clock_seconds() - begun));
#else
    return NAN;
#endif
}
