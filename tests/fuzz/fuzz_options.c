/*
 * Options from text: the first byte chooses JSON or a command line (arguments separated by zero bytes). Whatever was
 * accepted is printed as JSON and read again: both must agree.
 */
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "secant/options.h"

typedef struct all {
	int i, choice;
	double r;
	bool b;
	char *s, *j;
	secant_ints size, ints;
	secant_reals reals;
	secant_strings strs;
} all;

static const secant_opt rows[] = {
	SECANT_OPT(all, i, INT, "int", "3", -5, 100, "a whole number"),
	SECANT_OPT(all, r, REAL, "real", "0.5", 1, 0, "a number"),
	SECANT_OPT(all, b, BOOL, "flag", "true", 0, 0, "a flag"),
	SECANT_OPT(all, s, STR, "string", NULL, 0, 0, "a text"),
	SECANT_OPT(all, j, JSON, "any-json", NULL, 0, 0, "anything"),
	SECANT_OPT_CHOICE(all, choice, "choice", "b", "a|b|long-name", "one of three"),
	SECANT_OPT(all, size, SIZE, "size", NULL, 1, 4096, "a size"),
	SECANT_OPT(all, ints, INTS, "ints", "1,2", 0, 9, "some numbers"),
	SECANT_OPT(all, reals, REALS, "reals", "", 1, 0, "some numbers"),
	SECANT_OPT(all, strs, STRS, "strs", NULL, 0, 0, "some texts"),
	SECANT_OPT_END,
};
static const secant_opts table = { "fuzz", sizeof(all), rows };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_round_trip(const all *a)
{
	all b;
	secant_err err = { 0 };
	char *text = secant_opts_to_json(&table, a), *again;
	if (secant_opts_init(&table, &b, NULL) || !text || secant_opts_set_json(&table, &b, text, "printed", &err))
		abort();
	again = secant_opts_to_json(&table, &b);
	if (!again || strcmp(text, again))
		abort();
	secant_free(text);
	secant_free(again);
	secant_opts_free(&table, &b);
}

/* Cuts text into arguments at its zero bytes and parses them. */
static secant_status
parse_line(all *a, char *text, size_t size, secant_err *err)
{
	enum { MOST = 32 };
	const char *argv[MOST], *operands[MOST];
	int argc = 0, n;
	for (size_t at = 0; at < size && argc < MOST; at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	return secant_opts_parse(&table, a, argc, argv, operands, &n, err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	all a;
	secant_err err = { 0 };
	if (!size || secant_opts_init(&table, &a, NULL))
		return 0;
	char *text = secant_calloc(size, 1);
	memcpy(text, data + 1, size - 1);
	secant_status s = data[0] == '{' ? secant_opts_set_json(&table, &a, text, "fuzz", &err)
									 : parse_line(&a, text, size - 1, &err);
	if ((s == SECANT_OK) != (err.code == SECANT_OK) || strchr(err.msg, '\n'))
		abort();
	if (!s)
		check_round_trip(&a);
	secant_free(text);
	secant_opts_free(&table, &a);
	return 0;
}
