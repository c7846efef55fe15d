// SPDX-License-Identifier: GPL-2.0-or-later
// Wrappers and preambles: what a script is taken for, and what bash then makes of it.
#include "lib/text/invocation.h"

#include "lib/base/mem.h"
#include "tests/tap.h"

static const struct {
    const char *script, *found; // "kind:word", kinds as in enum invocation_kind: n w l p; * after
                                // l: it ends in a wrapper that runs nothing
} rows[] = {
    {"", "n"},
    {" \n ", "n"},
    {"# nothing", "l"},
    {"#!/bin/bash\n# nothing", "l"},
    {"env A=1 # c\n# d", "l*:env"},
    {"nice -n 5", "w"},
    {"env A=1 B=2", "w"},
    {"A=1", "w"},
    {"A=1 B=\"x y\" env", "w"},
    {"./run.sh", "w"},
    {"bash setup.sh", "w"},
    {"time", "w"},
    {"exec", "w"},
    {"eval", "w"},
    {"command", "w"},
    {"srun -n 1", "w"},
    {"exec > log 2>&1", "w"},
    {"singularity exec x.sif", "w"},
    {"conda run -n env", "w"},
    {"micromamba -r /x run -n env", "w"},
    {"conda", "w"},
    {"spack build-env hdf5 --", "w"},
    {"source env.sh", "p:source"},
    {". env.sh", "p:."},
    {"  . env.sh  ", "p:."},
    {"'source' env.sh", "p:'source'"},
    {"\\. env.sh", "p:\\."},
    {"command . env.sh", "p:command"},
    {"builtin cd x", "p:builtin"},
    {"command -v gcc", "p:command"},
    {"time source env.sh", "p:time"},
    {"set -e", "p:set"},
    {"set -e # strict", "l"},
    {"ulimit -s unlimited", "p:ulimit"},
    {"umask 022", "p:umask"},
    {"export A=1", "p:export"},
    {"A=1 export B", "p:export"},
    {"A=1 . env.sh", "p:."},
    {"A=(1 2) cd x", "p:cd"},
    {"! cd x", "p:cd"},
    {"module load gcc", "p:module"},
    {"ml gcc", "p:ml"},
    {"conda activate env", "p:conda"},
    {"spack load hdf5", "p:spack"},
    {"pyenv shell 3.11", "p:pyenv"},
    {"eval \"$(conda shell.bash hook)\"", "p:eval"},
    {"eval `ssh-agent`", "p:eval"},
    {"[ -e x ]", "p:["},
    {"[[ -e x ]]", "p:[["},
    {"mkdir -p out", "p:mkdir"},
    {"true", "p:true"},
    {":", "p::"},
    {"source a && env B=1", "w"},
    {"source a && cd b", "p:cd"},
    {"cd x && ./run", "w"},
    {"source a &&", "w"},
    {"source a;", "w"},
    {"set -e; exec", "w"},
    {"set -e; cd x", "p:cd"},
    {"cat list |", "w"},
    {"sleep 1 &", "w"},
    {"env A=1 # note", "l*:env"},
    {"A=1 # note", "l"},
    {"echo \"a; b\" 'c && nice'", "p:echo"},
    {"echo $(nice x; nice y)", "p:echo"},
    {"nice -n $(echo 5; cd x)", "w"},
    {"source env.sh > /dev/null 2>&1", "p:source"},
    {"source env.sh &> /dev/null", "p:source"},
    {"if [ -e x ]; then . x; fi", "p:fi"},
    {"for i in 1 2; do ulimit -c 0; done", "p:done"},
    {"case $A in x) cd x;; esac", "p:esac"},
    {"{ cd x; }", "p:}"},
    {"(cd x)", "p:"},
    {"((A++))", "p:"},
    {"f() { nice; }", "p:}"},
    {"source env.sh\n", "l"},
    {"set -e\nmodule load x\n", "l"},
    {"A=1\nB=2", "l"},
    {"env A=1\n", "l*:env"},
    {"nice -n 5\n", "l*:nice"},
    {"module load x\nsrun -n 1\n", "l*:srun"},
    {"exec > log 2>&1\n", "l"},
    {"env A=1 ./prepare\n", "l"},
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct invocation found = invocation_of(rows[i].script);
        bool word = found.kind == INVOCATION_WORD || found.runs_nothing;
        cleanup_free char *got = xasprintf(
            "%c%s%s%.*s", "nwlp"[found.kind], found.runs_nothing ? "*" : "", word ? ":" : "",
            word ? (int)found.word_length : 0, found.word ? found.word : "");
        is_text(got, rows[i].found, rows[i].script);
    }
    return done_testing();
}
