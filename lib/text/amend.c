// SPDX-License-Identifier: GPL-2.0-or-later
// Words become the letters of units, blanks go, and a last number without a unit gets the next
// smaller one.
#include "lib/text/amend.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/size.h"

static const struct word {
    const char *text;
    char unit;
} size_words[] =
    {
        {"b", '\0'},       {"byte", '\0'},     {"bytes", '\0'},   {"k", 'k'},         {"kb", 'k'},
        {"kib", 'k'},      {"m", 'm'},         {"mb", 'm'},       {"mib", 'm'},       {"mega", 'm'},
        {"megabyte", 'm'}, {"megabytes", 'm'}, {"g", 'g'},        {"gb", 'g'},        {"gib", 'g'},
        {"gig", 'g'},      {"gigs", 'g'},      {"gigabyte", 'g'}, {"gigabytes", 'g'}, {"t", 't'},
        {"tb", 't'},       {"tib", 't'},       {"terabyte", 't'}, {"terabytes", 't'}, {NULL, '\0'},
},
  duration_words[] = {
      {"s", 's'},     {"sec", 's'}, {"secs", 's'}, {"second", 's'}, {"seconds", 's'},
      {"m", 'm'},     {"min", 'm'}, {"mins", 'm'}, {"minute", 'm'}, {"minutes", 'm'},
      {"h", 'h'},     {"hr", 'h'},  {"hrs", 'h'},  {"hour", 'h'},   {"hours", 'h'},
      {"d", 'd'},     {"day", 'd'}, {"days", 'd'}, {"w", 'w'},      {"week", 'w'},
      {"weeks", 'w'}, {NULL, '\0'},
};

static const struct word *find_word(const struct word *words, const char *text, size_t length)
{
    for (; words->text; words++)
        if (strlen(words->text) == length && !strncasecmp(words->text, text, length))
            return words;
    return NULL;
}

// Numbers and units without blanks; NULL when there is a word that is no unit, or something
// else.
static char *condense(const char *text, const struct word *words)
{
    cleanup_free char *plain = xmalloc(strlen(text) + 2);
    size_t length = 0, letters;
    for (; *text; text += letters ? letters : 1) {
        for (letters = 0; isalpha((unsigned char)text[letters]);)
            letters++;
        const struct word *word = letters ? find_word(words, text, letters) : NULL;
        if (letters && !word)
            return NULL;
        if (word && word->unit)
            plain[length++] = word->unit;
        else if (!letters && (isdigit((unsigned char)*text) || *text == '.'))
            plain[length++] = *text;
        else if (!letters && !isspace((unsigned char)*text))
            return NULL;
    }
    plain[length] = '\0';
    return take_ptr(plain);
}

char *amend_size(const char *text)
{
    int64_t bytes;
    cleanup_free char *plain = condense(text, size_words);
    return plain && !size_parse(plain, &bytes) && bytes > 0 ? take_ptr(plain) : NULL;
}

char *amend_duration(const char *text)
{
    static const char units[] = "wdhms";
    int64_t usec;
    cleanup_free char *plain = condense(text, duration_words);
    size_t length = plain ? strlen(plain) : 0, digits = 0;
    while (digits < length && isdigit((unsigned char)plain[length - 1 - digits]))
        digits++;
    const char *before =
        digits && digits < length ? strchr(units, plain[length - 1 - digits]) : NULL;
    if (before && before[0] && before[1]) {
        plain[length] = before[1];
        plain[length + 1] = '\0';
    }
    return plain && !duration_parse(plain, &usec) && usec > 0 ? take_ptr(plain) : NULL;
}
