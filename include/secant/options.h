/*
 * Option tables: one typed row per field, from which come command-line flags, JSON configuration, --help and the
 * reference pages.
 *
 * To add an option: add the field to the struct and one row to its table. Nothing else.
 *
 *     typedef struct blur { int radius; double sigma; char *border; } blur;
 *     static const secant_opt blur_rows[] = {
 *         SECANT_OPT(blur, radius, INT, "radius", "2", 0, 64, "half the window, in pixels"),
 *         SECANT_OPT(blur, sigma, REAL, "sigma", "0.8", 0, 100, "deviation, in pixels"),
 *         SECANT_OPT_CHOICE(blur, border, "border", "edge", "edge|zero|mirror", "what lies outside"),
 *         SECANT_OPT_END
 *     };
 *     static const secant_opts blur_options = { "blur", sizeof(blur), blur_rows };
 *
 * Defaults are written as text and read by the same parser as the user's input, so that what is printed is what is
 * meant.
 */
#ifndef SECANT_OPTIONS_H
#define SECANT_OPTIONS_H
#include <secant/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SECANT_LIST_MAX = 16 };

/* A short list of numbers: "64,32,16" or a JSON array. */
typedef struct secant_ints {
	int n;
	int v[SECANT_LIST_MAX];
} secant_ints;
typedef struct secant_reals {
	int n;
	double v[SECANT_LIST_MAX];
} secant_reals;
/* A list of strings; an option given again appends, a JSON array sets all. Owned by the struct that holds it
 * (secant_opts_free). */
typedef struct secant_strings {
	int n;
	char **v;
} secant_strings;

typedef enum secant_opt_type {
	SECANT_OPT_INT, /* int */
	SECANT_OPT_REAL, /* double */
	SECANT_OPT_BOOL, /* bool: --flag, --no-flag, --flag=true|false */
	SECANT_OPT_STR, /* char *, NULL when the default is NULL and nothing was given */
	SECANT_OPT_CHOICE, /* int: index into values "a|b|c" */
	SECANT_OPT_SIZE, /* secant_ints: HxW or one number for both; n = 2 after parsing, 0 if the default is NULL */
	SECANT_OPT_INTS, /* secant_ints */
	SECANT_OPT_REALS, /* secant_reals */
	SECANT_OPT_STRS, /* secant_strings */
	SECANT_OPT_JSON, /* char *: any JSON value as text, checked to parse; a bare word counts as a JSON string */
	SECANT_OPT_TABLE, /* a nested struct with its own table: its rows count as rows of this one */
	SECANT_OPT_VARIANT, /* char *: options of one of several tables, as a JSON object of name and text; see below */
	SECANT_OPT_HEADING /* no field: a heading in --help and in the reference pages */
} secant_opt_type;

typedef struct secant_opts secant_opts;
typedef struct secant_opts_line secant_opts_line; /* a command line that is being read */

typedef struct secant_opt {
	const char *name; /* as on the command line, without dashes */
	const char *help; /* one line: what it does, unit */
	secant_opt_type type;
	size_t offset;
	const char *def; /* default as text, NULL for none */
	double min, max; /* of numbers and of each number of a list; min > max: no limits */
	const char *values; /* of a choice: "a|b|c" */
	const secant_opts *table; /* of a nested table */
	const secant_opts *(*variant)(int i); /* of a variant: table i, NULL after the last */
} secant_opt;

/*
 * A variant: which table counts is said by another option (an architecture, say), wherever that stands. So the field
 * keeps what was given, checked against every table that has a row of that name; secant_opts_resolve fills the struct
 * of the chosen table with it. Names count as names of the outer table; help shows each table under its name.
 */

struct secant_opts {
	const char *name; /* for messages: "train", "conv2d" */
	size_t size; /* of the struct */
	const secant_opt *rows; /* ends at SECANT_OPT_END */
	/* Called by secant_opts_parse with the defaults set, before configuration and line are: for options that come from
	 * elsewhere. `object` is the caller's struct, which may hold more than options. NULL: nothing does. */
	secant_status (*before)(const secant_opts_line *line, void *object, secant_err *err);
};

/* _Generic refuses, at compile time, a row whose type is not the field's type. */
#define SECANT_C_INT int
#define SECANT_C_REAL double
#define SECANT_C_BOOL bool
#define SECANT_C_STR char *
#define SECANT_C_JSON char *
#define SECANT_C_SIZE secant_ints
#define SECANT_C_INTS secant_ints
#define SECANT_C_REALS secant_reals
#define SECANT_C_STRS secant_strings
#define SECANT_FIELD_IS(S, f, T) (offsetof(S, f) + 0u * sizeof(char[_Generic(((S *)0)->f, T : 1)]))
#define SECANT_OPT(S, f, T, nam, de, lo, hi, hlp) \
	{ \
		.name = nam, .help = hlp, .type = SECANT_OPT_##T, .offset = SECANT_FIELD_IS(S, f, SECANT_C_##T), .def = de, \
		.min = lo, .max = hi \
	}
#define SECANT_OPT_CHOICE(S, f, nam, de, vals, hlp) \
	{ \
		.name = nam, .help = hlp, .type = SECANT_OPT_CHOICE, .offset = SECANT_FIELD_IS(S, f, int), .def = de, \
		.values = vals \
	}
#define SECANT_OPT_TABLE(S, f, tab) \
	{ \
		.name = "", .type = SECANT_OPT_TABLE, .offset = offsetof(S, f), .table = tab \
	}
#define SECANT_OPT_VARIANT(S, f, tables) \
	{ \
		.name = "architecture", .type = SECANT_OPT_VARIANT, .offset = SECANT_FIELD_IS(S, f, char *), .variant = tables \
	}
#define SECANT_OPT_HEADING(text) \
	{ \
		.name = "", .help = text, .type = SECANT_OPT_HEADING \
	}
#define SECANT_OPT_END \
	{ \
		.name = NULL \
	}

/* Sets every field to its default. The struct must be uninitialised or freed. Fails only on NOMEM (or on a table whose
 * default does not parse: SECANT_ERR_BUG, which a test excludes for every registered table). */
SECANT_API secant_status secant_opts_init(const secant_opts *table, void *object, secant_err *err) SECANT_NODISCARD;
/* Frees what the fields own and zeroes them. */
SECANT_API void secant_opts_free(const secant_opts *table, void *object);
/* Copies every field, owning copies of strings. `to` must be uninitialised or freed. */
SECANT_API secant_status secant_opts_copy(
	const secant_opts *table, void *to, const void *from, secant_err *err) SECANT_NODISCARD;
/* Sets one option from text. Unknown name: error with the nearest name. Errors read "--name: what is wrong". */
SECANT_API secant_status secant_opts_set(
	const secant_opts *table, void *object, const char *name, const char *text, secant_err *err) SECANT_NODISCARD;
/* Sets options from a JSON object, as text; `origin` (a file name) is for messages. Keys may use - or _. */
SECANT_API secant_status secant_opts_set_json(
	const secant_opts *table, void *object, const char *json, const char *origin, secant_err *err) SECANT_NODISCARD;
/* Every option with its value, one JSON object as text; caller frees with secant_free. NULL on NOMEM. */
SECANT_API char *secant_opts_to_json(const secant_opts *table, const void *object);
/* The value of one option as text, as secant_opts_set would read it; caller frees with secant_free. NULL when unset or
 * unknown. */
SECANT_API char *secant_opts_get(const secant_opts *table, const void *object, const char *name);
/* Finds a row by name, nested tables and variants included; `offset` (nullable) receives the field's offset in the
 * outermost struct; of a row in a variant: the variant's. */
SECANT_API const secant_opt *secant_opts_find(const secant_opts *table, const char *name, size_t *offset);
/* Calls `visit` for every row in order, nested tables flattened, headings included; a variant is one row. */
SECANT_API void secant_opts_each(
	const secant_opts *table, void (*visit)(void *user, const secant_opt *row, size_t offset), void *user);
/* The same for what people read: instead of a variant, at the end the rows of each of its tables, under
 * a heading. */
SECANT_API void secant_opts_each_shown(
	const secant_opts *table, void (*visit)(void *user, const secant_opt *row), void *user);
/* Fills `object`, a struct of table `chosen`, with its defaults and what variant text `given` (NULL: nothing) says. An
 * option that `chosen` does not have is an error, unless it has its default value in the tables that have it. */
SECANT_API secant_status secant_opts_resolve(const secant_opts *chosen, const secant_opts *(*variant)(int i),
	const char *given, void *object, secant_err *err) SECANT_NODISCARD;
/* The text that stands for all of `object`: what secant_opts_resolve reads back. NULL on NOMEM; secant_free. */
SECANT_API char *secant_opts_variant_text(const secant_opts *chosen, const void *object);
/* Parses a command line: options go to the struct, the rest to `operands` (pointers into argv, appended in order; room
 * for argc).
 * `--` ends options. Reads --config FILE first, wherever it stands, so that the command line wins. Returns the number
 * of operands through `n`. Unknown options are errors that name the nearest. "--name" of a BOOL takes no separate
 * argument; "--no-name" clears it. */
SECANT_API secant_status secant_opts_parse(const secant_opts *table, void *object, int argc, const char *const *argv,
	const char **operands, int *n, secant_err *err) SECANT_NODISCARD;
/* What the line gives an option: the last value, "true" of a flag; NULL: nothing, or there is no such row. */
SECANT_API const char *secant_opts_typed(const secant_opts_line *line, const char *name);
/* The string that the configuration of the line (--config) gives an option; NULL: none. */
SECANT_API const char *secant_opts_configured(const secant_opts_line *line, const char *name);
/* The options as the body of --help, in lines of `width` columns (60 to 100; 0: 100): those of a NULL-terminated list
 * of names, in its order, or all with their headings (names NULL). Caller frees with secant_free. NULL on NOMEM. */
SECANT_API char *secant_opts_help(const secant_opts *table, const char *const *names, int width);
/* The options as Markdown tables for the reference pages; `dash` ("--" or "") stands before each name; caller frees
 * with secant_free. NULL on NOMEM. */
SECANT_API char *secant_opts_markdown(const secant_opts *table, const char *dash);

/* ---- handles ---- */

/*
 * Options as a handle: the library knows how large the struct behind it is, so that a program goes on working when a
 * later version has options more (a struct of the program's own would be too small for it). Names and values are text.
 *
 *     secant_options *o = secant_options_new("predict", &err);
 *     secant_options_set(o, "tile", "512", &err);
 *     p = secant_predictor_open(&path, 1, secant_options_struct(o), &err);
 *     secant_options_free(o);
 */
typedef struct secant_options secant_options;
/* Of a table by its name ("predict", "predict-output", "predict-clouds"; libsecant adds "train", "eval", "import",
 * "run", "plan", "demo"), with its defaults. NULL and err on failure; an unknown name is told the known ones. */
SECANT_API secant_options *secant_options_new(const char *table, secant_err *err);
SECANT_API void secant_options_free(secant_options *o); /* NULL is fine */
SECANT_API secant_status secant_options_set(
	secant_options *o, const char *name, const char *text, secant_err *err) SECANT_NODISCARD;
SECANT_API secant_status secant_options_set_json(
	secant_options *o, const char *json, secant_err *err) SECANT_NODISCARD; /* all keys of an object */
/* Fresh memory (secant_free); NULL: unset, unknown, no memory. */
SECANT_API char *secant_options_get(const secant_options *o, const char *name);
SECANT_API char *secant_options_json(const secant_options *o);
/* What functions take: a pointer to the table's struct, of the library's size; the handle's. */
SECANT_API const void *secant_options_struct(const secant_options *o);
/* The name of table i; NULL after the last. */
SECANT_API const char *secant_options_table(int i);
/* For libraries that stand on this one: tables by name, ended by a NULL name; the array stays the caller's. */
typedef struct secant_options_named {
	const char *name;
	const secant_opts *table;
} secant_options_named;
SECANT_API void secant_options_add(const secant_options_named *tables);

/* The entry of a NULL-terminated list that `name` was meant to be: one letter from it, else the shortest that begins
 * so, else the nearest; NULL when none is near enough to be a slip of the keyboard. */
SECANT_API const char *secant_nearest(const char *name, const char *const *list);

/* Frees memory that the library handed to the caller. NULL is fine. */
SECANT_API void secant_free(void *p);

#ifdef __cplusplus
}
#endif
#endif
