/*
 * Whole modules, as torch.save(model) and torch.jit.save write them, read as data: an object of a class nobody knows
 * here, whose state is a dictionary. torch.nn.Module keeps _parameters, _buffers and _modules in it; a TorchScript
 * module keeps tensors and modules under the names of its attributes. The names that state_dict() would give follow
 * from that. No class is imported and nothing is run.
 */
#include "formats/state_dict.h"
#include <string.h>

enum { MOST_DEPTH = 64, SEARCH_DEPTH = 12, MOST_NODES = 1 << 20, NAME_ROOM = 1024 };

/* What the walk through a checkpoint shares. */
typedef struct walk {
	base_arena *arena;
	int nodes; /* looked at so far: values are shared and may contain themselves */
	bool failed; /* no memory */
} walk;

static const format_pickle *
entry_of(const format_pickle *dict, const char *key)
{
	for (int i = 0; format_pickle_is_mapping(dict) && i + 1 < dict->items.n; i += 2)
		if (format_pickle_is_str(dict->items.v[i], key))
			return dict->items.v[i + 1];
	return NULL;
}

/* The attributes of an object of an unknown class; NULL: there are none. Classes with slots give a pair. */
static const format_pickle *
attributes_of(const format_pickle *v)
{
	if (!v || v->kind != FORMAT_PICKLE_OBJECT || v->global->role != FORMAT_PICKLE_CLASS || !v->items.n)
		return NULL;
	const format_pickle *state = v->items.v[0];
	if (state->kind == FORMAT_PICKLE_TUPLE && state->items.n)
		state = state->items.v[0];
	return format_pickle_is_mapping(state) ? state : NULL;
}

static bool
is_module(const format_pickle *v)
{
	const format_pickle *state = attributes_of(v);
	return state && (entry_of(state, "_modules") || !strncmp(v->global->name, "__torch__.", 10));
}

static bool
is_tensor(const format_pickle *v)
{
	return v->kind == FORMAT_PICKLE_OBJECT
		&& (v->global->role == FORMAT_PICKLE_TENSOR || v->global->role == FORMAT_PICKLE_WRAPPED
			|| v->global->role == FORMAT_PICKLE_APPLY || v->global->role == FORMAT_PICKLE_REFUSED);
}

/* Whether a set has a name: {...}, or set([...]) as old protocols write it. */
static bool
holds(const format_pickle *set, const format_pickle *key)
{
	if (set && set->kind == FORMAT_PICKLE_OBJECT)
		set = format_pickle_item(set->arguments, 0);
	bool list = set && (set->kind == FORMAT_PICKLE_SET || set->kind == FORMAT_PICKLE_LIST);
	for (int i = 0; list && i < set->items.n; i++) {
		const format_pickle *v = set->items.v[i];
		if (v->kind == FORMAT_PICKLE_STR && v->text.n == key->text.n && !memcmp(v->text.p, key->text.p, v->text.n))
			return true;
	}
	return false;
}

/* "prefix" + key in `out`; false: too long, or no name. */
static bool
join(char out[NAME_ROOM], const char *prefix, const format_pickle *key)
{
	size_t n = strlen(prefix);
	if (key->kind != FORMAT_PICKLE_STR || n + key->text.n + 2 > NAME_ROOM || memchr(key->text.p, '\0', key->text.n))
		return false;
	memcpy(out, prefix, n);
	memcpy(out + n, key->text.p, key->text.n);
	out[n + key->text.n] = '\0';
	return true;
}

static void
add(walk *w, format_module_dict *d, const char *name, const format_pickle *value)
{
	size_t n = strlen(name) + 1;
	char *copy = base_arena_alloc(w->arena, n);
	if (!copy || base_grow((void **)&d->v, &d->capacity, d->n, sizeof *d->v)) {
		w->failed = true;
		return;
	}
	memcpy(copy, name, n);
	d->v[d->n++] = (format_module_entry){ copy, value };
}

/* The tensors in a dictionary. */
static void
add_all(walk *w, format_module_dict *d, const char *prefix, const format_pickle *dict, const format_pickle *but)
{
	char name[NAME_ROOM];
	for (int i = 0; format_pickle_is_mapping(dict) && i + 1 < dict->items.n && !w->failed; i += 2) {
		const format_pickle *key = dict->items.v[i], *value = dict->items.v[i + 1];
		if (w->nodes++ < MOST_NODES && is_tensor(value) && join(name, prefix, key) && !holds(but, key))
			add(w, d, name, value);
	}
}

static void
collect(walk *w, format_module_dict *d, const char *prefix, const format_pickle *module, int depth)
{
	const format_pickle *state = attributes_of(module), *inner = entry_of(state, "_modules");
	char name[NAME_ROOM];
	if (depth > MOST_DEPTH || w->nodes++ > MOST_NODES || w->failed)
		return;
	if (inner) {
		add_all(w, d, prefix, entry_of(state, "_parameters"), NULL);
		add_all(w, d, prefix, entry_of(state, "_buffers"), entry_of(state, "_non_persistent_buffers_set"));
	} else {
		add_all(w, d, prefix, state, NULL);
		inner = state;
	}
	for (int i = 0; format_pickle_is_mapping(inner) && i + 1 < inner->items.n; i += 2)
		if (is_module(inner->items.v[i + 1]) && join(name, prefix, inner->items.v[i])) {
			size_t n = strlen(name);
			memcpy(name + n, ".", 2);
			collect(w, d, name, inner->items.v[i + 1], depth + 1);
		}
}

/* The module with the most tensors; what lies within one is a part of it. */
static void
search(walk *w, format_module_dict *best, const format_pickle *v, int depth)
{
	if (depth > SEARCH_DEPTH || w->nodes++ > MOST_NODES || w->failed)
		return;
	if (is_module(v)) {
		format_module_dict d = { 0 };
		collect(w, &d, "", v, 0);
		if (d.n > best->n) {
			secant_free(best->v);
			*best = d;
		} else {
			secant_free(d.v);
		}
		return;
	}
	const format_pickle *in = attributes_of(v) ? attributes_of(v) : v;
	bool mapping = format_pickle_is_mapping(in);
	if (!mapping && in->kind != FORMAT_PICKLE_LIST && in->kind != FORMAT_PICKLE_TUPLE)
		return;
	for (int i = mapping ? 1 : 0; i < in->items.n; i += mapping ? 2 : 1)
		search(w, best, in->items.v[i], depth + 1);
}

secant_status
format_module_find(format_module_dict *d, const format_pickle *root, base_arena *arena, secant_err *err)
{
	walk w = { .arena = arena };
	*d = (format_module_dict){ 0 };
	search(&w, d, root, 0);
	if (!w.failed)
		return SECANT_OK;
	secant_free(d->v);
	return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the names of a module");
}
