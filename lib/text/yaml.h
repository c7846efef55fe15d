// SPDX-License-Identifier: GPL-2.0-or-later
// YAML (one document, 1.2 core scalars) rewritten as JSON by libyaml, so that one parser and one
// kind of error serve both.
#ifndef LIB_TEXT_YAML_H
#define LIB_TEXT_YAML_H

#include <stdbool.h>
#include <stddef.h>

struct problems;
struct rewrite; // lib/text/rewrite.h

// A plain scalar that looks like a number or a truth value is written as a text that begins with
// this character: only who reads it knows whether text is expected there (`010`, `1.10`, `no` are
// then just that) or a number. No text of a workflow may hold it otherwise.
enum { YAML_PLAIN = '\x01' };

// Rewrites `text`. Aliases are copied in place, up to YAML_MOST bytes in all; merge keys (<<), tags
// other than !!str, keys that are no scalars, and second documents go to problems, as does what
// libyaml cannot read. Returns 0, or -1 when there were errors; rewrite_fini is due on both.
int yaml_read(const char *text, size_t length, struct rewrite *rewrite, struct problems *problems);

enum { YAML_MOST = 256 * 1024 * 1024, YAML_DEPTH = 64 };

// What a plain scalar is by the core schema.
enum yaml_type { YAML_TEXT, YAML_NULL, YAML_BOOL, YAML_INTEGER, YAML_FLOAT };
enum yaml_type yaml_type(const char *scalar);

#endif
