# score MODEL: how far from the truth it is, on half a GPU
echo "on GPU $CUDA_VISIBLE_DEVICES" >&2
[ -n "$CUDA_VISIBLE_DEVICES" ] || exit 1
awk '{ error = $2 - 3.14159265; printf "%.5f seed %d\n", error < 0 ? -error : error, $1 }' "$1"
