/* fast_kernel.h - matrix times vector, exactly, with whatever vector instructions the processor has. */
#ifndef STERNA_FAST_KERNEL_H
#define STERNA_FAST_KERNEL_H

#include "fast_matrix.h"

struct sterna_fast_kernel {
    const char *name;
    size_t lanes;
    unsigned layouts;   /* that multiply takes: 1 << STERNA_FAST_..., bytes among them */
    bool (*runs)(void); /* on this processor */
    /* sums [sterna_fast_sums] = start + the matrix's fields (bits: doubled) times x [sterna_fast_inputs], which is within
     * +-127. x and sums are aligned to 64 bytes. */
    void (*multiply)(const struct sterna_fast_matrix *matrix, const int8_t *x, int32_t start, int32_t *sums);
    /* The instructions behind multiply on registers alone, `rounds` times: returns how many products that were. NULL: not known. */
    size_t (*peak)(size_t rounds);
};

enum { STERNA_FAST_ANY = (1 << STERNA_FAST_LAYOUTS) - 1 };

extern const struct sterna_fast_kernel sterna_fast_portable;
#if defined(__x86_64__)
extern const struct sterna_fast_kernel sterna_fast_avx2, sterna_fast_vnni;
#elif defined(__aarch64__)
extern const struct sterna_fast_kernel sterna_fast_neon;
#endif

/* All that this program has, fastest first, ending in sterna_fast_portable and NULL. */
extern const struct sterna_fast_kernel *const sterna_fast_kernels[];
/* The first that runs here and agrees with the portable one. */
const struct sterna_fast_kernel *sterna_fast_kernel_best(void);
/* Whether the kernel, which runs here, computes what the portable one does, on a matrix of each layout. */
bool sterna_fast_kernel_agrees(const struct sterna_fast_kernel *kernel);
/* sums [sterna_fast_sums] = the codes times x, as above; those beyond the matrix's rows mean nothing. */
void sterna_fast_multiply(const struct sterna_fast_kernel *kernel, const struct sterna_fast_matrix *matrix,
                          const int8_t *x, int32_t *sums);

#endif
