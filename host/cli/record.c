#include "record.h"

#include "command.h"
#include "terminal.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_WIDTH = 28 };

void sterna_record_begin(struct sterna_record *record, bool json)
{
    *record = (struct sterna_record){.json = json, .depth = 1};
    if (json)
        record->object[0] = cJSON_CreateObject();
    record->failed = json && record->object[0] == NULL;
}

/* Bytes of the UTF-8 character at the start of the text (RFC 3629, table of section 4); 0 if it is none. */
static size_t character_size(const unsigned char *text)
{
    unsigned char first = text[0];
    size_t size = first < 0x80   ? 1
                  : first < 0xC2 ? 0
                  : first < 0xE0 ? 2
                  : first < 0xF0 ? 3
                  : first < 0xF5 ? 4
                                 : 0;

    for (size_t i = 1; i < size; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    bool wrong = (first == 0xE0 && text[1] < 0xA0) || (first == 0xED && text[1] > 0x9F) ||
                 (first == 0xF0 && text[1] < 0x90) || (first == 0xF4 && text[1] > 0x8F);
    return wrong ? 0 : size;
}

/* JSON is UTF-8, paths and generated texts need not be: what is not becomes U+FFFD. */
static cJSON *create_text(const char *text)
{
    static const char stand_in[] = "\xEF\xBF\xBD";
    const unsigned char *from = (const unsigned char *)text;
    char *clean = malloc((sizeof stand_in - 1) * strlen(text) + 1);
    size_t length = 0;

    if (clean == NULL)
        return NULL;
    while (*from != '\0') {
        size_t size = character_size(from);
        memcpy(clean + length, size > 0 ? (const char *)from : stand_in,
               size > 0 ? size : sizeof stand_in - 1);
        length += size > 0 ? size : sizeof stand_in - 1;
        from += size > 0 ? size : 1;
    }
    clean[length] = '\0';
    cJSON *item = cJSON_CreateString(clean);
    free(clean);
    return item;
}

/* Take the item into the innermost object. */
static void add_item(struct sterna_record *record, const char *key, cJSON *item)
{
    if (item != NULL && !record->failed &&
        cJSON_AddItemToObject(record->object[record->depth - 1], key, item))
        return;
    cJSON_Delete(item);
    record->failed = true;
}

/* The key as people read it: indented, blanks for '_'. Returns its width. */
static int print_name(const struct sterna_record *record, const char *key)
{
    int width = 2 * (int)(record->depth - 1);

    (void)printf("%*s", width, "");
    for (; *key != '\0'; key++, width++)
        (void)putchar(*key == '_' ? ' ' : *key);
    return width;
}

/* The same up to the column of values. */
static void print_key(const struct sterna_record *record, const char *key)
{
    int width = print_name(record, key);

    (void)printf("%*s", width < KEY_WIDTH ? KEY_WIDTH - width : 1, "");
}

void sterna_record_text(struct sterna_record *record, const char *key, const char *value)
{
    if (record->json) {
        add_item(record, key, create_text(value));
        return;
    }
    print_key(record, key);
    (void)printf("%s\n", value);
}

void sterna_record_count(struct sterna_record *record, const char *key, uint64_t value)
{
    if (record->json) {
        add_item(record, key, cJSON_CreateNumber((double)value));
        return;
    }
    print_key(record, key);
    (void)printf("%" PRIu64 "\n", value);
}

void sterna_record_real(struct sterna_record *record, const char *key, double value, int decimals)
{
    if (record->json) {
        add_item(record, key, isfinite(value) ? cJSON_CreateNumber(value) : cJSON_CreateNull());
        return;
    }
    print_key(record, key);
    if (isfinite(value))
        (void)printf("%.*f\n", decimals, value);
    else
        (void)puts("unknown");
}

void sterna_record_flag(struct sterna_record *record, const char *key, bool value)
{
    if (record->json) {
        add_item(record, key, cJSON_CreateBool(value));
        return;
    }
    print_key(record, key);
    (void)puts(value ? "yes" : "no");
}

void sterna_record_open(struct sterna_record *record, const char *key)
{
    assert(record->depth < STERNA_RECORD_DEPTH);
    if (record->json) {
        cJSON *group = cJSON_CreateObject();
        add_item(record, key, group);
        record->object[record->depth] = record->failed ? NULL : group;
    } else {
        (void)print_name(record, key);
        (void)putchar('\n');
    }
    record->depth++;
}

void sterna_record_close(struct sterna_record *record)
{
    assert(record->depth > 1);
    record->depth--;
}

int sterna_record_end(struct sterna_record *record)
{
    assert(record->depth == 1);
    if (!record->json)
        return STERNA_EXIT_DONE;
    char *text = record->failed ? NULL : cJSON_PrintUnformatted(record->object[0]);
    cJSON_Delete(record->object[0]);
    if (text == NULL) {
        sterna_complain(NULL, "out of memory");
        return STERNA_EXIT_FAILED;
    }
    (void)puts(text);
    cJSON_free(text);
    return STERNA_EXIT_DONE;
}

void sterna_record_discard(struct sterna_record *record)
{
    if (record->json)
        cJSON_Delete(record->object[0]);
    record->depth = 0;
}
