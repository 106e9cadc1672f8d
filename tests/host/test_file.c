/* test_file.c - a write is complete or did not happen. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "file.h"
#include "scratch.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;

static void set_up(void)
{
    scratch_open(&scratch);
    error.reason[0] = '\0';
}

static void tear_down(void)
{
    scratch_close(&scratch);
}

static void expect_content(const char *path, const void *expected, size_t expected_size)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    ck_assert_uint_eq(size, expected_size);
    ck_assert_mem_eq(bytes, expected, size);
    ck_assert_uint_eq(bytes[size], 0);
    free(bytes);
}

START_TEST(what_is_written_is_read_back)
{
    static const size_t sizes[] = {0, 1, 4096, 65535, 65536, 65537, 300001};
    char path[SCRATCH_PATH];
    scratch_path(&scratch, "file", path);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *bytes = malloc(sizes[i] + 1);
        ck_assert_ptr_nonnull(bytes);
        for (size_t j = 0; j < sizes[i]; j++)
            bytes[j] = (uint8_t)(j * 7 + j / 251);
        ck_assert_int_eq(sterna_file_write(path, bytes, sizes[i], &error), STERNA_OK);
        expect_content(path, bytes, sizes[i]);
        free(bytes);
    }
    ck_assert_uint_eq(scratch_files(&scratch, 0), 1);
}
END_TEST

START_TEST(appended_pieces_appear_only_on_commit)
{
    char path[SCRATCH_PATH];
    struct sterna_file_writer writer;
    scratch_path(&scratch, "file", path);
    ck_assert_int_eq(sterna_file_write(path, "old", 3, &error), STERNA_OK);
    ck_assert_int_eq(sterna_file_create(path, &writer, &error), STERNA_OK);
    ck_assert_int_eq(sterna_file_append(&writer, "ne", 2, &error), STERNA_OK);
    ck_assert_int_eq(sterna_file_append(&writer, "w!", 2, &error), STERNA_OK);
    expect_content(path, "old", 3);
    ck_assert_int_eq(sterna_file_commit(&writer, &error), STERNA_OK);
    expect_content(path, "new!", 4);
    sterna_file_abandon(&writer);
    expect_content(path, "new!", 4);
}
END_TEST

START_TEST(abandoned_file_leaves_nothing_behind)
{
    char path[SCRATCH_PATH];
    struct sterna_file_writer writer;
    ck_assert_int_eq(sterna_file_create(scratch_path(&scratch, "file", path), &writer, &error), STERNA_OK);
    ck_assert_int_eq(sterna_file_append(&writer, "x", 1, &error), STERNA_OK);
    ck_assert_uint_eq(scratch_files(&scratch, 0), 1);
    sterna_file_abandon(&writer);
    sterna_file_abandon(&writer);
    ck_assert_uint_eq(scratch_files(&scratch, 0), 0);
}
END_TEST

START_TEST(two_writers_of_one_file_do_not_mix)
{
    char path[SCRATCH_PATH];
    struct sterna_file_writer first;
    struct sterna_file_writer second;
    scratch_path(&scratch, "file", path);
    ck_assert_int_eq(sterna_file_create(path, &first, &error), STERNA_OK);
    ck_assert_int_eq(sterna_file_create(path, &second, &error), STERNA_OK);
    ck_assert_int_eq(sterna_file_append(&first, "1111", 4, &error), STERNA_OK);
    ck_assert_int_eq(sterna_file_append(&second, "22", 2, &error), STERNA_OK);
    ck_assert_int_eq(sterna_file_commit(&first, &error), STERNA_OK);
    expect_content(path, "1111", 4);
    ck_assert_int_eq(sterna_file_commit(&second, &error), STERNA_OK);
    expect_content(path, "22", 2);
}
END_TEST

/* A limit on the length of files makes write() fall short and then fail, as a full disk does. */
START_TEST(full_disk_leaves_the_old_file)
{
    static uint8_t large[5000];
    char path[SCRATCH_PATH];
    struct rlimit before;
    scratch_path(&scratch, "file", path);
    ck_assert_int_eq(sterna_file_write(path, "old", 3, &error), STERNA_OK);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {.rlim_cur = 1000, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    enum sterna_status status = sterna_file_write(path, large, sizeof large, &error);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, handler);
    ck_assert_int_eq(status, STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "/file: cannot write: File too large"));
    expect_content(path, "old", 3);
    ck_assert_uint_eq(scratch_files(&scratch, 0), 1);
}
END_TEST

START_TEST(missing_directory_is_told)
{
    char path[SCRATCH_PATH];
    scratch_path(&scratch, "nowhere/file", path);
    ck_assert_int_eq(sterna_file_write(path, "x", 1, &error), STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "nowhere/file: cannot write: No such file or directory"));
}
END_TEST

/* A named pipe stands for every special file: a failing test run as root must not cost the machine its
 * /dev/null. */
START_TEST(special_files_and_directories_are_not_replaced)
{
    char path[SCRATCH_PATH];
    struct stat facts;
    ck_assert_int_eq(mkfifo(scratch_path(&scratch, "pipe", path), 0600), 0);
    ck_assert_int_eq(sterna_file_write(path, "x", 1, &error), STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "/pipe: cannot write: not a regular file"));
    ck_assert_int_eq(stat(path, &facts), 0);
    ck_assert(S_ISFIFO(facts.st_mode));
    ck_assert_int_eq(sterna_file_write(scratch.directory, "x", 1, &error), STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "not a regular file"));
    ck_assert_uint_eq(scratch_files(&scratch, 0), 1);
}
END_TEST

START_TEST(symbolic_link_stays_and_its_file_is_written)
{
    char target[SCRATCH_PATH];
    char link[SCRATCH_PATH];
    struct stat facts;
    scratch_path(&scratch, "target", target);
    scratch_path(&scratch, "link", link);
    ck_assert_int_eq(sterna_file_write(target, "old", 3, &error), STERNA_OK);
    ck_assert_int_eq(symlink("target", link), 0);
    ck_assert_int_eq(sterna_file_write(link, "new", 3, &error), STERNA_OK);
    ck_assert_int_eq(lstat(link, &facts), 0);
    ck_assert(S_ISLNK(facts.st_mode));
    expect_content(target, "new", 3);
}
END_TEST

START_TEST(new_files_obey_the_umask)
{
    char path[SCRATCH_PATH];
    struct stat facts;
    mode_t before = umask(027);
    enum sterna_status status = sterna_file_write(scratch_path(&scratch, "file", path), "x", 1, &error);
    (void)umask(before);
    ck_assert_int_eq(status, STERNA_OK);
    ck_assert_int_eq(stat(path, &facts), 0);
    ck_assert_uint_eq(facts.st_mode & 0777, 0640);
}
END_TEST

START_TEST(unreadable_things_are_told)
{
    uint8_t *bytes = NULL;
    size_t size = 77;
    char path[SCRATCH_PATH];
    ck_assert_int_eq(sterna_file_read(scratch_path(&scratch, "none", path), &bytes, &size, &error),
                     STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "none: cannot open: No such file or directory"));
    ck_assert_int_eq(sterna_file_read(scratch.directory, &bytes, &size, &error), STERNA_ERR_IO);
    ck_assert_int_eq(sterna_file_read("/dev/null", &bytes, &size, NULL), STERNA_ERR_IO);
    ck_assert_ptr_null(bytes);
    ck_assert_uint_eq(size, 77);
}
END_TEST

START_TEST(pipe_is_read_to_its_end)
{
    static uint8_t sent[50000];
    int ends[2];
    uint8_t *bytes = NULL;
    size_t size = 0;
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i % 253);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], sent, sizeof sent), sizeof sent);
    ck_assert_int_eq(close(ends[1]), 0);
    ck_assert_int_eq(sterna_file_read_stream(ends[0], "pipe", &bytes, &size, &error), STERNA_OK);
    ck_assert_uint_eq(size, sizeof sent);
    ck_assert_mem_eq(bytes, sent, size);
    free(bytes);
    ck_assert_int_eq(close(ends[0]), 0);
}
END_TEST

START_TEST(control_characters_never_reach_a_reason)
{
    ck_assert_int_eq(sterna_fail(&error, STERNA_ERR_IO, "%s: %d", "a\nb\x1B[2J", 7), STERNA_ERR_IO);
    ck_assert_str_eq(error.reason, "a?b?[2J: 7");
    ck_assert_int_eq(sterna_fail(NULL, STERNA_ERR_FIT, "no place for it"), STERNA_ERR_FIT);
}
END_TEST

START_TEST(directories_are_made_with_those_above)
{
    char path[SCRATCH_PATH], inner[SCRATCH_PATH + 8], file[SCRATCH_PATH];
    struct stat facts;
    (void)snprintf(inner, sizeof inner, "%s/b//c/", scratch_path(&scratch, "a", path));
    ck_assert_int_eq(sterna_file_make_directory(inner, &error), STERNA_OK);
    ck_assert_int_eq(sterna_file_make_directory(inner, &error), STERNA_OK);
    ck_assert(stat(inner, &facts) == 0 && S_ISDIR(facts.st_mode));
    ck_assert_int_eq(sterna_file_write(scratch_path(&scratch, "file", file), "", 0, &error), STERNA_OK);
    (void)snprintf(inner, sizeof inner, "%s/x", file);
    ck_assert_int_eq(sterna_file_make_directory(inner, &error), STERNA_ERR_IO);
    ck_assert_int_eq(sterna_file_make_directory("", &error), STERNA_ERR_RANGE);
    (void)snprintf(inner, sizeof inner, "%s/b/c", path);
    ck_assert_int_eq(rmdir(inner), 0);
    (void)snprintf(inner, sizeof inner, "%s/b", path);
    ck_assert_int_eq(rmdir(inner), 0);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("file");
    TCase *tcase = tcase_create("file");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_is_written_is_read_back);
    tcase_add_test(tcase, appended_pieces_appear_only_on_commit);
    tcase_add_test(tcase, abandoned_file_leaves_nothing_behind);
    tcase_add_test(tcase, two_writers_of_one_file_do_not_mix);
    tcase_add_test(tcase, full_disk_leaves_the_old_file);
    tcase_add_test(tcase, missing_directory_is_told);
    tcase_add_test(tcase, special_files_and_directories_are_not_replaced);
    tcase_add_test(tcase, symbolic_link_stays_and_its_file_is_written);
    tcase_add_test(tcase, new_files_obey_the_umask);
    tcase_add_test(tcase, unreadable_things_are_told);
    tcase_add_test(tcase, pipe_is_read_to_its_end);
    tcase_add_test(tcase, directories_are_made_with_those_above);
    tcase_add_test(tcase, control_characters_never_reach_a_reason);
    suite_add_tcase(suite, tcase);
    return suite;
}
