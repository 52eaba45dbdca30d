/*
 * From the values of a PyTorch pickle to tensors: finds the state_dict in a checkpoint and copies its tensors out of
 * their storages. Where the storages come from, a zip archive or the rest of a stream, is the caller's business.
 */
#ifndef FORMAT_STATE_DICT_H
#define FORMAT_STATE_DICT_H
#include "formats/format.h"
#include "formats/pickle.h"

/* The bytes that tensors are views of. */
typedef struct format_storage {
	uint8_t *data; /* NULL: not loaded yet */
	size_t size;
	void *owner; /* frees data; a tensor that is all of the storage takes it, and data stays valid as long as the set */
	bool counted;
} format_storage;

typedef struct format_storages {
	/* The storage of that key, at least `bytes` large, in the machine's byte order when it has elements of `size`. */
	format_storage *(*find)(void *user, const format_pickle *key, uint64_t bytes, size_t size, secant_err *err);
	void *user;
} format_storages;

/* Adds the tensors of the state_dict in `root` to in->set, in its order, and takes off the names of wrappers. */
secant_status format_state_dict_read(format_input *in, format_pickle *root, const format_storages *storages,
	const format_pickle_reader *pickle, secant_err *err);

/* The tensors of a whole module, as its state_dict would name them (module_dict.c). */
typedef struct format_module_entry {
	char *name; /* in the arena */
	const format_pickle *value;
} format_module_entry;
typedef struct format_module_dict {
	format_module_entry *v; /* secant_free */
	int n, capacity;
} format_module_dict;
/* The module within a checkpoint that has the most; n 0: there is none. */
secant_status format_module_find(format_module_dict *d, const format_pickle *root, base_arena *arena, secant_err *err);
#endif
