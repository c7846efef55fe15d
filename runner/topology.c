// SPDX-License-Identifier: GPL-2.0-or-later
// hwloc numbers what it finds depth first, so its own order of processing units is the order we
// want.
#include "runner/topology.h"

#include <hwloc.h>

#include "lib/base/mem.h"

int *topology_order(const cpu_set_t *set, int *count)
{
    hwloc_topology_t topology;
    cleanup_free int *order = xcalloc((size_t)CPU_COUNT(set) + 1, sizeof *order);
    *count = 0;
    if (hwloc_topology_init(&topology))
        return NULL;
    if (!hwloc_topology_load(topology))
        for (hwloc_obj_t unit = NULL;
             (unit = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PU, unit));)
            if (unit->os_index < CPU_SETSIZE && CPU_ISSET(unit->os_index, set))
                order[(*count)++] = (int)unit->os_index;
    hwloc_topology_destroy(topology);
    return *count == CPU_COUNT(set) ? take_ptr(order) : NULL;
}
