/*
 * State_dicts. A tensor is _rebuild_tensor_v2(storage, offset, size, stride, ...), where the storage is a persistent id
 * ("storage", class, key, device, elements[, view]); it may be wrapped as a parameter or a subclass. Offset and strides
 * count elements; any view is made dense. A checkpoint is a tree of dictionaries around the one that is wanted.
 */
#include "formats/state_dict.h"
#include "base/json.h"
#include "base/bytes.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_DEPTH = 64, COPIES = 16, COPY_SLACK = 1 << 24 };

/* Where checkpoints keep the weights, the most telling name first. */
static const char *const wrappers[] = {
	"state_dict",
	"model_state_dict",
	"model_state",
	"model",
	"network",
	"net",
	"module",
	"weights",
	"params",
	"generator",
	"network_weights",
	"net_state_dict",
	"model_weights",
	"ema_state_dict",
	"model_ema",
	"ema",
	NULL,
};

/* The call that makes the tensor, behind any wrapping; *made is its arguments. NULL: no tensor. */
static const format_pickle_global *
tensor_of(const format_pickle *v, const format_pickle **made)
{
	for (int depth = 0; depth < 8 && v && v->kind == FORMAT_PICKLE_OBJECT; depth++) {
		const format_pickle *first = format_pickle_item(v->arguments, 0);
		*made = v->arguments;
		switch (v->global->role) {
		case FORMAT_PICKLE_TENSOR: return v->global;
		case FORMAT_PICKLE_WRAPPED: v = first; break;
		case FORMAT_PICKLE_APPLY:
			if (!first || first->kind != FORMAT_PICKLE_GLOBAL || first->global->role != FORMAT_PICKLE_TENSOR)
				return NULL;
			*made = format_pickle_item(v->arguments, 2);
			return first->global;
		default: return NULL;
		}
	}
	return NULL;
}

/* ---- finding the state_dict ---- */

/* What an optimiser remembers of a parameter is no network. */
static bool
is_optimiser(const format_pickle *dict)
{
	for (int i = 0; i + 1 < dict->items.n; i += 2)
		if (format_pickle_is_str(dict->items.v[i], "exp_avg")
			|| format_pickle_is_str(dict->items.v[i], "momentum_buffer"))
			return true;
	return false;
}

static int
count_tensors(const format_pickle *dict)
{
	const format_pickle *made;
	int n = 0;
	if (is_optimiser(dict))
		return 0;
	for (int i = 0; i + 1 < dict->items.n; i += 2)
		n += dict->items.v[i]->kind == FORMAT_PICKLE_STR
			&& (tensor_of(dict->items.v[i + 1], &made)
				|| (dict->items.v[i + 1]->kind == FORMAT_PICKLE_OBJECT
					&& dict->items.v[i + 1]->global->role == FORMAT_PICKLE_REFUSED));
	return n;
}

static format_pickle *
entry_of(const format_pickle *dict, const char *key)
{
	for (int i = 0; i + 1 < dict->items.n; i += 2)
		if (format_pickle_is_str(dict->items.v[i], key))
			return dict->items.v[i + 1];
	return NULL;
}

/* Follows known names inwards as long as there are any; NULL when none leads to tensors. */
static format_pickle *
by_name(format_pickle *v, int depth)
{
	for (const char *const *w = wrappers; depth < 8 && *w; w++) {
		format_pickle *inner = entry_of(v, *w);
		if (!format_pickle_is_mapping(inner))
			continue;
		format_pickle *found = by_name(inner, depth + 1);
		if (found || count_tensors(inner))
			return found ? found : inner;
	}
	return NULL;
}

static bool
same_keys(const format_pickle *a, const format_pickle *b)
{
	for (int i = 0; i + 1 < a->items.n && i + 1 < b->items.n; i += 2) {
		const format_pickle *x = a->items.v[i], *y = b->items.v[i];
		if (x->kind != FORMAT_PICKLE_STR || y->kind != FORMAT_PICKLE_STR || x->text.n != y->text.n
			|| memcmp(x->text.p, y->text.p, x->text.n))
			return false;
	}
	return a->items.n == b->items.n;
}

typedef struct best {
	format_pickle *dict;
	int tensors;
	format_pickle *rival; /* with as many */
} best;

/* Walks everything once: values are shared and may contain themselves. */
static void
by_count(format_pickle *v, int depth, best *b)
{
	bool mapping = format_pickle_is_mapping(v);
	if (v->seen || depth > MOST_DEPTH || (!mapping && v->kind != FORMAT_PICKLE_LIST && v->kind != FORMAT_PICKLE_TUPLE))
		return;
	v->seen = true;
	int n = mapping ? count_tensors(v) : 0;
	b->rival = n && n == b->tensors ? v : n > b->tensors ? NULL : b->rival;
	if (n > b->tensors)
		*b = (best){ v, n, NULL };
	for (int i = mapping ? 1 : 0; i < v->items.n; i += mapping ? 2 : 1)
		by_count(v->items.v[i], depth + 1, b);
}

/* Two sets of weights of one network (an average beside the last ones, as timm and Lightning keep it): which was taken
 * is told, in the metadata. */
static secant_status
tell_rival(const format_input *in, const format_pickle *root, const format_pickle *taken, secant_err *err)
{
	const format_pickle *of_taken = NULL, *other = NULL;
	if (!in->metadata || root == taken)
		return SECANT_OK;
	for (int i = 0; i + 1 < root->items.n; i += 2) {
		const format_pickle *key = root->items.v[i];
		format_pickle *inner = root->items.v[i + 1], *found;
		if (key->kind != FORMAT_PICKLE_STR || !format_pickle_is_mapping(inner))
			continue;
		inner = (found = by_name(inner, 1)) ? found : inner;
		if (inner == taken)
			of_taken = key;
		else if (count_tensors(inner) == count_tensors(taken) && same_keys(inner, taken))
			other = key;
	}
	if (!of_taken || !other)
		return SECANT_OK;
	char *text = base_format("two dictionaries hold the same %d tensors: '%.*s' is taken, '%.*s' is not",
		count_tensors(taken), (int)of_taken->text.n, of_taken->text.p, (int)other->text.n, other->text.p);
	json_t *j = text ? json_pack("{s:s}", "secant.remark", text) : NULL;
	*in->metadata = j ? base_json_text(j, 0) : NULL;
	json_decref(j);
	secant_free(text);
	return *in->metadata ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a remark");
}

/* ---- tensors ---- */

typedef struct reader {
	format_input *in;
	const format_storages *storages;
	uint64_t stored, copied; /* bytes of storages met, of tensors made from them */
} reader;

typedef struct view {
	secant_dtype dtype;
	secant_shape shape;
	int64_t stride[SECANT_MAX_RANK];
	int64_t offset; /* in elements, into the storage */
	bool negative; /* the numbers are those of the storage with the other sign (torch's lazy negation) */
	format_storage *storage;
} view;

static bool
whole(const format_pickle *v, int64_t *n)
{
	if (!v || v->kind != FORMAT_PICKLE_INT || v->integer < 0)
		return false;
	*n = v->integer;
	return true;
}

static secant_status
broken(const char *name, const char *what, secant_err *err)
{
	return secant_fail(err, SECANT_ERR_FORMAT, "tensor '%s': %s", name, what);
}

static secant_status
read_shape(view *t, const char *name, const format_pickle *made, secant_err *err)
{
	const format_pickle *size = format_pickle_item(made, 2), *stride = format_pickle_item(made, 3);
	int rank = format_pickle_length(size);
	if (rank < 0 || rank != format_pickle_length(stride))
		return broken(name, "size and stride are not tuples of one length", err);
	if (rank > SECANT_MAX_RANK)
		return secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "tensor '%s': rank %d, at most %d", name, rank, SECANT_MAX_RANK);
	t->shape.rank = rank;
	for (int i = 0; i < rank; i++) {
		if (!whole(format_pickle_item(size, i), &t->shape.dim[i])
			|| !whole(format_pickle_item(stride, i), &t->stride[i]))
			return broken(name, "a size or a stride is not a whole number of 0 or more", err);
		if (t->shape.dim[i] == 1)
			t->stride[i] = 0; /* has no meaning and may be any number */
	}
	if (!whole(format_pickle_item(made, 1), &t->offset))
		return broken(name, "the offset is not a whole number of 0 or more", err);
	if (format_bytes(t->dtype, &t->shape) < 0)
		return broken(name, "the shape is too large", err);
	return SECANT_OK;
}

/* The row of a class or a dtype; NULL when v is something else. */
static const format_pickle_global *
typed(const format_pickle *v)
{
	return v && v->kind == FORMAT_PICKLE_GLOBAL && v->global->role == FORMAT_PICKLE_TYPED ? v->global : NULL;
}

/* Behind the arguments there may be a dictionary of what was put off: {'neg': True} and {'conj': True}, which changes
 * nothing of real numbers. */
static secant_status
read_flags(view *t, const char *name, const format_pickle *made, secant_err *err)
{
	for (int k = 6; k < 8; k++) {
		const format_pickle *d = format_pickle_item(made, k);
		for (int i = 0; format_pickle_is_mapping(d) && i + 1 < d->items.n; i += 2) {
			const format_pickle *key = d->items.v[i], *value = d->items.v[i + 1];
			bool set = value->kind == FORMAT_PICKLE_BOOL && value->integer;
			if (format_pickle_is_str(key, "neg"))
				t->negative = set;
			else if (!format_pickle_is_str(key, "conj") && set)
				return secant_fail(err, SECANT_ERR_UNSUPPORTED,
					"tensor '%s': is marked with '%.*s', which secant does not know", name,
					key->kind == FORMAT_PICKLE_STR ? (int)(key->text.n < 64 ? key->text.n : 64) : 1,
					key->kind == FORMAT_PICKLE_STR ? key->text.p : "?");
		}
	}
	return SECANT_OK;
}

/* ("storage", class, key, device, elements[, (view key, offset, elements)]). A dtype beside the tensor wins over the
 * class. */
static secant_status
read_storage(reader *r, view *t, const char *name, const format_pickle *made, secant_err *err)
{
	const format_pickle *persistent = format_pickle_item(made, 0);
	const format_pickle *id = persistent && persistent->kind == FORMAT_PICKLE_PERSISTENT ? persistent->items.v[0]
																						 : NULL;
	const format_pickle *key = format_pickle_item(id, 2), *part = format_pickle_item(id, 5);
	const format_pickle_global *class = typed(format_pickle_item(id, 1)), *type = typed(format_pickle_item(made, 6));
	int64_t n, part_at = 0;
	if (!format_pickle_is_str(format_pickle_item(id, 0), "storage") || !class || !key || key->kind != FORMAT_PICKLE_STR
		|| !whole(format_pickle_item(id, 4), &n))
		return broken(name, "its storage is not (\"storage\", class, key, device, elements)", err);
	const format_pickle_global *g = type ? type : class;
	if (g->dtype < 0)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "tensor '%s': dtype %s is not one secant has", name, g->name);
	secant_status flags = read_flags(t, name, made, err);
	if (flags)
		return flags;
	t->dtype = (secant_dtype)g->dtype;
	size_t size = secant_dtype_size(t->dtype);
	if (part && part->kind == FORMAT_PICKLE_TUPLE && !whole(format_pickle_item(part, 1), &part_at))
		return broken(name, "the view of its storage is not (key, offset, elements)", err);
	uint64_t bytes = (uint64_t)n;
	if (class->dtype >= 0 && __builtin_mul_overflow(bytes, (uint64_t)size, &bytes))
		return broken(name, "its storage is too large", err);
	t->storage = r->storages->find(r->storages->user, key, bytes, size, err);
	if (!t->storage)
		return err->code;
	secant_status s = read_shape(t, name, made, err);
	return s                                                     ? s
		: __builtin_add_overflow(t->offset, part_at, &t->offset) ? broken(name, "the offset is too large", err)
																 : SECANT_OK;
}

/* The furthest element lies in the storage. */
static secant_status
check_bounds(const view *t, const char *name, secant_err *err)
{
	int64_t last = t->offset, step, room = (int64_t)(t->storage->size / secant_dtype_size(t->dtype));
	bool over = false;
	if (!secant_shape_count(&t->shape))
		return SECANT_OK;
	for (int i = 0; i < t->shape.rank; i++)
		over = over || __builtin_mul_overflow(t->shape.dim[i] - 1, t->stride[i], &step)
			|| __builtin_add_overflow(last, step, &last);
	if (over || last >= room)
		return secant_fail(err, SECANT_ERR_FORMAT, "tensor '%s': reaches element %lld of its storage of %lld", name,
			over ? -1LL : (long long)last, (long long)room);
	return SECANT_OK;
}

static bool
is_dense(const view *t)
{
	int64_t expected = 1;
	for (int i = t->shape.rank - 1; i >= 0; i--) {
		if (t->shape.dim[i] > 1 && t->stride[i] != expected)
			return false;
		expected *= t->shape.dim[i];
	}
	return true;
}

static void
copy_view(const view *t, uint8_t *to)
{
	size_t size = secant_dtype_size(t->dtype);
	const uint8_t *from = t->storage->data + (size_t)t->offset * size;
	int64_t index[SECANT_MAX_RANK] = { 0 }, n = secant_shape_count(&t->shape), at = 0;
	if (n && is_dense(t)) {
		memcpy(to, from, (size_t)n * size);
		return;
	}
	for (int64_t i = 0; i < n; i++, to += size) {
		memcpy(to, from + (size_t)at * size, size);
		for (int d = t->shape.rank - 1; d >= 0; d--) {
			at += t->stride[d];
			if (++index[d] < t->shape.dim[d])
				break;
			at -= t->stride[d] * t->shape.dim[d];
			index[d] = 0;
		}
	}
}

/* Takes the storage itself where the tensor is all of it; else copies. Expanded views are the reason for a limit: a few
 * bytes could ask for any amount of memory. */
static secant_status
make_tensor(reader *r, const view *t, const char *name, secant_tensor *out, secant_err *err)
{
	size_t bytes = (size_t)format_bytes(t->dtype, &t->shape);
	format_storage *st = t->storage;
	if (!st->counted)
		r->stored += st->size;
	st->counted = true;
	if (st->owner && bytes && bytes == st->size && t->offset == 0 && is_dense(t) && !t->negative) {
		*out = (secant_tensor){ .dtype = t->dtype, .shape = t->shape, .data = st->data, .owner = st->owner };
		st->owner = NULL;
		return SECANT_OK;
	}
	r->copied += bytes;
	if (r->copied > COPIES * r->stored + COPY_SLACK)
		return secant_fail(err, SECANT_ERR_RANGE,
			"tensor '%s': the tensors so far take %llu bytes, made of %llu in the file: refused", name,
			(unsigned long long)r->copied, (unsigned long long)r->stored);
	secant_status s = secant_tensor_new(out, t->dtype, &t->shape, err);
	if (!s)
		copy_view(t, out->data);
	for (int64_t i = 0, n = secant_shape_count(&t->shape); !s && t->negative && i < n; i++)
		secant_tensor_set(out, i, -secant_tensor_get(out, i));
	return s;
}

static secant_status
add_tensor(reader *r, const char *name, const format_pickle *made, secant_err *err)
{
	view t = { 0 };
	secant_tensor out = { 0 };
	secant_status s = read_storage(r, &t, name, made, err);
	if (!s)
		s = check_bounds(&t, name, err);
	if (!s)
		s = make_tensor(r, &t, name, &out, err);
	if (!s)
		s = secant_tensors_add(r->in->set, name, &out, err);
	secant_tensor_free(&out);
	return s;
}

static secant_status
add_named(reader *r, const format_pickle *key, const format_pickle *made, secant_err *err)
{
	char name[1024];
	if (key->text.n >= sizeof name || memchr(key->text.p, '\0', key->text.n))
		return secant_fail(
			err, SECANT_ERR_FORMAT, "the name of a tensor has %zu bytes or a zero among them", key->text.n);
	memcpy(name, key->text.p, key->text.n);
	name[key->text.n] = '\0';
	return add_tensor(r, name, made, err);
}

/* Tensors of kinds that secant has not are no gaps in a network. */
static secant_status
check_refused(const format_pickle *key, const format_pickle *v, secant_err *err)
{
	for (int depth = 0; depth < 8 && v->kind == FORMAT_PICKLE_OBJECT && v->global->role == FORMAT_PICKLE_WRAPPED;
		 depth++) {
		const format_pickle *inner = format_pickle_item(v->arguments, 0);
		if (!inner)
			return SECANT_OK;
		v = inner;
	}
	if (v->kind != FORMAT_PICKLE_OBJECT || v->global->role != FORMAT_PICKLE_REFUSED)
		return SECANT_OK;
	bool quantised = strstr(v->global->name, "qtensor") != NULL, sparse = strstr(v->global->name, "sparse") != NULL;
	return secant_fail(err, SECANT_ERR_UNSUPPORTED, "tensor '%.*s': is %s (%s); save %s",
		key->kind == FORMAT_PICKLE_STR ? (int)(key->text.n < 200 ? key->text.n : 200) : 1,
		key->kind == FORMAT_PICKLE_STR ? key->text.p : "?",
		quantised    ? "quantised"
			: sparse ? "sparse"
					 : "of a kind that secant does not read",
		v->global->name,
		quantised    ? "it dequantised, or the network before it was quantised"
			: sparse ? "it dense (tensor.to_dense())"
					 : "it as a plain tensor");
}

/* A value that is no tensor, in a state_dict: other kinds of tensors are refused, settings are not. */
static secant_status
check_foreign(const format_pickle *key, const format_pickle *v, secant_err *err)
{
	const char *name = v->kind == FORMAT_PICKLE_OBJECT && v->global->role == FORMAT_PICKLE_CLASS ? v->global->name : "";
	if (!strstr(name, "ensor") && !strstr(name, "_rebuild") && !strstr(name, "Param"))
		return check_refused(key, v, err);
	bool string = key->kind == FORMAT_PICKLE_STR;
	return secant_fail(err, SECANT_ERR_UNSUPPORTED,
		"tensor '%.*s': is of a kind that secant does not read (%s); save it as a plain tensor",
		string ? (int)(key->text.n < 200 ? key->text.n : 200) : 1, string ? key->text.p : "?", name);
}

static secant_status
no_dictionary(const format_pickle_reader *pickle, secant_err *err)
{
	const char *name = pickle->unknown;
	if (name && strstr(name, "DTensor"))
		return secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "holds tensors spread over processes (%s): save full_tensor() of each", name);
	if (name)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"holds a pickled python object %s; only tensors are read (save the state_dict of a model, not the model)",
			name);
	return secant_fail(err, SECANT_ERR_FORMAT, "holds no dictionary of tensors that is a network's%s",
		pickle->arrays ? ": its arrays are numpy's, save torch.from_numpy of each" : "");
}

static secant_status
read_module(reader *r, const format_module_dict *d, secant_err *err)
{
	const format_pickle *made;
	for (int i = 0; i < d->n; i++) {
		const format_pickle *v = d->v[i].value;
		format_pickle key = { .kind = FORMAT_PICKLE_STR, .text = { d->v[i].name, strlen(d->v[i].name) } };
		secant_status s = tensor_of(v, &made) ? add_tensor(r, d->v[i].name, made, err) : check_refused(&key, v, err);
		if (s)
			return s;
	}
	return secant_tensors_unwrap(r->in->set, err);
}

static secant_status
read_dictionary(reader *r, const format_pickle *dict, secant_err *err)
{
	const format_pickle *made;
	for (int i = 0; i + 1 < dict->items.n; i += 2) {
		const format_pickle *key = dict->items.v[i];
		const format_pickle *value = dict->items.v[i + 1];
		secant_status s = key->kind == FORMAT_PICKLE_STR && tensor_of(value, &made) ? add_named(r, key, made, err)
																					: check_foreign(key, value, err);
		if (s)
			return s;
	}
	return secant_tensors_unwrap(r->in->set, err);
}

secant_status
format_state_dict_read(format_input *in, format_pickle *root, const format_storages *storages,
	const format_pickle_reader *pickle, secant_err *err)
{
	reader r = { .in = in, .storages = storages };
	const format_pickle *made;
	best b = { NULL, 0, NULL };
	format_module_dict module = { 0 };
	if (tensor_of(root, &made))
		return add_tensor(&r, "array", made, err);
	if (root->kind == FORMAT_PICKLE_OBJECT && root->global->role == FORMAT_PICKLE_REFUSED)
		return check_refused(root, root, err);
	if (format_pickle_is_mapping(root))
		b.dict = by_name(root, 0);
	if (!b.dict)
		by_count(root, 0, &b);
	secant_status s = pickle->unknown ? format_module_find(&module, root, pickle->arena, err) : SECANT_OK;
	/* Of a checkpoint with a whole module a dictionary is what somebody put beside it, unless it has as much. */
	if (!s && module.n > (b.dict ? count_tensors(b.dict) : 0))
		s = read_module(&r, &module, err);
	else if (!s && !b.dict)
		s = no_dictionary(pickle, err);
	else if (!s && b.rival && same_keys(b.dict, b.rival))
		s = secant_fail(err, SECANT_ERR_FORMAT,
			"holds two dictionaries of the same %d tensors, and no name says which is the network: save the one that "
			"is",
			b.tensors);
	else if (!s && !(s = read_dictionary(&r, b.dict, err)) && format_pickle_is_mapping(root))
		s = tell_rival(in, root, b.dict, err);
	secant_free(module.v);
	return s;
}
