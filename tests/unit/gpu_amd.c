// SPDX-License-Identifier: GPL-2.0-or-later
// AMD's GPUs, from files like those of the kernel.
#include "lib/meter/gpu_amd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/tap.h"

static const char files[] =
    "set -e; N=kfd/kfd/topology/nodes; P=kfd/kfd/proc; D=drm/renderD129/device\n"
    "mkdir -p $N/0 $N/1 $N/2 $N/3 $P/71 $P/72 $P/73 $D\n"
    "echo 0 > $N/0/gpu_id; echo 51030 > $N/1/gpu_id; : > $N/2/gpu_id; echo 7 > $N/3/gpu_id\n"
    "echo aldebaran > $N/1/name; echo 37 > $D/gpu_busy_percent\n"
    "printf 'simd_count 440\\ndrm_render_minor 129\\nunique_id 11712345678901234567\\n' > $N/1/"
    "properties\n"
    "echo 1073741824 > $P/71/vram_51030; echo 0 > $P/72/vram_51030; echo 5 > $P/72/vram_7\n"
    "mkdir $P/junk; echo 9 > $P/junk/vram_51030\n";

int main(void)
{
    char folder[] = "/tmp/torc-gpu.XXXXXX", command[2048];
    struct gpu_device devices[GPU_DEVICES];
    struct gpu_process list[GPU_PROCESSES];
    int count = 77;
    if (!mkdtemp(folder))
        return 99;
    ok(!gpu_amd_open(open(folder, O_RDONLY | O_DIRECTORY), devices, &count), "no driver");
    snprintf(command, sizeof command, "cd %s; %s", folder, files);
    if (system(command))
        return 99;
    void *amd = gpu_amd_open(open(folder, O_RDONLY | O_DIRECTORY), devices, &count);
    is_int(count, 2, "the nodes that are GPUs, without one that may not be used");
    is_text(devices[0].uuid, "GPU-a28a9c571d7d4b87", "named as ROCR_VISIBLE_DEVICES takes it");
    is_text(devices[0].name, "aldebaran", "with its kind");
    is_text(devices[1].uuid, "kfd-7", "one without a number of its own");
    is_int(gpu_amd.processes(amd, 0, list), 1, "processes that have memory on it");
    is_int(list[0].pid, 71, "... which it is");
    is_int(list[0].bytes, 1 << 30, "... and how much");
    is_int(gpu_amd.processes(amd, 1, list), 1, "on another one");
    is_int(list[0].pid, 72, "... are others");
    is_int(gpu_amd.percent(amd, 0), 37, "how busy it is");
    is_int(gpu_amd.percent(amd, 1), UNKNOWN, "... where that is told");
    gpu_amd.close(amd);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) ? 99 : done_testing();
}
