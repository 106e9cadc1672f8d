/* simulate.h - for the tests with simulated boards: run a program with boards plugged in, and judge what it said. */
#ifndef STERNA_TESTS_SIMULATE_H
#define STERNA_TESTS_SIMULATE_H

#include "../cli/child.h"

#ifndef SIMULATOR
#define SIMULATOR "build/tests/usb/simulator"
#endif
#ifndef LINK_CLIENT
#define LINK_CLIENT "build/tests/usb/link_client"
#endif

#define simulate(...)                                                                                        \
    child_run(&child, NULL, NULL, false, (const char *const[]){SIMULATOR, __VA_ARGS__, NULL})
#define SELFTEST "--", STERNA_PROGRAM, "selftest", "--json"

static struct child child;

static inline void setup(void)
{
    child_prepare();
}

static inline void teardown(void)
{
    child_clean();
}

/* What the simulator counted under this name. */
static inline unsigned long counted(const char *name)
{
    const char *report = strstr(child.err, "simulator: ");
    ck_assert_msg(report != NULL, "the simulator did not report: %s", child.err);
    const char *found = strstr(report, name);
    ck_assert_msg(found != NULL, "\"%s\" is not in: %s", name, report);
    return strtoul(found + strlen(name), NULL, 10);
}

/* The selftest ended well, and its results were the reference's. */
static inline void passed(void)
{
    ck_assert_msg(child.status == 0, "exit status %d: %s", child.status, child.err);
    ck_assert_has(child.out, "\"steps\":1000");
    ck_assert_has(child.out, "\"mismatches\":0");
    ck_assert_has(child.out, "\"verdict\":\"passed\"");
}

/* It failed with one line that says this. */
static inline void failed_saying(const char *reason)
{
    ck_assert_int_eq(child.status, 1);
    ck_assert_str_eq(child.out, "");
    ck_assert_has(child.err, reason);
    const char *line = strchr(child.err, '\n');
    ck_assert(line && strncmp(line + 1, "simulator: ", 11) == 0);
}

#endif
