/* check.h - as much of Check as the tests of kernels use, for other processors' programs, for which Debian has no libcheck here: `make
 * test-neon` finds it in Check's place. Tests run in one process; the first claim that fails ends it. */
#ifndef STERNA_CROSS_CHECK_H
#define STERNA_CROSS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CROSS_TESTS = 32 };

typedef struct {
    const char *name[CROSS_TESTS];
    void (*run[CROSS_TESTS])(int);
    int from[CROSS_TESTS], to[CROSS_TESTS], count;
} TCase;
typedef TCase Suite;

static TCase cross_case;

#define START_TEST(claim) static void claim(int _i __attribute__((unused)))
#define END_TEST
#define suite_create(name)                            ((void)(name), &cross_case)
#define tcase_create(name)                            ((void)(name), &cross_case)
#define suite_add_tcase(suite, tests)                 ((void)(suite), (void)(tests))
#define tcase_add_loop_test(tests, claim, first, end) cross_add(tests, #claim, claim, first, end)
#define tcase_add_test(tests, claim)                  cross_add(tests, #claim, claim, 0, 1)

static inline void cross_add(TCase *tests, const char *name, void (*run)(int), int from, int to)
{
    const int i = tests->count++;
    if (i >= CROSS_TESTS)
        abort();
    tests->name[i] = name;
    tests->run[i] = run;
    tests->from[i] = from;
    tests->to[i] = to;
}

#define ck_assert_msg(claim, ...)                                                                            \
    ((claim) ? (void)0 : (printf("%s:%d: ", __FILE__, __LINE__), printf(__VA_ARGS__), puts(""), exit(1)))
#define ck_assert(claim)             ck_assert_msg(claim, "%s", #claim)
#define ck_assert_int_eq(a, b)       ck_assert_msg((a) == (b), "%s is not %s", #a, #b)
#define ck_assert_uint_eq(a, b)      ck_assert_int_eq(a, b)
#define ck_assert_uint_le(a, b)      ck_assert((a) <= (b))
#define ck_assert_uint_ge(a, b)      ck_assert((a) >= (b))
#define ck_assert_ptr_eq(a, b)       ck_assert((a) == (b))
#define ck_assert_ptr_nonnull(a)     ck_assert((a) != NULL)
#define ck_assert_str_eq(a, b)       ck_assert(strcmp(a, b) == 0)
#define ck_assert_mem_eq(a, b, size) ck_assert(memcmp(a, b, size) == 0)

Suite *sterna_suite(void);

int main(void)
{
    const Suite *suite = sterna_suite();
    int run = 0;
    for (int i = 0; i < suite->count; i++)
        for (int k = suite->from[i]; k < suite->to[i]; k++, run++)
            suite->run[i](k);
    printf("%d passed, 0 failed\n", run);
    return 0;
}

#endif
