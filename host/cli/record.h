/* record.h - what a command found, key by key: aligned lines for people, one JSON object for machines. */
#ifndef STERNA_RECORD_H
#define STERNA_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

enum { STERNA_RECORD_DEPTH = 3 };

struct sterna_record {
    cJSON *object
        [STERNA_RECORD_DEPTH]; /* the outermost and the groups open in it; unused when printing for people */
    size_t depth;
    bool json;
    bool failed; /* out of memory */
};

void sterna_record_begin(struct sterna_record *record, bool json);
void sterna_record_text(struct sterna_record *record, const char *key, const char *value);
/* |value| < 2^53. */
void sterna_record_count(struct sterna_record *record, const char *key, uint64_t value);
/* People see this many decimals, machines all; a value that is not finite becomes null. */
void sterna_record_real(struct sterna_record *record, const char *key, double value, int decimals);
void sterna_record_flag(struct sterna_record *record, const char *key, bool value);
/* The keys until _close belong to an object of this name. */
void sterna_record_open(struct sterna_record *record, const char *key);
void sterna_record_close(struct sterna_record *record);
/* Print and release. Returns the exit status. */
int sterna_record_end(struct sterna_record *record);
/* Release without printing: something failed. */
void sterna_record_discard(struct sterna_record *record);

#endif
