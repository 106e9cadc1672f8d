/* study_claim.c - exclusive creation decides who is first; a stale claim is rewritten in place under a file lock, so that of two who find
 * it, one takes it over and the other sees a living holder. */
#include "study_claim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HOST = 65, TRIES = 16 };

struct owner {
    char host[HOST];
    long pid;
    unsigned long long start; /* 0: unknown */
    char date[32];
};

/* ---- processes ----------------------------------------------------------------------------------------- */

/* When a process started, field 22 of /proc/PID/stat (proc(5)); 0 where there is no such file. *ended: it is a zombie, field 3, which nobody
 * has waited for. The second field, the name in brackets, may hold anything. */
static unsigned long long start_of(long pid, bool *ended)
{
    char path[64], text[1024];
    *ended = false;
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *stream = fopen(path, "r");
    if (stream == NULL)
        return 0;
    size_t size = fread(text, 1, sizeof text - 1, stream);
    (void)fclose(stream);
    text[size] = '\0';
    const char *at = strrchr(text, ')');
    if (at == NULL || at[1] != ' ')
        return 0;
    *ended = at[2] == 'Z' || at[2] == 'X';
    for (int field = 3; at != NULL && field <= 22; field++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at + 1, NULL, 10) : 0;
}

static void name_host(char host[HOST])
{
    if (gethostname(host, HOST) != 0 || host[0] == '\0')
        (void)snprintf(host, HOST, "localhost");
    host[HOST - 1] = '\0';
    for (char *c = host; *c != '\0'; c++)
        if (*c <= ' ' || *c == 0x7F)
            *c = '_';
}

static struct owner this_process(void)
{
    struct owner owner = {.pid = (long)getpid()};
    const time_t now = time(NULL);
    struct tm utc;

    name_host(owner.host);
    bool ended = false;
    owner.start = start_of(owner.pid, &ended);
    if (gmtime_r(&now, &utc) == NULL ||
        strftime(owner.date, sizeof owner.date, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        (void)snprintf(owner.date, sizeof owner.date, "?");
    return owner;
}

static bool is_gone(const struct owner *owner)
{
    if (kill((pid_t)owner->pid, 0) != 0 && errno == ESRCH)
        return true;
    bool ended = false;
    const unsigned long long start = start_of(owner->pid, &ended);
    return ended || (owner->start != 0 && start != 0 && start != owner->start);
}

/* ---- the file ------------------------------------------------------------------------------------------ */

/* False if the file does not hold an owner: it is being written, or something else. */
static bool read_owner(int descriptor, struct owner *owner)
{
    char text[STERNA_CLAIM_SIZE] = "";
    const ssize_t size = pread(descriptor, text, sizeof text - 1, 0);
    return size > 0 && strchr(text, '\n') != NULL &&
           sscanf(text, "%64s %ld %llu %31s", owner->host, &owner->pid, &owner->start, owner->date) == 4 &&
           owner->pid > 0;
}

static bool write_owner(int descriptor)
{
    const struct owner owner = this_process();
    char text[STERNA_CLAIM_SIZE];
    const int length =
        snprintf(text, sizeof text, "%s %ld %llu %s\n", owner.host, owner.pid, owner.start, owner.date);
    return ftruncate(descriptor, 0) == 0 && pwrite(descriptor, text, (size_t)length, 0) == length &&
           fsync(descriptor) == 0;
}

static bool is_of_this_host(const struct owner *owner)
{
    char host[HOST];
    name_host(host);
    return strcmp(host, owner->host) == 0;
}

/* owner NULL: unknown. */
static void describe(const struct owner *owner, char holder[STERNA_CLAIM_SIZE])
{
    if (owner != NULL)
        (void)snprintf(holder, STERNA_CLAIM_SIZE, "%s, process %ld, since %s", owner->host, owner->pid,
                       owner->date);
    else
        (void)snprintf(holder, STERNA_CLAIM_SIZE, "somebody unknown");
}

/* Whether an existing claim, open for reading and writing, may be taken over, and is. False and errno = 0: it may not. */
static bool take_over(int descriptor, bool steal, char holder[STERNA_CLAIM_SIZE])
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct owner owner = {.pid = 0};
    struct stat facts;

    const bool locked = fcntl(descriptor, F_SETLK, &whole) == 0;
    const bool known = read_owner(descriptor, &owner);
    describe(known ? &owner : NULL, holder);
    const bool here = known && is_of_this_host(&owner);
    const bool free_to_take = here ? is_gone(&owner) : steal;
    /* Without the lock somebody else is at it; without a name the file was released after it was opened. */
    if (!locked || !free_to_take || fstat(descriptor, &facts) != 0 || facts.st_nlink == 0) {
        errno = 0;
        return false;
    }
    return write_owner(descriptor);
}

static enum sterna_status fail_errno(const char *path, struct sterna_error *error)
{
    return sterna_fail(error, STERNA_ERR_IO, "%s: cannot claim the run: %s", path, strerror(errno));
}

enum sterna_status sterna_claim_take(const char *path, bool steal, bool *taken,
                                     char holder[STERNA_CLAIM_SIZE], struct sterna_error *error)
{
    describe(NULL, holder);
    for (int attempt = 0; attempt < TRIES;
         attempt++) { /* again if it was released between the two openings */
        int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        const bool created = descriptor >= 0;
        if (!created && errno != EEXIST)
            return fail_errno(path, error);
        if (!created)
            descriptor = open(path, O_RDWR | O_CLOEXEC);
        if (descriptor < 0 && errno == ENOENT)
            continue;
        if (descriptor < 0)
            return fail_errno(path, error);
        errno = 0;
        const bool mine = created ? write_owner(descriptor) : take_over(descriptor, steal, holder);
        const int reason = errno;
        (void)close(descriptor);
        if (created && !mine)
            (void)unlink(path);
        if (!mine && reason != 0) {
            errno = reason;
            return fail_errno(path, error);
        }
        *taken = mine;
        return STERNA_OK;
    }
    *taken = false;
    return STERNA_OK;
}

void sterna_claim_release(const char *path)
{
    const struct owner self = this_process();
    struct owner owner = {.pid = 0};
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    const bool mine = read_owner(descriptor, &owner) && is_of_this_host(&owner) && owner.pid == self.pid &&
                      owner.start == self.start;
    (void)close(descriptor);
    if (mine)
        (void)unlink(path);
}

bool sterna_claim_held(const char *path, char holder[STERNA_CLAIM_SIZE])
{
    struct owner owner = {.pid = 0};
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    const bool known = read_owner(descriptor, &owner);
    (void)close(descriptor);
    describe(known ? &owner : NULL, holder);
    return !known || !is_of_this_host(&owner) || !is_gone(&owner);
}
