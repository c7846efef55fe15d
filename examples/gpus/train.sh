# train SEED: stands for a training on the GPU that the job has; here it estimates pi.
echo "on GPU $CUDA_VISIBLE_DEVICES" >&2
[ -n "$CUDA_VISIBLE_DEVICES" ] || exit 1
awk -v seed="$1" 'BEGIN {
	srand(seed)
	for (n = 300000; i < n; i++)
		inside += rand() ^ 2 + rand() ^ 2 < 1
	printf "%d %.5f\n", seed, 4 * inside / n
}'
