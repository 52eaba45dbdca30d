/* What `--json` prints, and log lines as JSON. */
#define TOOLS_JSON_ITSELF
#include "command.h"
#include <math.h>
#include <stdlib.h>

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

int
tool_print_json(FILE *to, json_t *j, size_t flags, secant_err *err)
{
	char *text = j && !lost ? json_dumps(j, flags) : NULL;
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
