# SPDX-License-Identifier: GPL-2.0-or-later
# The idioms that run anywhere, for tests/local/idioms.t and tests/cluster/idioms.t, which define
#     runs FILE WANT COMMAND    it runs, and WANT is what COMMAND then prints; with ends=1 some of its jobs must fail
# and give COMMAND the function query (tests/lib/local.sh) and jobs, for the database of the run.

# ---- many into one ----
runs fan-in-parameters.yaml 385 'cat out/total.txt'
runs fan-in-depends-on.json $'1\n2\n3\n4\n5' 'cat all.txt; query "SELECT count(*) FROM job_status"'
runs fan-in-regexes.json5 $'1+2+3+4+5+6+7+8+9+10+11+12\n1\n2\n3' 'cat notes.txt'
runs regex-digits.yaml "$(printf '%s\n' 1 2 3 4 5 1 2 3 4 5 1 2 3 4 5)" 'cat plain.txt quoted.txt escaped.txt'
runs regex-of-a-group.yaml $'v1.0 1\nv1.0 2\nv1.0 3\nv1x0 1\nv1x0 2\nv1x0 3' 'cat summary_v1.0.txt summary_v1x0.txt'
runs stages-of-files.yaml 9.5 'cat mean.txt'
runs parallel-stages.yaml $'fetch_a_2029 fetch_b_2030 fetch_c_2031\na 2029\nb 2030\nc 2031' \
	'echo $(query "SELECT name FROM job_status LIMIT 3"); cat solve_*.txt'
runs diamond.json $'1\n2\n3' 'cat out.txt'

# ---- how files are written ----
runs null-values.yaml done 'cat only.txt'
runs null-values.json done 'cat only.txt'
runs yaml-scalars.yaml $'010 no 1.10 0:9\n010\n1.10\n1:5\nyes\n3\n2026 010 no' \
	'cat no.txt; sort tags.txt; cat levels.txt; echo $(query "SELECT name FROM workflow; SELECT name FROM job_status LIMIT 2")'
runs yaml-anchors.yaml $'here there one\nhere there two' 'cat three.txt'
runs yaml-blocks.yaml $'line 1\nline 2\nline 3\none two\n$HOME is not replaced' 'cat literal.txt folded.txt here.txt'
runs json5-syntax.json5 $'http://example.org/*x*/\né' 'cat lines.txt escaped.txt'

# ---- parameters, tables, variables ----
runs lists-and-files.yaml "up 1
up 2
up 3
down 9
down 5
down 1
0 0.000 0.0
0.1 0.100 0.1
0.5 0.500 0.5
1 1.000 1.0
7
a
b,c
2.50
x,y
z
12:30:x
lima, north
oslo
rome" 'grep up ranges.txt | sort; grep down ranges.txt | sort -r; grep -E "^(0|0.1|0.5|1) " fractions.txt | sort
	sort texts.txt; sort lists.txt; cat times.txt; sort sites.out'
runs zip.json5 "1 x
2 y
3 z
p 1
q 1
p 2
q 2" 'cat $(query "SELECT name FROM job_status ORDER BY id" | sed "s/$/.txt/")'
runs use-parameters.json "14
train_small_1 train_small_2 train_large_1 train_large_2 test_small_1_a test_small_1_b test_small_2_a" \
	'cat none.txt; echo $(query "SELECT name FROM job_status ORDER BY id LIMIT 7")'
runs table-csv.yaml '001 0.50 "plain"
002 1.25 "a, b"
003 10.00 "say \"hi\""' 'cat all.txt'
runs table-json.json5 $'alpha 1 0.5\nbeta 2 1.25\nalpha 0001\nbeta 0022' 'cat json_*.txt lines_*.txt'
runs variables.yaml "$(printf '%s\n' 'v2 1 home' 'v2 2 home' 'v2 3 home' variables_v2)" 'cat list.txt; query "SELECT name FROM workflow"'
runs data-parameters.yaml '{"region":"north","files":["north/a","north/b"],"depth":3}
{"of": "north"}
{"of": "south"}' 'cat ask_north.txt read.txt'

# ---- commands ----
runs invocation-lines.yaml 'HELLO ANNA' 'cat message.txt'
runs invocation-line.json "$(($(nice) + 1))"$'\nfast 2\nblank' 'cat nice.txt environment.txt blank.txt'
runs shell-braces.yaml $'aworld1\nbworld1\n1}\n{i} 5 wo wor\nok' 'cat brace_1.txt'
runs quoting.yaml "written
written
written
\"it's \$HOME \`x\`\"
\"it's \$HOME \`x\`\"
don't change \"\"it's \$HOME \`x\`\"\"
don't change \"\"it's \$HOME \`x\`\"\"
\"it's \$HOME \`x\`\"" 'cat bare.txt double.txt single.txt data.txt here.txt'
runs environment.json5 $'2030 all 3 workflow environment\n2030 job n1 1\n2030 job n2 1' 'cat workflow.txt job_1.txt job_2.txt'
runs ephemeral-data.json5 '"secret" 10 {"steps":3,"names":["a","b'"'"'s"]}
result 42' 'cat use.txt end.txt'

# ---- how jobs run ----
runs execution-direct.json5 $'out\nerr' 'cat torc_output/job*.log'
runs default-class.json 2 'cat one.txt'
runs stdio-modes.yaml "job_wf1_j1_r1_a1.e job_wf1_j1_r1_a1.o job_wf1_j2_r1_a1.log job_wf1_j3_r1_a1.e job_wf1_j4_r1_a1.o" \
	'echo $(ls torc_output | grep ^job | LC_ALL=C sort)'
runs stdio-overrides.json loud 'cat torc_output/job*'
runs runner-settings.json one 'cat one.txt'
runs checkpoint.yaml 'from 0' 'cat simulate.txt'
ends=1
runs goes-on-after-failure.json $'report\nfails failed exit\ncanceled canceled\nreport completed' 'cat report.txt; jobs'
ends=
