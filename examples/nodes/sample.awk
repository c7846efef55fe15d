# SPDX-License-Identifier: GPL-2.0-or-later
# One task of several: takes the seed of its own line, and prints its node, its points and how many of them are in the circle.
NR == ENVIRON["SLURM_PROCID"] + 1 {
	srand($1 + 0)
	for (i = 0; i < 100000; i++) {
		x = rand()
		y = rand()
		hits += x * x + y * y < 1
	}
	print ENVIRON["SLURMD_NODENAME"], i, hits
}
