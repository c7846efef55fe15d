# score MODEL: how far from the truth it is, on half a GPU
echo "on GPU $CUDA_VISIBLE_DEVICES" >&2
[ -n "$CUDA_VISIBLE_DEVICES" ] || exit 1
awk '{ error = $2 - 3.14159265; print error < 0 ? -error : error, "seed", $1 }' "$1"
