// spew MEGABYTES RATE FILE: writes lines of 100 bytes to standard output at RATE MB/s,
// and the milliseconds that it took to FILE. In C, so that the writer costs next to nothing.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	static char lines[4000];
	double start, total, rate, done = 0;
	FILE *f;

	if (argc != 4)
		return 2;
	total = atof(argv[1]) * 1e6;
	rate = atof(argv[2]) * 1e6;
	for (int i = 0; i < 40; i++) {
		memset(lines + i * 100, 'a' + i % 26, 99);
		lines[i * 100 + 99] = '\n';
	}
	start = now();
	while (done < total) {
		ssize_t n = write(1, lines, sizeof lines);
		if (n < 0)
			return 1;
		done += n;
		double ahead = done / rate - (now() - start);
		if (ahead > 0.002) {
			struct timespec t = {0, (long)(ahead * 1e9)};
			nanosleep(&t, NULL);
		}
	}
	if (!(f = fopen(argv[3], "w")))
		return 1;
	fprintf(f, "%f\n", (now() - start) * 1e3);
	return fclose(f) != 0;
}
