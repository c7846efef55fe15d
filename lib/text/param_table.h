// SPDX-License-Identifier: GPL-2.0-or-later
// A table of parameters: a row is an instance, a column a parameter. CSV with a header, or
// with tabs for commas (libcsv), a JSON array of objects, or JSON lines of objects (jansson). Pure:
// the caller reads the file.
#ifndef LIB_TEXT_PARAM_TABLE_H
#define LIB_TEXT_PARAM_TABLE_H

#include "lib/text/params.h"

enum param_table_kind {
    PARAM_TABLE_CSV,
    PARAM_TABLE_TSV,
    PARAM_TABLE_JSON,
    PARAM_TABLE_JSON_LINES
};

// By the extension of the name (.csv, .tsv, .json, .jsonl, .ndjson); -1: another.
int param_table_kind(const char *name, enum param_table_kind *kind);

// Reads the table into params (mode zip), in the order of the file; memory is the arena's. Cells
// are trimmed and are what is written in them. Of JSON, texts are what they say, and other values
// their JSON text as it was written, without blanks. Refused, with the line or the row
// in the text of the error: no rows, an empty or a double column name or one that is no {word},
// rows of another length or with other keys than the first.
int param_table_read(const char *text, size_t length, enum param_table_kind kind,
                     struct arena *arena, struct params *params, struct error *err);

#endif
