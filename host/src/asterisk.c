/* asterisk.c - spoken language from the prompts of a telephone exchange, as Debian packages them.
 *
 * Each language has one speaker in the core sounds; Spanish, French and Italian have another in a package of
 * their own. (English and Mexican Spanish are spoken by the same woman.) Tones and silence speak no language
 * and are left out.
 */
#include "corpus.h"

#include <stdlib.h>
#include <string.h>

enum { VALID_EVERY = 10 };

static const char default_place[] = "/usr/share/asterisk/sounds";
static const char missing[] =
    "apt-get install asterisk-core-sounds-en-wav asterisk-core-sounds-es-wav asterisk-core-sounds-fr-wav "
    "asterisk-core-sounds-it-wav asterisk-core-sounds-ru-wav asterisk-prompt-es-co "
    "asterisk-prompt-fr-armelle "
    "asterisk-prompt-it-menardi-wav";

static const char *const languages[] = {"English", "Spanish", "French", "Italian", "Russian"};

static const struct voice {
    const char *folder;
    size_t language;
    bool test;
} voices[] = {
    {"en_US_f_Allison", 0, false},
    {"es_MX_f_Allison", 1, false},
    {"fr_CA_f_June", 2, false},
    {"it_IT_m_Carlo", 3, false},
    {"ru_RU_f_IvrvoiceRU", 4, false},
    {"es", 1, true},
    {"fr", 2, true},
    {"it_IT_f_Menardi", 3, true},
};
enum { VOICES = sizeof voices / sizeof voices[0] };

static bool is_speech(const char *path)
{
    static const char *const others[] = {"beep.",    "beeperr.",   "ascending-2tone.", "descending-2tone.",
                                         "silence/", "tt-monkeys."};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strncmp(path, others[i], strlen(others[i])) == 0)
            return false;
    return true;
}

static enum sterna_status add_voice(const char *directory, const struct voice *voice,
                                    struct sterna_corpus *corpus, struct sterna_error *error)
{
    static const char *const endings[] = {".wav", ".gsm", NULL};
    struct sterna_listing listing = {NULL, 0};
    size_t taken = 0;
    enum sterna_status status = sterna_listing_read(directory, endings, true, &listing, error);
    for (size_t i = 0; i < listing.count && status == STERNA_OK; i++) {
        if (!is_speech(listing.path[i]))
            continue;
        enum sterna_split split = voice->test                                ? STERNA_TEST
                                  : taken++ % VALID_EVERY == VALID_EVERY - 1 ? STERNA_VALID
                                                                             : STERNA_TRAIN;
        char *path = sterna_corpus_path(directory, listing.path[i]);
        status = path != NULL ? sterna_corpus_add(corpus, path, voice->language, split, error)
                              : sterna_fail(error, STERNA_ERR_MEMORY, "asterisk: out of memory");
        free(path);
    }
    sterna_listing_free(&listing);
    return status;
}

static enum sterna_status list(const char *argument, struct sterna_corpus *corpus, struct sterna_error *error)
{
    const char *place = argument != NULL ? argument : default_place;
    enum sterna_status status =
        sterna_corpus_name(corpus, languages, sizeof languages / sizeof languages[0], error);
    for (size_t i = 0; i < VOICES && status == STERNA_OK; i++) {
        char *directory = sterna_corpus_path(place, voices[i].folder);
        if (directory == NULL)
            status = sterna_fail(error, STERNA_ERR_MEMORY, "asterisk: out of memory");
        else if (!sterna_corpus_is_directory(directory))
            status = sterna_fail(error, STERNA_ERR_MISSING, "asterisk: %s is not there; to get it: %s",
                                 directory, missing);
        else
            status = add_voice(directory, &voices[i], corpus, error);
        free(directory);
    }
    corpus->piece_seconds = 3;
    corpus->least_seconds = 1;
    corpus->telephone = true;
    return status;
}

const struct sterna_sequence_source sterna_source_asterisk = {
    .name = "asterisk", .needs_argument = false, .sound = true, .list = list, .read = NULL};
