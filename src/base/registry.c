/* Names of what is registered, in messages. */
#include "base/registry.h"
#include "base/mem.h"
#include <stdio.h>
#include <string.h>

enum { MOST = 511 };

static int
collect(const base_kind *k, const char *names[MOST + 1])
{
	int n = 0;
	while (n < MOST && (names[n] = k->entry(n).name))
		n++;
	names[n] = NULL;
	return n;
}

const char *
base_kind_near(const base_kind *k, const char *name, char text[100])
{
	const char *names[MOST + 1];
	collect(k, names);
	const char *near = secant_nearest(name, names);
	(void)snprintf(text, 100, near ? "; did you mean '%.70s'?" : "%s", near ? near : "");
	return text;
}

const char *
base_kind_list(const base_kind *k, const char *last, char *text, size_t size)
{
	const char *names[MOST + 1];
	int n = collect(k, names);
	text[0] = '\0';
	for (int i = 0; i < n; i++) {
		size_t used = strlen(text);
		(void)snprintf(text + used, size - used, "%s%s", i == 0 ? "" : i == n - 1 && *last ? last : ", ", names[i]);
	}
	return text;
}
