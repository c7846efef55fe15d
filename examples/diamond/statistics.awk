# statistics.awk: count, mean, standard deviation, least and greatest of the values of a file (one a line), the slope of the
# daily means (by least squares), and a bootstrap interval of the mean, which is what takes the time.
{ value[NR] = $1; sum += $1; if (NR == 1 || $1 < low) low = $1; if (NR == 1 || $1 > high) high = $1; day[int((NR - 1) / 24)] += $1 / 24 }
END {
	if (NR == 0) { print "no values in " FILENAME > "/dev/stderr"; exit 1 }
	mean = sum / NR
	for (i = 1; i <= NR; i++) square += (value[i] - mean) ^ 2
	days = int(NR / 24)
	for (d = 0; d < days; d++) { sx += d; sy += day[d]; sxx += d * d; sxy += d * day[d] }
	slope = (days * sxy - sx * sy) / (days * sxx - sx * sx)
	srand(1)
	rounds = 3000
	for (r = 1; r <= rounds; r++) {
		s = 0
		for (i = 1; i <= NR; i++) s += value[int(rand() * NR) + 1]
		# insertion into the sorted list of means
		for (k = r; k > 1 && means[k - 1] > s / NR; k--) means[k] = means[k - 1]
		means[k] = s / NR
	}
	printf "count %d\nmean %.3f\nsd %.3f\nmin %.1f\nmax %.1f\nwarming_per_day %.4f\nmean_low %.3f\nmean_high %.3f\n", NR, mean,
		sqrt(square / (NR - 1)), low, high, slope, means[int(rounds * 0.025) + 1], means[int(rounds * 0.975)]
}
