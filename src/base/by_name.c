/*
 * Numbers by name (by_name.h). Linear probing, at most half full.
 */
#include "base/by_name.h"
#include "base/hash.h"
#include "base/mem.h"
#include <string.h>

static int
place(const base_by_name *s, const char *name)
{
	unsigned mask = (unsigned)s->capacity - 1, i = (unsigned)base_fnv1a(name, strlen(name)) & mask;
	while (s->name[i] && strcmp(s->name[i], name))
		i = (i + 1) & mask;
	return (int)i;
}

static bool
grow(base_by_name *s)
{
	int capacity = s->capacity ? 2 * s->capacity : 64;
	base_by_name fresh = { secant_calloc((size_t)capacity, sizeof *fresh.name),
		secant_calloc((size_t)capacity, sizeof *fresh.number), s->n, capacity };
	if (!fresh.name || !fresh.number) {
		base_by_name_free(&fresh);
		return false;
	}
	for (int i = 0; i < s->capacity; i++)
		if (s->name[i]) {
			int to = place(&fresh, s->name[i]);
			fresh.name[to] = s->name[i];
			fresh.number[to] = s->number[i];
		}
	base_by_name_free(s);
	*s = fresh;
	return true;
}

bool
base_by_name_add(base_by_name *s, const char *name, int number)
{
	if (2 * (s->n + 1) > s->capacity && !grow(s))
		return false;
	int i = place(s, name);
	if (s->name[i])
		return true;
	s->name[i] = name;
	s->number[i] = number;
	s->n++;
	return true;
}

int
base_by_name_find(const base_by_name *s, const char *name)
{
	int i = s->capacity ? place(s, name) : 0;
	return s->capacity && s->name[i] ? s->number[i] : -1;
}

void
base_by_name_free(base_by_name *s)
{
	secant_free(s->name);
	secant_free(s->number);
	*s = (base_by_name){ 0 };
}
