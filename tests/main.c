/* main.c - runs the suite of one test file; CK_FORK=no and CK_RUN_CASE=... work as usual (Check's manual). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

Suite *sterna_suite(void);

int main(void)
{
    SRunner *runner = srunner_create(sterna_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
