// SPDX-License-Identifier: GPL-2.0-or-later
// The files of a workflow: a path may be written in several ways, and is one file all the same.
#include "lib/base/mem.h"
#include "lib/text/path.h"
#include "lib/workflow/resolve.h"

void resolve_files(struct resolver *resolver)
{
    const struct spec *spec = resolver->spec;
    struct workflow *workflow = resolver->workflow;
    struct names paths;
    uint32_t warned = UINT32_MAX;
    struct arena *arena = arena_create();
    names_init(&paths);
    workflow->files = xcalloc(spec->files_count + 1, sizeof *workflow->files);
    workflow->files_count = spec->files_count;
    for (size_t i = 0; i < spec->files_count; i++) {
        const struct spec_file *file = &spec->files[i];
        const char *path = file->path ? path_normalise(file->path, resolver->folder, arena) : NULL;
        size_t first = names_add(&paths, path);
        workflow->files[i] = (struct file_row){.name = file->name,
                                               .path = file->path,
                                               .identifier = file->identifier,
                                               .temporary = file->temporary,
                                               .entry = file->place.index,
                                               .same = (uint32_t)first};
        workflow->files[first].temporary &= file->temporary;
        if (first == i || file->place.index == warned)
            continue;
        warned = file->place.index; // once for all that an entry stands for
        source_go_element(resolver->source, "files", file->place.index, file->place.offset);
        source_down_key(resolver->source, "path");
        const char *other = spec->files[first].name;
        source_warning(
            resolver->source, "this is the path of files[%u]%s%s too: one file under two names",
            spec->files[first].place.index, other ? ", " : "",
            other ? arena_printf(arena, "%s,", source_quote(resolver->source, other)) : "");
    }
    names_fini(&paths);
    arena_destroy(arena);
}

// Only a file that comes from outside may turn out to be missing later, when the text of the
// workflow is gone.
void resolve_files_produced(struct resolver *resolver)
{
    struct workflow *workflow = resolver->workflow;
    for (size_t i = 0; i < workflow->files_count; i++) {
        struct file_row *file = &workflow->files[i];
        const struct spec_place *place = &resolver->spec->files[i].place;
        resolver->producer[i] = resolver->producer[file->same];
        file->produced = resolver->producer[i] != NO_JOB;
        if (file->produced)
            continue;
        source_go_element(resolver->source, "files", place->index, place->offset);
        source_down_key(resolver->source, "path");
        source_position(resolver->source, &file->line, &file->column);
    }
}
