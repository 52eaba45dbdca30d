/*
 * Numbers by name: a hash table with open addressing. It keeps no copies: names must outlive it.
 */
#ifndef SECANT_BASE_BY_NAME_H
#define SECANT_BASE_BY_NAME_H
#include <stdbool.h>

typedef struct secant_by_name {
	const char **name; /* capacity places; NULL: free */
	int *number;
	int n, capacity;
} secant_by_name;

/* False: no memory. A name that is there already keeps its number. */
bool secant_by_name_add(secant_by_name *s, const char *name, int number);
int secant_by_name_find(const secant_by_name *s, const char *name); /* -1: not there */
void secant_by_name_free(secant_by_name *s);
#endif
