/* sterna_base.h - status, errors, words: what every part of the interface uses. Part of sterna.h, which is what programs include. */
#ifndef STERNA_INCLUDE_BASE_H
#define STERNA_INCLUDE_BASE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define STERNA_MUST_CHECK          __attribute__((warn_unused_result))
#define STERNA_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define STERNA_MUST_CHECK
#define STERNA_PRINTF(format, first)
#endif

enum sterna_status {
    STERNA_OK = 0,
    STERNA_ERR_MEMORY,      /* out of memory */
    STERNA_ERR_IO,          /* a file cannot be opened, read or written */
    STERNA_ERR_FORMAT,      /* a file or a frame is not what it should be */
    STERNA_ERR_RANGE,       /* an argument or a value is out of range, or not finite */
    STERNA_ERR_FIT,         /* the model does not fit the device */
    STERNA_ERR_DEVICE,      /* the device refused, or answered nonsense */
    STERNA_ERR_TIMEOUT,     /* the device did not answer */
    STERNA_ERR_INTERRUPTED, /* the caller's stop flag was set; nothing is lost */
    STERNA_ERR_DIVERGED,    /* training came to numbers that are not finite */
    STERNA_ERR_MISSING,     /* data, a tool or a back end that is not there; the reason says how to get it */
    STERNA_ERR_UNPLUGGED    /* the board is not plugged in, or not any more */
};

struct sterna_error {
    char reason[512];
};

/* Fill *error (may be NULL) like printf and return status, for "return sterna_fail(...)". */
enum sterna_status sterna_fail(struct sterna_error *error, enum sterna_status status, const char *format, ...)
    STERNA_PRINTF(3, 4);
#ifdef __clang_analyzer__ /* which sees one file at a time: tell it that the status comes back as it was given */
#define sterna_fail(error, status, ...) ((void)sterna_fail((error), (status), __VA_ARGS__), (status))
#endif

/* The known word nearest to a mistyped one: start from zero, offer every known word. */
struct sterna_nearest {
    const char *word; /* NULL: nothing comparable was offered */
    size_t distance;
    bool slip; /* few enough edits to be a slip */
};
void sterna_nearest_offer(struct sterna_nearest *nearest, const char *typed, const char *candidate);

#endif
