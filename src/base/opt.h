/* What the files opt*.c share. Nobody else includes this. */
#ifndef BASE_OPT_H
#define BASE_OPT_H
#include <jansson.h>
#include <secant/options.h>

/* Reads `text` into the field; `label` names the option in messages ("--batch" or "batch"). A field that owns memory
 * frees the old. */
secant_status base_opt_read(const secant_opt *row, void *field, const char *label, const char *text, secant_err *err);
/* The same from a JSON value. null is the value of an option whose default is none. */
secant_status base_opt_read_json(
	const secant_opt *row, void *field, const char *label, const json_t *j, secant_err *err);
bool base_opt_is_set(const secant_opt *row, const void *field); /* whether it has a value, which can be text */
/* The value as text (as base_opt_read takes it) or as JSON; NULL: unset (text) or no memory. Fresh memory. */
char *base_opt_text(const secant_opt *row, const void *field);
json_t *base_opt_json(const secant_opt *row, const void *field);
void base_opt_clear(const secant_opt *row, void *field);
/* "--bach: no such option (nearest: --batch)"; `dash` is "--" or "". */
secant_status base_opt_unknown(const secant_opts *table, const char *dash, const char *name, secant_err *err);
/* The k-th word of "a|b|c" in `buffer` (64 bytes); NULL after the last. */
const char *base_opt_choice(const char *values, int k, char buffer[64]);
/* Variants (opt_variant.c). The first table from *from on that has a row of that name: its row, *from its number. */
const secant_opt *base_opt_in_variant(const secant_opts *(*variant)(int i), int *from, const char *name);
/* Keeps an option of a variant, from text or (j not NULL) JSON. */
secant_status base_opt_give(const secant_opts *(*variant)(int i), char **field, const char *label, const char *name,
	const char *text, const json_t *j, secant_err *err);
bool base_opt_add_given(json_t *out, const secant_opts *(*variant)(int i), const char *given);

bool base_opt_is_text(const secant_opt *row); /* its field is a char * of its own */
/* Sets the option of that name (it exists) from text or (j not NULL) JSON. */
secant_status base_opt_put(const secant_opts *table, void *object, const char *label, const char *name,
	const char *text, const json_t *j, secant_err *err);
bool base_opt_is_row(const secant_opt *row); /* has a field: neither a heading nor a nested table */
#endif
