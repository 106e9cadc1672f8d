/* main.c - runs the suite of one test file; CK_FORK=no and CK_RUN_CASE=... work as usual (Check's manual).
 *
 * Exit status 77: there was nothing to run, which is no success; scripts/run_tests.sh lists such programs. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_NOT_RUN = 77 };

Suite *sterna_suite(void);

int main(void)
{
    /* For what hangs: a test's seconds by the clock on the wall, which a busy machine makes long. */
    (void)setenv("CK_DEFAULT_TIMEOUT", "600", 0);
    SRunner *runner = srunner_create(sterna_suite());
    srunner_run_all(runner, CK_ENV);
    const int run = srunner_ntests_run(runner), failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (run == 0)
        puts("NOT RUN: no test of this program can run here");
    return run == 0 ? EXIT_NOT_RUN : failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
