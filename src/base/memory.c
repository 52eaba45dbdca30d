/* See memory.h. Read anew each time: limits of cgroups move, and the files are small. */
#include "base/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* The number in a file of one; SIZE_MAX where there is none ("max"). */
static size_t
number_in(const char *path)
{
	unsigned long long n;
	FILE *f = fopen(path, "re");
	bool good = f && fscanf(f, "%llu", &n) == 1;
	if (f)
		fclose(f);
	return good && n < SIZE_MAX ? (size_t)n : SIZE_MAX;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The limits of this process's cgroups, version 2 ("0::/path") and of version 1 ("4:memory:/path"). Those above it in
 * the tree count too, but a file at the root of a container shows its own. */
static size_t
cgroup_limit(void)
{
	char line[1024], path[1200];
	size_t limit = least(
		number_in("/sys/fs/cgroup/memory.max"), number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
	FILE *f = fopen("/proc/self/cgroup", "re");
	while (f && fgets(line, sizeof line, f)) {
		char *at = strstr(line, "::"), *one = strstr(line, ":memory:");
		line[strcspn(line, "\n")] = '\0';
		if (at && at[2] == '/')
			snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", at + 2);
		else if (one)
			snprintf(path, sizeof path, "/sys/fs/cgroup/memory%s/memory.limit_in_bytes", one + 8);
		else
			continue;
		limit = least(limit, number_in(path));
	}
	if (f)
		fclose(f);
	return limit;
}

/* "4G", "512M", "100000": bytes; 0: it cannot be read. */
static size_t
asked(const char *text)
{
	char *end;
	double n = strtod(text, &end);
	n *= *end == 'K'  ? 1024.0
		: *end == 'M' ? 1048576.0
		: *end == 'G' ? 1073741824.0
		: *end == 'T' ? 1099511627776.0
					  : 1;
	end += *end != '\0';
	return *end == '\0' && n >= 1 && n < 9e18 ? (size_t)n : 0;
}

size_t
base_memory_limit(base_memory_share share)
{
	const char *text = getenv("SECANT_MEMORY");
	size_t given = text ? asked(text) : 0, all = SIZE_MAX;
	if (given)
		return given;
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	struct rlimit r;
	if (pages > 0 && page > 0)
		all = (size_t)pages * (size_t)page;
	all = least(all, cgroup_limit());
	if (!getrlimit(RLIMIT_AS, &r) && r.rlim_cur != RLIM_INFINITY)
		all = least(all, (size_t)r.rlim_cur);
	return share == BASE_MEMORY_TRAIN ? all / 20 * 19 : all / 2;
}

secant_status
base_memory_weigh(size_t bytes, base_memory_share share, const char *what, secant_err *err)
{
	size_t limit = base_memory_limit(share);
	if (bytes <= limit)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_NOMEM,
		"%s wants %.1f GiB, and the limit is %.1f GiB (%s of this machine's memory); SECANT_MEMORY=%.0fG in the "
		"environment allows it",
		what, (double)bytes / 1073741824, (double)limit / 1073741824, share == BASE_MEMORY_TRAIN ? "most" : "half",
		(double)bytes / 1073741824 + 1);
}
