/*
 * One function on every network of golden/models, in the order of their names.
 */
#ifndef TEST_GOLDEN_WALK_H
#define TEST_GOLDEN_WALK_H
#include "golden.h"
#include <dirent.h>

/* Every network of golden/models; SECANT_TEST_MODEL: only those whose name holds this. */
static inline bool
golden_wanted(const char *file, char name[128])
{
	const char *only = getenv("SECANT_TEST_MODEL");
	size_t n = strlen(file);
	if (n < 6 || n > 120 || strcmp(file + n - 5, ".json"))
		return false;
	snprintf(name, 128, "%.*s", (int)n - 5, file);
	return !only || strstr(name, only);
}

static inline int
golden_compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static inline void
golden_each_model(void (*run)(const char *name))
{
	static char names[256][128];
	int n = 0;
	const char *path = golden_path("models");
	skip_without(path);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	for (struct dirent *d; (d = readdir(dir)) && n < 256;)
		n += golden_wanted(d->d_name, names[n]);
	closedir(dir);
	assert_in_range(n, 1, 255);
	qsort(names, (size_t)n, sizeof *names, golden_compare_names);
	for (int i = 0; i < n; i++)
		run(names[i]);
}
#endif
