/* test_study_claim.c - of all who want a run, one has it; the dead do not keep it. */
#include "file.h"
#include "scratch.h"
#include "study_claim.h"

#include <signal.h>
#include <sys/wait.h>

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static char path[SCRATCH_PATH], holder[STERNA_CLAIM_SIZE], host[65];

static void set_up(void)
{
    scratch_open(&scratch);
    scratch_path(&scratch, "claim", path);
    ck_assert_int_eq(gethostname(host, sizeof host), 0);
}

static void tear_down(void)
{
    scratch_close(&scratch);
}

static bool take(bool steal)
{
    bool taken = false;
    const enum sterna_status status = sterna_claim_take(path, steal, &taken, holder, &error);
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
    return taken;
}

static void write_claim(const char *text)
{
    ck_assert_int_eq(sterna_file_write(path, text, strlen(text), &error), STERNA_OK);
}

/* The number of a process that has just ended. */
static long dead_process(void)
{
    const pid_t child = fork();
    if (child == 0)
        _exit(0);
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    return (long)child;
}

START_TEST(second_is_told_who_was_first)
{
    char self[64];
    ck_assert(!sterna_claim_held(path, holder));
    ck_assert(take(false));
    ck_assert(!take(false));
    (void)snprintf(self, sizeof self, "process %ld, since 2", (long)getpid());
    ck_assert_ptr_nonnull(strstr(holder, self));
    ck_assert_ptr_nonnull(strstr(holder, host));
    ck_assert(sterna_claim_held(path, holder));
    sterna_claim_release(path);
    ck_assert(!sterna_claim_held(path, holder));
    ck_assert(take(false));
}
END_TEST

START_TEST(living_process_of_this_host_is_never_robbed)
{
    ck_assert(take(false));
    ck_assert(!take(true));
}
END_TEST

START_TEST(dead_process_of_this_host_loses_its_claim)
{
    char text[STERNA_CLAIM_SIZE];
    (void)snprintf(text, sizeof text, "%s %ld 1 2026-01-01T00:00:00Z\n", host, dead_process());
    write_claim(text);
    ck_assert(!sterna_claim_held(path, holder));
    ck_assert(take(false));
    ck_assert(!take(false));
}
END_TEST

/* It has ended, but its parent has not asked how. */
START_TEST(zombie_loses_its_claim)
{
    int ends[2];
    char byte;
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        byte = take(false) ? 'w' : 'l';
        (void)!write(ends[1], &byte, 1);
        _exit(0);
    }
    ck_assert(read(ends[0], &byte, 1) == 1 && byte == 'w');
    siginfo_t info;
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    ck_assert(take(false));
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

/* In a container the first process has the same number each time. */
START_TEST(same_process_number_of_another_start_is_another_process)
{
    char text[STERNA_CLAIM_SIZE];
    (void)snprintf(text, sizeof text, "%s %ld 1 2026-01-01T00:00:00Z\n", host, (long)getpid());
    write_claim(text);
    ck_assert(take(false));
}
END_TEST

START_TEST(other_hosts_and_unreadable_claims_are_kept_unless_stolen)
{
    static const char *const claims[] = {"elsewhere-9 1 1 2026-01-01T00:00:00Z\n", "", "half a li",
                                         "a -5 1 x\n"};
    write_claim(claims[_i]);
    ck_assert(sterna_claim_held(path, holder));
    ck_assert(!take(false));
    ck_assert_ptr_nonnull(strstr(holder, _i == 0 ? "elsewhere-9, process 1" : "unknown"));
    ck_assert(take(true));
    ck_assert(!take(true));
}
END_TEST

START_TEST(release_leaves_what_others_have_stolen)
{
    ck_assert(take(false));
    write_claim("elsewhere-9 1 1 2026-01-01T00:00:00Z\n");
    sterna_claim_release(path);
    ck_assert(sterna_claim_held(path, holder));
}
END_TEST

/* Eight processes begin at once, when the pipe that they wait on closes, and stay alive until all have tried. */
static int count_winners(void)
{
    enum { RIVALS = 8 };
    int start[2], won[2], stay[2], winners = 0;
    char byte;
    ck_assert(pipe(start) == 0 && pipe(won) == 0 && pipe(stay) == 0);
    for (int i = 0; i < RIVALS; i++) {
        if (fork() != 0)
            continue;
        bool taken = false;
        (void)close(start[1]), (void)close(stay[1]);
        (void)!read(start[0], &byte, 1);
        const enum sterna_status status = sterna_claim_take(path, false, &taken, holder, &error);
        byte = status != STERNA_OK ? 'e' : taken ? 'w' : 'l';
        (void)!write(won[1], &byte, 1);
        (void)!read(stay[0], &byte, 1);
        _exit(0);
    }
    (void)close(start[1]);
    for (int i = 0; i < RIVALS; i++) {
        ck_assert_int_eq(read(won[0], &byte, 1), 1);
        ck_assert_int_ne(byte, 'e');
        winners += byte == 'w';
    }
    (void)close(stay[1]);
    for (int i = 0; i < RIVALS; i++)
        ck_assert_int_gt(wait(NULL), 0);
    return winners;
}

START_TEST(of_many_at_once_one_has_it)
{
    char text[STERNA_CLAIM_SIZE];
    (void)snprintf(text, sizeof text, "%s %ld 1 2026-01-01T00:00:00Z\n", host, dead_process());
    for (int round = 0; round < 20; round++) {
        if (round % 2 == 0)
            (void)unlink(path);
        else
            write_claim(text); /* a stale one */
        ck_assert_int_eq(count_winners(), 1);
    }
}
END_TEST

START_TEST(folder_that_is_not_there_is_told)
{
    bool taken = false;
    ck_assert_int_eq(sterna_claim_take("/nowhere/claim", false, &taken, holder, &error), STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "/nowhere/claim: cannot claim the run"));
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("study_claim");
    TCase *tcase = tcase_create("study_claim");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, second_is_told_who_was_first);
    tcase_add_test(tcase, living_process_of_this_host_is_never_robbed);
    tcase_add_test(tcase, dead_process_of_this_host_loses_its_claim);
    tcase_add_test(tcase, zombie_loses_its_claim);
    tcase_add_test(tcase, same_process_number_of_another_start_is_another_process);
    tcase_add_loop_test(tcase, other_hosts_and_unreadable_claims_are_kept_unless_stolen, 0, 4);
    tcase_add_test(tcase, release_leaves_what_others_have_stolen);
    tcase_add_test(tcase, of_many_at_once_one_has_it);
    tcase_add_test(tcase, folder_that_is_not_there_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
