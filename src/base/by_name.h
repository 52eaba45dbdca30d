/*
 * Numbers by name: a hash table with open addressing. It keeps no copies: names must outlive it.
 */
#ifndef BASE_BY_NAME_H
#define BASE_BY_NAME_H
#include <stdbool.h>

typedef struct base_by_name {
	const char **name; /* capacity places; NULL: free */
	int *number;
	int n, capacity;
} base_by_name;

/* False: no memory. A name that is there already keeps its number. */
bool base_by_name_add(base_by_name *s, const char *name, int number);
int base_by_name_find(const base_by_name *s, const char *name); /* -1: not there */
void base_by_name_free(base_by_name *s);
#endif
