// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/workflow/spec_syntax.h"

#include <jansson.h>

#include "lib/base/mem.h"
#include "lib/text/json_syntax.h"
#include "lib/workflow/spec_fields.h"

void spec_report_syntax(struct source *source)
{
    struct json_fault fault;
    json_error_t where;
    source_go_top(source);
    if (source->base_offset == source->json.length) {
        source_error(source, "the file is empty; a workflow has at least a \"name\" and \"jobs\"");
        return;
    }
    if (json_check(&source->json, &fault)) {
        struct json_place open = source_place(source, fault.open);
        if (fault.open < source->json.length)
            source_error_at(source, fault.offset,
                            "the file ends here, but the %c of line %d, column %d is not closed",
                            source->json.text[fault.open], open.line, open.column);
        else
            source_error_at(source, fault.offset, "%s", fault.text);
        return;
    }
    json_auto_t *root = json_loadb(source->json.text, source->json.length, JSON_DECODE_ANY, &where);
    if (root)
        source_error(source, "expected a workflow, %s, found %s%s",
                     source->plain ? "name: … jobs: …" : "{\"name\": …, \"jobs\": […]}",
                     field_found(source, root),
                     source->plain && json_is_string(root)
                         ? "; a list of commands is for the option --commands"
                         : "");
    else
        source_error_at(source, (size_t)where.position, "this is no JSON: %s", where.text);
}
