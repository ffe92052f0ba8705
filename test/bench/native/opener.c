// opener FOLDER FILE: makes 10,000 files in FOLDER, opens each again, and writes the milliseconds that the opening
// took to FILE. In C, so that it asks the kernel of nothing else meanwhile.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 10000 };

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

// each opens every file of the folder; it returns 0 if one can't be.
static int each(const char *folder, int flags)
{
	char name[200];

	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "%s/%d", folder, i);
		int fd = open(name, flags, 0644);
		if (fd < 0)
			return 0;
		close(fd);
	}
	return 1;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	mkdir(argv[1], 0755);
	if (!each(argv[1], O_CREAT | O_WRONLY))
		return 1;
	double start = now();
	if (!each(argv[1], O_RDONLY))
		return 1;
	double took = now() - start;
	FILE *f = fopen(argv[2], "w");
	if (!f)
		return 1;
	fprintf(f, "%f\n", took);
	return fclose(f) != 0;
}
