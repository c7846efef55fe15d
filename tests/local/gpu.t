#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What jobs do on GPUs is measured, by a library that says what files say (nvml.c): processes that come and go, devices that have
# no figures, are hidden or cut in parts, and a library that starts slowly, or hangs.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

mkdir lib old stub
cp "$TORC_BUILD/tests/local/.libs/nvml.so" lib/libnvidia-ml.so.1
cp "$TORC_BUILD/tests/local/.libs/nvml_old.so" old/libnvidia-ml.so.1
export NVML_STUB=$TEST_DIR/stub LD_LIBRARY_PATH=$TEST_DIR/lib
unset CUDA_VISIBLE_DEVICES ROCR_VISIBLE_DEVICES SLURM_JOB_GPUS SLURM_STEP_GPUS
fresh() { rm -rf stub; mkdir stub; printf '%s\n' "$@" > stub/devices; } # LINE...: the devices of the stub
used() { torc-report --json "$wf" | jq -c "[.jobs[] | {name: .name, gpus: [.attempts[-1].usage.gpus[] | $1]}]"; }
out() { torc logs "$1" | grep -v '^==>'; }
go() { run "$@"; wf=$(query "SELECT max(id) FROM workflow"); }

# for jobs: this shell is on a device with so much memory, and as busy as that, until it was looked at N times
cat > gpu.sh <<'S'
looks() { cat "$NVML_STUB/$1.looks" 2> /dev/null || echo 0; }
await_looks() { local first; first=$(looks "$1"); until [ $(($(looks "$1") - first)) -ge "$2" ]; do read -rt 0.01 < <(:) ; done; }
rewrite() ( flock 9; { grep -v "^$$ " "$NVML_STUB/$1.processes"; [ -z "$2" ] || echo "$$ $2"; } > "$NVML_STUB/new"
	mv "$NVML_STUB/new" "$NVML_STUB/$1.processes") 9> "$NVML_STUB/lock" 2> /dev/null
on() { rewrite "$1" "$2"; await_looks "$1" "$3"; } # DEVICE "MIB [SM%]" LOOKS
off() { rewrite "$1" ''; }
given() { echo "$CUDA_VISIBLE_DEVICES"; }
S

# ---- a job that has a device alone, one that has none and uses it, one that has none and sees none ----
fresh 'GPU-a0 NVIDIA H200' 'GPU-a1 NVIDIA H200'
echo 40 > stub/0.percent; echo 1000 > stub/0.energy
cat > one.json <<'J'
{"name": "one", "resource_requirements": [{"name": "gpu", "num_cpus": 1, "runtime": "PT1M", "num_gpus": 1, "memory": "64m"}, {"name": "none", "num_cpus": 1, "runtime": "PT1M", "memory": "64m"}], "jobs": [
 {"name": "train", "command": ". ./gpu.sh; given; on 0 256 9; on 0 1030 2; on 0 774 2; off 0; echo 251500 > $NVML_STUB/0.energy", "resource_requirements": "gpu"},
 {"name": "thief", "command": ". ./gpu.sh; given; on 1 128 2; on 1 64 2; off 1", "resource_requirements": "none"},
 {"name": "good", "command": ". ./gpu.sh; given", "resource_requirements": "none"}]}
J
go --gpus 2 one.json
is "$rc" 0 "jobs on GPUs complete" || diag "$(cat log)"
is "$(out train | xargs):$(out thief | xargs):$(out good | xargs)" GPU-a0:: "a job is told its device by UUID, one without GPUs none"
is "$(used . | jq -c '.[0]')" '{"name":"train","gpus":[{"uuid":"GPU-a0","index":0,"name":"NVIDIA H200","given":true,"shared":false,"processes_peak":1,"memory_peak_bytes":1080033280,"utilization_mean":0.4,"utilization_max":0.4,"utilization_of":"device","samples":null,"energy_j":250.5}]}' \
	"alone on a device: the peak of its memory to the byte, the device's utilization and energy"
is "$(used '[.uuid, .given, .memory_peak_bytes, .energy_j]' | jq -c '.[1:]')" \
	'[{"name":"thief","gpus":[["GPU-a1",false,134217728,null]]},{"name":"good","gpus":[]}]' "what used a device that it was not given"
is "$(query "SELECT name, warnings, message FROM job_status WHERE warnings <> '' ORDER BY id")" \
	"thief|gpu_not_given|it completed, but it used the GPU GPU-a1, which was not given to it" "... is told so"
is "$(torc-report usage --csv "$wf" | cut -d, -f 1,12- | head -n 3 | tr -d "\r")" $'name,gpus_asked,gpu_utilization,gpu_memory_peak_bytes,gpu_energy_j
train,1,0.4000,1080033280,251
thief,0,,134217728,' "torc-report usage has columns for it"
like "$(COLUMNS=200 torc-report usage "$wf")" 'GPUS +GPU USE +GPU PEAK +JOULE' "... with titles"
is "$(query "SELECT json_extract(gpus, '\$[0].energy_j') FROM usage WHERE gpus LIKE '%GPU-a0%'")" 250.5 "usage.gpus is JSON in the database"

# ---- two halves share a device: memory of each, utilization from samples, no energy; a time series ----
fresh 'GPU-a0 NVIDIA H200'
echo 100 > stub/0.percent; echo 1000 > stub/0.energy
cat > half.json <<'J'
{"name": "half", "resource_monitor": {"enabled": true, "granularity": "time_series", "sample_interval_seconds": 1},
 "resource_requirements": [{"name": "half", "num_cpus": 1, "runtime": "PT1M", "num_gpus": 0.5, "memory": "64m"}], "jobs": [
 {"name": "left", "command": ". ./gpu.sh; on 0 '512 30' 80; off 0", "resource_requirements": "half"},
 {"name": "right", "command": ". ./gpu.sh; on 0 '1024 60' 80; off 0", "resource_requirements": "half"}]}
J
go --gpus 1 half.json
is "$rc $(used '[.shared, .memory_peak_bytes / 1048576, .utilization_mean, .utilization_max, .utilization_of, .samples > 0, .energy_j]')" \
	'0 [{"name":"left","gpus":[[true,512,0.3,0.3,"processes",true,null]]},{"name":"right","gpus":[[true,1024,0.6,0.6,"processes",true,null]]}]' \
	"two that share a device have their own memory, and samples of their own processes" || diag "$(cat log)"
is "$(torc-report samples --json "$wf" | jq -c '[.samples[] | select(.job == "left")][0].gpus')" \
	'[{"uuid":"GPU-a0","memory_bytes":536870912,"utilization":null}]' "a time series has the memory on each device"
like "$(torc-report samples --csv "$wf")" 'memory_bytes,gpu_utilization,gpu_memory_bytes.*,536870912' "... and columns for it"

# ---- "not supported", memory that is not told, devices in parts ----
cat > any.json <<'J'
{"name": "any", "resource_requirements": [{"name": "gpu", "num_cpus": 1, "runtime": "PT1M", "num_gpus": 1, "memory": "64m"}], "jobs": [
 {"name": "job", "command": ". ./gpu.sh; given; on $N \"$MIB\" 3; off $N", "resource_requirements": "gpu"}]}
J
fields='[.uuid, .given, .memory_peak_bytes, .utilization_mean, .utilization_of, .energy_j]'
fresh 'GPU-a0'
N=0 MIB=- go --gpus 1 any.json
is "$(out job) $(used "$fields")" 'GPU-a0 [{"name":"job","gpus":[["GPU-a0",true,null,null,null,null]]}]' "what a device does not say is not known"
fresh 'mig 2' 'GPU-a1 NVIDIA A30'
N=3 MIB=300 CUDA_VISIBLE_DEVICES=MIG-0-1 go any.json
is "$(out job) $(used "$fields")" 'MIG-0-1 [{"name":"job","gpus":[["MIG-0-1",true,314572800,null,null,null]]}]' "an instance of MIG is a device" || diag "$(cat log)"
fresh hidden hidden 'GPU-a2 NVIDIA A30'
N=2 MIB=300 CUDA_VISIBLE_DEVICES=0 SLURM_STEP_GPUS=2 go any.json
is "$(out job) $(used "$fields")" '0 [{"name":"job","gpus":[["GPU-a2",true,314572800,null,null,null]]}]' "where Slurm renumbers, the number stays, and the device is found"
fresh 'GPU-a0 NVIDIA K80'
N=0 MIB=300 LD_LIBRARY_PATH=$TEST_DIR/old go --gpus 1 any.json
is "$rc $(out job) $(used "$fields")" '0 GPU-a0 [{"name":"job","gpus":[["GPU-a0",true,314572800,null,null,null]]}]' "a library of years ago gives what it has" || diag "$(cat log)"

# ---- without a library, with one that cannot start, or starts slowly ----
sed 's/on $N.*off $N/true/' any.json > idle.json
LD_LIBRARY_PATH='' go --gpus 1 idle.json
is "$rc $(out job) $(used .uuid)" '0 0 [{"name":"job","gpus":[]}]' "no library: devices have numbers, and nothing is known"
echo fail > stub/init
go --gpus 1 idle.json
is "$rc $(out job) $(used .uuid)" '0 0 [{"name":"job","gpus":[]}]' "nor where the driver does not answer"
echo slow > stub/init
N=0 MIB=300 start_run --gpus 1 any.json
touch stub/go
await "$pid"
wf=$(query "SELECT max(id) FROM workflow")
is "$(out job) $(used .uuid)" 'GPU-a0 [{"name":"job","gpus":["GPU-a0"]}]' "a job waits for a driver that starts slowly, and has a UUID"

# ---- a library that hangs: neither jobs nor the runner wait for it, nor does its end ----
echo hang > stub/init
go --gpus 1 idle.json
is "$rc $(out job) $(used .uuid)" '0 0 [{"name":"job","gpus":[]}]' "hangs as it starts: the job runs, by number" || diag "$(cat log)"
fresh 'GPU-a0 NVIDIA H200'
cat > hang.json <<'J'
{"name": "hang", "resource_requirements": [{"name": "gpu", "num_cpus": 1, "runtime": "PT1M", "num_gpus": 1, "memory": "64m"}], "jobs": [
 {"name": "a", "command": ". ./gpu.sh; on 0 300 2; touch $NVML_STUB/hangs", "resource_requirements": "gpu"},
 {"name": "b", "command": "true", "resource_requirements": "gpu", "depends_on": ["a"]}]}
J
go --gpus 1 hang.json
is "$rc $(used '[.uuid, .memory_peak_bytes]')" '0 [{"name":"a","gpus":[["GPU-a0",314572800]]},{"name":"b","gpus":[["GPU-a0",null]]}]' \
	"hangs later: what was seen before is known, and jobs go on" || diag "$(cat log)"
is "$(jobs | tail -n 2 | xargs)" 'a completed b completed' "... and the runner has told all, and left"

# ---- many short jobs that are killed, leave something behind, and are tried again: a device is one's alone ----
fresh 'GPU-a0 NVIDIA H200' 'GPU-a1 NVIDIA H200'
cat > many.sh <<'S'
exec 9>> "held.$CUDA_VISIBLE_DEVICES"
flock -n 9 || echo "$TORC_JOB_NAME" >> clashes
echo "$CUDA_VISIBLE_DEVICES" >> starts
sleep 30 > /dev/null &
case $((RANDOM % 4)) in 0) kill -9 $$ ;; 1) exit 3 ;; esac
S
jq -n '{name: "many", resource_requirements: [{name: "gpu", num_cpus: 1, num_gpus: 1, memory: "16m", runtime: "PT1M"}],
	failure_handlers: [{name: "again", rules: [{match_all_exit_codes: true, max_retries: 20}]}],
	jobs: [range(200) | {name: "j\(.)", command: "bash many.sh", resource_requirements: "gpu", failure_handler: "again"}]}' > many.json
run --gpus 2 many.json
is "$rc $(cat clashes 2>&1)" '0 cat: clashes: No such file or directory' "no device had two jobs at once" || diag "$(cat log)"
is "$(sort -u starts | xargs) $(($(wc -l < starts) > 220))" 'GPU-a0 GPU-a1 1' "... and both had many, with those that were tried again"

# ---- no GPUs: no thread, no library ----
fresh 'GPU-a0 NVIDIA H200'
cat > cpu.json <<'J'
{"name": "cpu", "jobs": [{"name": "c", "command": "grep -c libnvidia-ml /proc/$(ps -o ppid= $$ | xargs)/maps; ls /proc/$(ps -o ppid= $$ | xargs)/task | wc -l"}]}
J
go cpu.json
is "$(out c | xargs)" "0 2" "a runner without GPUs has no thread for them and loads nothing"
nok "... and a table no columns" grep -q gpu <(torc-report usage --csv "$wf")
go --gpus 1 cpu.json
like "$(out c | xargs)" '^[1-9][0-9]* 3$' "one with GPUs has"
done_testing
