/* meter IDLE_MS PROGRAM ARGUMENT...
 *
 * Sleeps, runs the program with its output dropped, and prints what it cost:
 * nanoseconds from before the fork to after wait4(2), peak resident KiB,
 * microseconds of processor time, and the exit code.
 *
 * In C, because wait4's ru_maxrss counts the memory that the forking process
 * held before the exec: it must be smaller than any program measured here. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
	if (argc < 3)
		return 2;
	long idle = atol(argv[1]);
	struct timespec pause = {idle / 1000, idle % 1000 * 1000000};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	nanosleep(&pause, NULL);
	long long start = now();
	pid_t pid = vfork();
	if (pid == 0) {
		dup2(null, 0);
		dup2(null, 1);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	int status;
	struct rusage use;
	if (pid < 0 || wait4(pid, &status, 0, &use) != pid)
		return 1;
	long long end = now();
	printf("%lld %ld %lld %d\n", end - start, use.ru_maxrss,
	       (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000LL + use.ru_utime.tv_usec + use.ru_stime.tv_usec,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
