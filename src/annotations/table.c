/* Tables from 64-bit keys to indices: open addressing, keys mixed (MurmurHash3's finaliser, by Austin Appleby). */
#include "annotations/model.h"

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdu;
	x ^= x >> 33;
	return x ? x : 1;
}

static bool
table_grow(ann_table *t)
{
	ann_table next = { .capacity = t->capacity ? t->capacity * 2 : 64, .n = t->n };
	next.key = secant_calloc(next.capacity, sizeof *next.key);
	next.value = secant_calloc(next.capacity, sizeof *next.value);
	if (!next.key || !next.value) {
		ann_table_free(&next);
		return false;
	}
	for (size_t i = 0; i < t->capacity; i++)
		if (t->key[i]) {
			size_t at = t->key[i] & (next.capacity - 1);
			while (next.key[at])
				at = (at + 1) & (next.capacity - 1);
			next.key[at] = t->key[i];
			next.value[at] = t->value[i];
		}
	ann_table_free(t);
	*t = next;
	return true;
}

bool
ann_table_put(ann_table *t, uint64_t key, uint32_t value)
{
	if (t->n * 4 >= t->capacity * 3 && !table_grow(t))
		return false;
	key = mix(key);
	size_t at = key & (t->capacity - 1);
	while (t->key[at] && t->key[at] != key)
		at = (at + 1) & (t->capacity - 1);
	t->n += !t->key[at];
	t->key[at] = key;
	t->value[at] = value;
	return true;
}

bool
ann_table_get(const ann_table *t, uint64_t key, uint32_t *value)
{
	if (!t->capacity)
		return false;
	key = mix(key);
	for (size_t at = key & (t->capacity - 1); t->key[at]; at = (at + 1) & (t->capacity - 1))
		if (t->key[at] == key) {
			*value = t->value[at];
			return true;
		}
	return false;
}

void
ann_table_free(ann_table *t)
{
	secant_free(t->key);
	secant_free(t->value);
	*t = (ann_table){ 0 };
}
