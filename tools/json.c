/* What `--json` prints, and log lines as JSON. */
#define TOOLS_JSON_ITSELF
#include "command.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool printed; /* an object went to standard output */

bool
tool_json_printed(void)
{
	return printed;
}

static bool lost; /* a part of what is being built */

int
tool_json_put(json_t *object, const char *key, json_t *value)
{
	int failed = json_object_set_new(object, key, value);
	lost |= failed != 0;
	return failed;
}

int
tool_json_append(json_t *array, json_t *value)
{
	int failed = json_array_append_new(array, value);
	lost |= failed != 0;
	return failed;
}

struct buffer {
	char *p;
	size_t n, room;
	bool failed;
};

/* jansson 2.14 prints on where the receiver of a key failed, so the receiver remembers. */
static int
receive(const char *text, size_t n, void *user)
{
	struct buffer *b = user;
	if (!b->failed && b->n + n + 1 > b->room) {
		size_t room = 2 * (b->n + n) + 1024;
		char *p = realloc(b->p, room);
		b->failed = !p;
		if (p) {
			b->p = p;
			b->room = room;
		}
	}
	if (b->failed)
		return -1;
	memcpy(b->p + b->n, text, n);
	b->n += n;
	return 0;
}

/* json_dumps; NULL: no memory, or a name that is no UTF-8. */
static char *
json_text(const json_t *j, size_t flags)
{
	struct buffer b = { 0 };
	if (!json_dump_callback(j, receive, &b, flags) && !receive("", 1, &b))
		return b.p;
	free(b.p);
	return NULL;
}

int
tool_print_json(FILE *to, json_t *j, size_t flags, secant_err *err)
{
	char *text = j && !lost ? json_text(j, flags) : NULL;
	json_decref(j);
	lost = false;
	if (!text)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for JSON, or a name in it is no UTF-8");
	fprintf(to, "%s\n", text);
	printed |= to == stdout;
	free(text);
	return 0;
}

json_t *
tool_number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

const char *
tool_score(char text[TOOL_SCORE], double v)
{
	(void)snprintf(text, TOOL_SCORE, isnan(v) ? "-" : "%.4f", v);
	return text;
}
