// SPDX-License-Identifier: GPL-2.0-or-later
// Settles plain scalars of YAML.
#include "lib/text/yaml_value.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/yaml.h"

typedef json_t *scalar_reader(const char *scalar);

bool yaml_is_plain(const json_t *value)
{
    return json_is_string(value) && *json_string_value(value) == YAML_PLAIN;
}

static json_t *as_text(const char *scalar)
{
    return json_string(scalar);
}

static json_t *as_integer(const char *scalar)
{
    const char *digits = scalar + (*scalar == '-' || *scalar == '+');
    int base = !strncmp(digits, "0x", 2) ? 16 : !strncmp(digits, "0o", 2) ? 8 : 10;
    errno = 0;
    long long integer = strtoll(base == 8 ? scalar + 2 : scalar, NULL, base);
    return errno ? json_real(strtod(scalar, NULL)) : json_integer(integer);
}

static json_t *as_value(const char *scalar)
{
    json_t *value = NULL;
    switch (yaml_type(scalar)) {
    case YAML_NULL:
        return json_null();
    case YAML_BOOL:
        return json_boolean(*scalar == 't' || *scalar == 'T');
    case YAML_INTEGER:
        value = as_integer(scalar);
        break;
    case YAML_FLOAT:
        value = json_real(strtod(scalar, NULL));
        break;
    case YAML_TEXT:
        break;
    }
    return value ? value : json_string(scalar); // NULL: too large for a double
}

static json_t *convert(json_t *value, scalar_reader *reader)
{
    const char *key;
    json_t *item, *copy;
    size_t i;
    if (yaml_is_plain(value))
        return reader(json_string_value(value) + 1);
    if (json_is_array(value)) {
        copy = json_array();
        json_array_foreach(value, i, item)
            json_array_append_new(copy, convert(item, reader));
        return copy;
    }
    if (json_is_object(value)) {
        copy = json_object();
        json_object_foreach(value, key, item)
            json_object_set_new(copy, key, convert(item, reader));
        return copy;
    }
    return json_incref(value);
}

json_t *yaml_as_written(json_t *value)
{
    return convert(value, as_text);
}

json_t *yaml_settle(json_t *value)
{
    return convert(value, as_value);
}
