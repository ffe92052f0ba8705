/* Preloaded into Debian's crun, which wants to raise RLIMIT_MEMLOCK and gives up
 * where CAP_SYS_RESOURCE is missing. Here the raise succeeds without effect. */
#include <sys/resource.h>

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit) {
	(void)resource;
	(void)limit;
	return 0;
}

int setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *limit) {
	(void)resource;
	(void)limit;
	return 0;
}
