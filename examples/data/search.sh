#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# search.sh SEED NAME: looks for the largest value of a bumpy function by a random walk; tells what it found as user data NAME.
set -eu
seed=$1 name=$2
steps=$(torc data get settings | tr -dc 0-9)
value=$(awk -v seed="$seed" -v steps="$steps" 'BEGIN {
	srand(seed); x = rand() * 10; best = 0
	for (i = 0; i < steps; i++) {
		x += rand() - 0.5
		y = (sin(x) + sin(3 * x) / 2) ^ 2
		if (y > best) best = y
	}
	printf "%.6f", best }')
torc event post searched "{\"seed\": $seed, \"steps\": $steps}"
torc data set "$name" "{\"seed\": $seed, \"value\": $value}"
