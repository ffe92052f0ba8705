// lookup asks the C library for addresses again and again and counts the answers that are wrong.
//
//	lookup TIMES NAME=FAMILY:COUNT[-MOST]...   family is any, 4 or 6; count 0 wants "no such name" or no address
//
// It prints the wrong answers (at most ten), their number and the mean time of a lookup in nanoseconds.
#define _GNU_SOURCE // EAI_NODATA
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static int family(const char *s)
{
	return *s == '4' ? AF_INET : *s == '6' ? AF_INET6 : AF_UNSPEC;
}

static int look(const char *name, const char *want, long *wrong)
{
	const char *colon = strchr(want, ':');
	const char *dash = strchr(want, '-');
	int count = colon ? atoi(colon + 1) : -1, most = dash ? atoi(dash + 1) : count, n = 0;
	struct addrinfo hints = {.ai_family = family(want), .ai_socktype = SOCK_STREAM}, *list = NULL;
	int err = getaddrinfo(name, NULL, &hints, &list);
	for (struct addrinfo *a = list; a; a = a->ai_next)
		n++;
	if (list)
		freeaddrinfo(list);
	int good = count ? !err && n >= count && n <= most : err == EAI_NONAME
#ifdef EAI_NODATA
	                                            || err == EAI_NODATA
#endif
	    ;
	if (!good && (*wrong)++ < 10)
		printf("%s: %d addresses, want %d: %s\n", name, n, count, err ? gai_strerror(err) : "no error");
	return good;
}

int main(int argc, char **argv)
{
	long times = atol(argv[1]), wrong = 0, done = 0;
	struct timespec start, end;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (long i = 0; i < times; i++)
		for (int j = 2; j < argc; j++) {
			char name[300];
			char *eq = strchr(argv[j], '=');
			snprintf(name, sizeof name, "%.*s", (int)(eq - argv[j]), argv[j]);
			look(name, eq + 1, &wrong);
			done++;
		}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("wrong %ld of %ld, mean %.0f ns\n", wrong, done,
	       ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / (done ? done : 1));
	return wrong != 0;
}
