/*
 * The pickle machine (Python's pickletools.py describes it): opcodes push values on a stack, a mark remembers where a
 * group began, a memo keeps values for reuse. One table row for each opcode that data needs. Text opcodes of protocol
 * 0, extension codes and the opcodes that look up instances of old classes are not there: no state_dict has them.
 */
#include "formats/pickle.h"
#include "base/bytes.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_VALUES = 1 << 22, MOST_STACK = 1 << 22, MOST_MARKS = 1 << 16, NAME_LIMIT = 255 };

typedef struct stack {
	void **v;
	int n, capacity;
} stack;

typedef struct machine {
	format_pickle_reader *r;
	secant_err *err;
	stack values, marks, memo; /* marks: stack heights, as pointers */
	int made;
	size_t start; /* of the opcode at work, for messages */
	bool done;
} machine;

static secant_status
broken(machine *m, const char *what)
{
	return secant_fail(m->err, SECANT_ERR_FORMAT, "pickle, byte %zu: %s", m->start, what);
}

static secant_status
no_memory(machine *m)
{
	return secant_fail(m->err, SECANT_ERR_NOMEM, "pickle, byte %zu: no memory", m->start);
}

/* The next n bytes, NULL at the end of the data. */
static const uint8_t *
take(machine *m, uint64_t n)
{
	if (n > m->r->size - m->r->at) {
		(void)broken(m, "the data ends in the middle of this");
		return NULL;
	}
	const uint8_t *p = m->r->data + m->r->at;
	m->r->at += (size_t)n;
	return p;
}

static secant_status
push(machine *m, format_pickle *v)
{
	if (m->values.n >= MOST_STACK)
		return secant_fail(
			m->err, SECANT_ERR_RANGE, "pickle, byte %zu: more than %d values on the stack", m->start, MOST_STACK);
	if (base_grow((void **)&m->values.v, &m->values.capacity, m->values.n, sizeof(void *)))
		return no_memory(m);
	m->values.v[m->values.n++] = v;
	return SECANT_OK;
}

static format_pickle *
new_value(machine *m, format_pickle_kind kind)
{
	if (m->made >= MOST_VALUES) {
		secant_fail(m->err, SECANT_ERR_RANGE, "pickle, byte %zu: more than %d values", m->start, MOST_VALUES);
		return NULL;
	}
	m->made++;
	format_pickle *v = base_arena_alloc(m->r->arena, sizeof *v);
	if (v)
		v->kind = kind;
	else
		(void)no_memory(m);
	return v;
}

static secant_status
push_new(machine *m, format_pickle_kind kind, format_pickle **v)
{
	*v = new_value(m, kind);
	return *v ? push(m, *v) : m->err->code;
}

/* Values above the last mark cannot be popped one by one. */
static int
floor_of(const machine *m)
{
	return m->marks.n ? (int)(intptr_t)m->marks.v[m->marks.n - 1] : 0;
}

static format_pickle *
pop(machine *m)
{
	if (m->values.n <= floor_of(m)) {
		(void)broken(m, "the stack is empty");
		return NULL;
	}
	return m->values.v[--m->values.n];
}

/* Ends a group: its values are v->values.v[from ..], the mark is gone. -1 without a mark. */
static int
pop_mark(machine *m)
{
	if (!m->marks.n) {
		(void)broken(m, "a group ends that has not begun");
		return -1;
	}
	return (int)(intptr_t)m->marks.v[--m->marks.n];
}

static format_pickle *
top(machine *m)
{
	if (m->values.n <= floor_of(m)) {
		(void)broken(m, "the stack is empty");
		return NULL;
	}
	return m->values.v[m->values.n - 1];
}

/* Appends n values to a container. Old arrays stay in the arena: doubling keeps the waste under the size. */
static secant_status
append(machine *m, format_pickle *to, void *const *v, int n)
{
	if (n > to->items.capacity - to->items.n) {
		int capacity = to->items.capacity * 2 > to->items.n + n ? to->items.capacity * 2 : to->items.n + n;
		format_pickle **grown = base_arena_alloc(m->r->arena, (size_t)capacity * sizeof *grown);
		if (!grown)
			return no_memory(m);
		if (to->items.n)
			memcpy(grown, to->items.v, (size_t)to->items.n * sizeof *grown);
		to->items.v = grown;
		to->items.capacity = capacity;
	}
	if (n)
		memcpy(to->items.v + to->items.n, v, (size_t)n * sizeof *v);
	to->items.n += n;
	return SECANT_OK;
}

/* The values from number `from` on; NULL, which append takes, while the stack is empty. */
static void *const *
values_from(const machine *m, int from)
{
	return m->values.n ? m->values.v + from : NULL;
}

/* ---- opcodes: `arg` is the row's argument, mostly the width of a number that follows ---- */

static secant_status
take_number(machine *m, int width, uint64_t *v)
{
	const uint8_t *p = take(m, (uint64_t)width);
	*v = 0;
	for (int i = 0; p && i < width; i++)
		*v |= (uint64_t)p[i] << 8 * i;
	return p ? SECANT_OK : m->err->code;
}

static secant_status
op_proto(machine *m, int arg)
{
	uint64_t version;
	secant_status s = take_number(m, 1, &version);
	if (!s && (version < 2 || version > 5))
		s = secant_fail(m->err, SECANT_ERR_UNSUPPORTED, "pickle protocol %d, known are 2 to 5", (int)version);
	return s;
}

static secant_status
op_frame(machine *m, int arg)
{
	uint64_t size;
	secant_status s = take_number(m, 8, &size);
	return s ? s : size > m->r->size - m->r->at ? broken(m, "a frame is longer than the data") : SECANT_OK;
}

static secant_status
op_stop(machine *m, int arg)
{
	m->done = true;
	return m->marks.n || m->values.n != 1 ? broken(m, "the pickle ends with other than one value") : SECANT_OK;
}

static secant_status
op_mark(machine *m, int arg)
{
	if (m->marks.n >= MOST_MARKS)
		return broken(m, "groups are nested too deep");
	if (base_grow((void **)&m->marks.v, &m->marks.capacity, m->marks.n, sizeof(void *)))
		return no_memory(m);
	m->marks.v[m->marks.n++] = (void *)(intptr_t)m->values.n;
	return SECANT_OK;
}

static secant_status
op_pop(machine *m, int arg)
{
	if (m->marks.n && floor_of(m) == m->values.n) {
		m->marks.n--;
		return SECANT_OK;
	}
	return pop(m) ? SECANT_OK : m->err->code;
}

static secant_status
op_pop_mark(machine *m, int arg)
{
	int from = pop_mark(m);
	if (from < 0)
		return m->err->code;
	m->values.n = from;
	return SECANT_OK;
}

static secant_status
op_dup(machine *m, int arg)
{
	format_pickle *v = top(m);
	return v ? push(m, v) : m->err->code;
}

static secant_status
op_none(machine *m, int arg)
{
	format_pickle *v;
	return push_new(m, FORMAT_PICKLE_NONE, &v);
}

static secant_status
op_bool(machine *m, int arg)
{
	format_pickle *v;
	secant_status s = push_new(m, FORMAT_PICKLE_BOOL, &v);
	if (!s)
		v->integer = arg;
	return s;
}

/* 1 and 2 bytes are unsigned, 4 are signed. */
static secant_status
op_int(machine *m, int arg)
{
	format_pickle *v;
	uint64_t n;
	secant_status s = take_number(m, arg, &n);
	if (!s)
		s = push_new(m, FORMAT_PICKLE_INT, &v);
	if (!s)
		v->integer = arg == 4 ? (int32_t)(uint32_t)n : (int64_t)n;
	return s;
}

/* A little-endian two's complement number behind its length; what fits becomes an INT. */
static secant_status
op_long(machine *m, int arg)
{
	format_pickle *v;
	uint64_t n;
	secant_status s = take_number(m, arg, &n);
	const uint8_t *p = s ? NULL : take(m, n);
	if (!p)
		return m->err->code;
	s = push_new(m, n <= 8 ? FORMAT_PICKLE_INT : FORMAT_PICKLE_BIG, &v);
	if (s)
		return s;
	if (n > 8) {
		v->text.p = (const char *)p;
		v->text.n = (size_t)n;
		return SECANT_OK;
	}
	uint64_t bits = n && p[n - 1] & 0x80 ? UINT64_MAX : 0;
	for (uint64_t i = n; i-- > 0;)
		bits = bits << 8 | p[i];
	v->integer = (int64_t)bits;
	return SECANT_OK;
}

static secant_status
op_float(machine *m, int arg)
{
	format_pickle *v;
	const uint8_t *p = take(m, 8);
	secant_status s = p ? push_new(m, FORMAT_PICKLE_REAL, &v) : m->err->code;
	if (!s) {
		uint64_t bits = base_be64(p);
		memcpy(&v->real, &bits, 8);
	}
	return s;
}

static secant_status
push_text(machine *m, format_pickle_kind kind, int width)
{
	format_pickle *v;
	uint64_t n;
	secant_status s = take_number(m, width, &n);
	const uint8_t *p = s ? NULL : take(m, n);
	if (!p)
		return m->err->code;
	s = push_new(m, kind, &v);
	if (!s) {
		v->text.p = (const char *)p;
		v->text.n = (size_t)n;
	}
	return s;
}

static secant_status
op_str(machine *m, int arg)
{
	return push_text(m, FORMAT_PICKLE_STR, arg);
}

static secant_status
op_bytes(machine *m, int arg)
{
	return push_text(m, FORMAT_PICKLE_BYTES, arg);
}

static secant_status
op_empty(machine *m, int arg)
{
	format_pickle *v;
	return push_new(m, (format_pickle_kind)arg, &v);
}

/* A container of what lies above the last mark. */
static secant_status
op_collect(machine *m, int arg)
{
	int from = pop_mark(m);
	if (from < 0)
		return m->err->code;
	format_pickle *v = new_value(m, (format_pickle_kind)arg);
	secant_status s = v ? append(m, v, values_from(m, from), m->values.n - from) : m->err->code;
	if (!s && v->kind == FORMAT_PICKLE_DICT && v->items.n % 2)
		s = broken(m, "a dictionary has a key without a value");
	m->values.n = from;
	return s ? s : push(m, v);
}

static secant_status
op_tuple(machine *m, int arg)
{
	if (m->values.n - floor_of(m) < arg)
		return broken(m, "the stack is empty");
	format_pickle *v = new_value(m, FORMAT_PICKLE_TUPLE);
	secant_status s = v ? append(m, v, values_from(m, m->values.n - arg), arg) : m->err->code;
	m->values.n -= arg;
	return s ? s : push(m, v);
}

/* Adds the values from `from` on to the container below them. Keyed: to dictionaries, in pairs; else to lists and sets.
 */
static secant_status
add_to(machine *m, int from, bool keyed)
{
	int n = m->values.n - from;
	if (from <= floor_of(m))
		return broken(m, "there is nothing to add to");
	format_pickle *to = m->values.v[from - 1];
	bool plain = to->kind == FORMAT_PICKLE_LIST || to->kind == FORMAT_PICKLE_SET;
	if (to->kind != FORMAT_PICKLE_OBJECT && !(keyed ? to->kind == FORMAT_PICKLE_DICT : plain))
		return broken(m, keyed ? "entries are added to what is no dictionary" : "values are added to what is no list");
	if (keyed && n % 2)
		return broken(m, "a dictionary has a key without a value");
	/* An object that is not a mapping keeps nothing: its contents are of no interest. */
	bool keep = to->kind != FORMAT_PICKLE_OBJECT || (keyed && to->global->role == FORMAT_PICKLE_MAPPING);
	secant_status s = keep ? append(m, to, values_from(m, from), n) : SECANT_OK;
	m->values.n = from;
	return s;
}

static secant_status
op_append(machine *m, int arg)
{
	return m->values.n - floor_of(m) < 2 ? broken(m, "the stack is empty") : add_to(m, m->values.n - 1, false);
}

static secant_status
op_appends(machine *m, int arg)
{
	int from = pop_mark(m);
	return from < 0 ? m->err->code : add_to(m, from, false);
}

static secant_status
op_setitem(machine *m, int arg)
{
	return m->values.n - floor_of(m) < 3 ? broken(m, "the stack is empty") : add_to(m, m->values.n - 2, true);
}

static secant_status
op_setitems(machine *m, int arg)
{
	int from = pop_mark(m);
	return from < 0 ? m->err->code : add_to(m, from, true);
}

static secant_status
memo_set(machine *m, uint64_t i)
{
	format_pickle *v = top(m);
	if (!v)
		return m->err->code;
	if (i >= MOST_VALUES)
		return broken(m, "a memo number is out of range");
	while ((uint64_t)m->memo.capacity <= i) {
		int old = m->memo.capacity;
		if (base_grow((void **)&m->memo.v, &m->memo.capacity, old, sizeof(void *)))
			return no_memory(m);
		memset(m->memo.v + old, 0, (size_t)(m->memo.capacity - old) * sizeof(void *));
	}
	if (!m->memo.v[i])
		m->memo.n++; /* entries: what MEMOIZE numbers by */
	m->memo.v[i] = v;
	return SECANT_OK;
}

static secant_status
op_put(machine *m, int arg)
{
	uint64_t i;
	secant_status s = take_number(m, arg, &i);
	return s ? s : memo_set(m, i);
}

static secant_status
op_memoize(machine *m, int arg)
{
	return memo_set(m, (uint64_t)m->memo.n);
}

static secant_status
op_get(machine *m, int arg)
{
	uint64_t i;
	secant_status s = take_number(m, arg, &i);
	if (s)
		return s;
	if (i >= (uint64_t)m->memo.capacity || !m->memo.v[i])
		return broken(m, "a memo number was never set");
	return push(m, m->memo.v[i]);
}

/* A row for a class that has none, in the arena. */
static const format_pickle_global *
keep_class(machine *m, const char *name)
{
	size_t n = strlen(name) + 1;
	format_pickle_global *g = base_arena_alloc(m->r->arena, sizeof *g);
	char *copy = g ? base_arena_alloc(m->r->arena, n) : NULL;
	if (!copy) {
		(void)no_memory(m);
		return NULL;
	}
	memcpy(copy, name, n);
	*g = (format_pickle_global){ copy, FORMAT_PICKLE_CLASS, -1 };
	m->r->unknown = m->r->unknown ? m->r->unknown : copy;
	return g;
}

static secant_status
push_global(machine *m, const char *module, size_t module_n, const char *name, size_t name_n)
{
	char full[NAME_LIMIT + 1];
	if (module_n + 1 + name_n > NAME_LIMIT)
		return broken(m, "the name of a global is too long");
	memcpy(full, module, module_n);
	full[module_n] = '.';
	memcpy(full + module_n + 1, name, name_n);
	full[module_n + 1 + name_n] = '\0';
	const format_pickle_global *g = format_pickle_find_global(full);
	if (!g && format_pickle_does_harm(full))
		return secant_fail(m->err, SECANT_ERR_UNSUPPORTED,
			"holds a pickled python object %s; only tensors are read (save the state_dict of a model, not the model)",
			full);
	if (!g && !(g = keep_class(m, full)))
		return m->err->code;
	m->r->arrays |= !strncmp(full, "numpy.", 6) && (strstr(full, "_reconstruct") || strstr(full, "_frombuffer"));
	format_pickle *v;
	secant_status s = push_new(m, FORMAT_PICKLE_GLOBAL, &v);
	if (!s)
		v->global = g;
	return s;
}

/* A line of at most NAME_LIMIT bytes. */
static const char *
take_line(machine *m, size_t *n)
{
	const char *p = (const char *)m->r->data + m->r->at;
	size_t left = m->r->size - m->r->at;
	const char *end = memchr(p, '\n', left < NAME_LIMIT ? left : NAME_LIMIT);
	if (!end) {
		(void)broken(m, "the name of a global does not end");
		return NULL;
	}
	*n = (size_t)(end - p);
	m->r->at += *n + 1;
	return p;
}

static secant_status
op_global(machine *m, int arg)
{
	size_t a, b;
	const char *module = take_line(m, &a), *name = module ? take_line(m, &b) : NULL;
	return name ? push_global(m, module, a, name, b) : m->err->code;
}

static secant_status
op_stack_global(machine *m, int arg)
{
	format_pickle *name = pop(m), *module = name ? pop(m) : NULL;
	if (!module)
		return m->err->code;
	if (name->kind != FORMAT_PICKLE_STR || module->kind != FORMAT_PICKLE_STR)
		return broken(m, "the name of a global is not a string");
	return push_global(m, module->text.p, module->text.n, name->text.p, name->text.n);
}

/* What Python would call here, f(*arguments), becomes an object. arg: values to drop above the arguments (NEWOBJ_EX has
 * keywords). */
static secant_status
op_reduce(machine *m, int arg)
{
	while (arg-- > 0)
		if (!pop(m))
			return m->err->code;
	format_pickle *arguments = pop(m), *callable = arguments ? pop(m) : NULL;
	if (!callable)
		return m->err->code;
	/* A module's class in old files is ("module", class, file, source); what a call gave may be called. */
	if (callable->kind == FORMAT_PICKLE_PERSISTENT && format_pickle_item(callable->items.v[0], 1))
		callable = format_pickle_item(callable->items.v[0], 1);
	bool made = callable->kind == FORMAT_PICKLE_OBJECT
		&& (callable->global->role == FORMAT_PICKLE_CLASS || callable->global->role == FORMAT_PICKLE_OPAQUE);
	if ((callable->kind != FORMAT_PICKLE_GLOBAL && !made) || arguments->kind != FORMAT_PICKLE_TUPLE)
		return broken(m, "something is called that is not a known global with a tuple of arguments");
	format_pickle *v;
	secant_status s = push_new(m, FORMAT_PICKLE_OBJECT, &v);
	if (!s) {
		v->global = callable->global;
		v->arguments = arguments;
	}
	return s;
}

/* Attributes of an object: kept of a class without a row, else dropped. */
static secant_status
op_build(machine *m, int arg)
{
	void *attributes = m->values.n - floor_of(m) < 2 ? NULL : pop(m);
	if (!attributes)
		return broken(m, "the stack is empty");
	format_pickle *to = top(m);
	if (!to)
		return m->err->code;
	bool keep = to->kind == FORMAT_PICKLE_OBJECT && to->global->role == FORMAT_PICKLE_CLASS && !to->items.n;
	return keep ? append(m, to, &attributes, 1) : SECANT_OK;
}

static secant_status
op_persistent(machine *m, int arg)
{
	void *id = pop(m);
	format_pickle *v;
	secant_status s = id ? push_new(m, FORMAT_PICKLE_PERSISTENT, &v) : m->err->code;
	if (!s)
		s = append(m, v, &id, 1);
	if (!s && !m->r->persistent && !(m->r->persistent = new_value(m, FORMAT_PICKLE_LIST)))
		s = m->err->code;
	return s ? s : append(m, m->r->persistent, &(void *){ v }, 1);
}

static const struct opcode {
	secant_status (*run)(machine *m, int arg);
	int arg;
} opcodes[256] = {
	[0x80] = { op_proto },
	[0x95] = { op_frame },
	['.'] = { op_stop },
	['('] = { op_mark },
	['0'] = { op_pop },
	['1'] = { op_pop_mark },
	['2'] = { op_dup },
	['N'] = { op_none },
	[0x88] = { op_bool, 1 },
	[0x89] = { op_bool, 0 },
	['K'] = { op_int, 1 },
	['M'] = { op_int, 2 },
	['J'] = { op_int, 4 },
	[0x8a] = { op_long, 1 },
	[0x8b] = { op_long, 4 },
	['G'] = { op_float },
	[0x8c] = { op_str, 1 },
	['X'] = { op_str, 4 },
	[0x8d] = { op_str, 8 },
	['U'] = { op_str, 1 },
	['T'] = { op_str, 4 },
	['C'] = { op_bytes, 1 },
	['B'] = { op_bytes, 4 },
	[0x8e] = { op_bytes, 8 },
	[0x96] = { op_bytes, 8 },
	[')'] = { op_empty, FORMAT_PICKLE_TUPLE },
	[']'] = { op_empty, FORMAT_PICKLE_LIST },
	['}'] = { op_empty, FORMAT_PICKLE_DICT },
	[0x8f] = { op_empty, FORMAT_PICKLE_SET },
	['t'] = { op_collect, FORMAT_PICKLE_TUPLE },
	['l'] = { op_collect, FORMAT_PICKLE_LIST },
	['d'] = { op_collect, FORMAT_PICKLE_DICT },
	[0x91] = { op_collect, FORMAT_PICKLE_SET },
	[0x85] = { op_tuple, 1 },
	[0x86] = { op_tuple, 2 },
	[0x87] = { op_tuple, 3 },
	['a'] = { op_append },
	['e'] = { op_appends },
	[0x90] = { op_appends },
	['s'] = { op_setitem },
	['u'] = { op_setitems },
	['q'] = { op_put, 1 },
	['r'] = { op_put, 4 },
	[0x94] = { op_memoize },
	['h'] = { op_get, 1 },
	['j'] = { op_get, 4 },
	['c'] = { op_global },
	[0x93] = { op_stack_global },
	['R'] = { op_reduce, 0 },
	[0x81] = { op_reduce, 0 },
	[0x92] = { op_reduce, 1 },
	['b'] = { op_build },
	['Q'] = { op_persistent },
};

static secant_status
run(machine *m)
{
	while (!m->done) {
		m->start = m->r->at;
		const uint8_t *code = take(m, 1);
		if (!code)
			return m->err->code;
		if (!opcodes[*code].run)
			return secant_fail(m->err, SECANT_ERR_FORMAT,
				"pickle, byte %zu: opcode 0x%02x is not one that tensors need", m->start, *code);
		secant_status s = opcodes[*code].run(m, opcodes[*code].arg);
		if (s)
			return s;
	}
	return SECANT_OK;
}

format_pickle *
format_pickle_read(format_pickle_reader *r, secant_err *err)
{
	secant_err e = { 0 };
	machine m = { .r = r, .err = &e };
	secant_status s = run(&m);
	format_pickle *v = s ? NULL : m.values.v[0];
	secant_free(m.values.v);
	secant_free(m.marks.v);
	secant_free(m.memo.v);
	if (s)
		secant_fail(err, s, "%s", e.msg);
	return v;
}
