/*
 * What the values of a pickle are to those who read them: which global stands for what (pickle_globals.inc), which
 * modules of Python nobody lets in, and the parts of dictionaries and tuples. The machine that makes values is
 * pickle.c.
 */
#include "formats/pickle.h"
#include <string.h>

static const format_pickle_global globals[] = {
#define GLOBAL(n, r, d) { n, FORMAT_PICKLE_##r, FORMAT_GLOBAL_##d },
#define FORMAT_GLOBAL_UNTYPED (-1)
#define FORMAT_GLOBAL_FOREIGN1 (-1)
#define FORMAT_GLOBAL_FOREIGN4 (-4)
#define FORMAT_GLOBAL_FOREIGN8 (-8)
#define FORMAT_GLOBAL_FOREIGN16 (-16)
#define FORMAT_GLOBAL_F32 SECANT_F32
#define FORMAT_GLOBAL_F64 SECANT_F64
#define FORMAT_GLOBAL_BF16 SECANT_BF16
#define FORMAT_GLOBAL_F16 SECANT_F16
#define FORMAT_GLOBAL_U8 SECANT_U8
#define FORMAT_GLOBAL_I8 SECANT_I8
#define FORMAT_GLOBAL_U16 SECANT_U16
#define FORMAT_GLOBAL_I16 SECANT_I16
#define FORMAT_GLOBAL_I32 SECANT_I32
#define FORMAT_GLOBAL_I64 SECANT_I64
#define FORMAT_GLOBAL_BOOL SECANT_BOOL
#include "formats/pickle_globals.inc"
#undef GLOBAL
	{ NULL },
};

const format_pickle_global *
format_pickle_find_global(const char *name)
{
	for (const format_pickle_global *g = globals; g->name; g++) {
		size_t n = strlen(g->name);
		if (g->name[n - 1] == '*' ? !strncmp(g->name, name, n - 1) : !strcmp(g->name, name))
			return g;
	}
	return NULL;
}

bool
format_pickle_does_harm(const char *name)
{
	static const char *const modules[] = { "os.", "posix.", "nt.", "subprocess.", "sys.", "builtins.", "__builtin__.",
		"shutil.", "socket.", "runpy.", "pty.", "importlib.", "ctypes.", "code.", "codeop.", "webbrowser.", "commands.",
		"pickle.", "_pickle.", "marshal.", "asyncio.", "multiprocessing.", "pdb.", "timeit.", "platform.", "pip.",
		"urllib.", "http.", "requests.", "tempfile.", "signal." };
	for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
		if (!strncmp(name, modules[i], strlen(modules[i])))
			return true;
	return false;
}

/* ---- values ---- */

bool
format_pickle_is_str(const format_pickle *v, const char *text)
{
	return v && v->kind == FORMAT_PICKLE_STR && v->text.n == strlen(text) && !memcmp(v->text.p, text, v->text.n);
}

bool
format_pickle_is_mapping(const format_pickle *v)
{
	return v
		&& (v->kind == FORMAT_PICKLE_DICT
			|| (v->kind == FORMAT_PICKLE_OBJECT && v->global->role == FORMAT_PICKLE_MAPPING));
}

/* torch.Size((2, 3)) is taken for its tuple. */
static const format_pickle *
sequence(const format_pickle *v)
{
	if (v && v->kind == FORMAT_PICKLE_OBJECT && v->global->role == FORMAT_PICKLE_SIZE && v->arguments->items.n == 1)
		v = v->arguments->items.v[0];
	return v && (v->kind == FORMAT_PICKLE_TUPLE || v->kind == FORMAT_PICKLE_LIST) ? v : NULL;
}

int
format_pickle_length(const format_pickle *v)
{
	const format_pickle *s = sequence(v);
	return s ? s->items.n : -1;
}

format_pickle *
format_pickle_item(const format_pickle *v, int i)
{
	const format_pickle *s = sequence(v);
	return s && i >= 0 && i < s->items.n ? s->items.v[i] : NULL;
}
