// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/base/hash.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "lib/base/mem.h"

static int64_t positive(XXH64_hash_t hash)
{
    return (int64_t)(hash & INT64_MAX);
}

int64_t hash_bytes(const void *data, size_t length)
{
    return positive(XXH3_64bits(data, length));
}

int64_t hash_json(const char *text)
{
    json_error_t where;
    json_auto_t *value = json_loads(text, JSON_DECODE_ANY, &where);
    cleanup_free char *plain =
        value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
    const char *hashed = plain ? plain : text;
    return hash_bytes(hashed, strlen(hashed));
}

int64_t hash_add(int64_t hash, const char *text)
{
    static const char none[] = "\xff"; // no text of a workflow begins so: it is no UTF-8
    const char *part = text ? text : none;
    return positive(XXH3_64bits_withSeed(part, strlen(part), (XXH64_hash_t)hash + 1));
}

int64_t hash_file(int fd, const atomic_bool *stop)
{
    enum { BLOCK = 256 * 1024 };
    cleanup_free char *block = xmalloc(BLOCK);
    XXH3_state_t *state = XXH3_createState();
    ssize_t got = state ? 0 : -1;
    if (state)
        XXH3_64bits_reset(state);
    while (state && !*stop && ((got = read(fd, block, BLOCK)) > 0 || (got < 0 && errno == EINTR)))
        if (got > 0)
            XXH3_64bits_update(state, block, (size_t)got);
    int64_t hash = got == 0 && state && !*stop ? positive(XXH3_64bits_digest(state)) : -1;
    XXH3_freeState(state);
    return hash;
}
