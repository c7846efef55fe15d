// SPDX-License-Identifier: GPL-2.0-or-later
// What the plain scalars of YAML are, once it is known what is expected where they stand
// (lib/text/yaml.h marks them).
#ifndef LIB_TEXT_YAML_VALUE_H
#define LIB_TEXT_YAML_VALUE_H

#include <jansson.h>
#include <stdbool.h>

// Is this a text with the mark of a plain scalar?
bool yaml_is_plain(const json_t *value);

// A new value without marks: every plain scalar as the text that was written.
json_t *yaml_as_written(json_t *value);

// A new value without marks: every plain scalar as the number or truth value that it is by the core
// schema.
json_t *yaml_settle(json_t *value);

#endif
