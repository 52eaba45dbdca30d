/*
 * Names of files that mean the same: macOS writes letters with marks as letter and mark (Unicode's form D), all others
 * as one (form C), and neither it nor Windows heeds case.
 */
#include "annotations/name_key.h"
#include <ctype.h>
#include <utf8proc.h>

static const utf8proc_option_t how = (utf8proc_option_t)(UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);

/* Form D of a name; NULL: it is no UTF-8, or no memory. */
static char *
apart(const char *name)
{
	const utf8proc_uint8_t *from = (const utf8proc_uint8_t *)name;
	utf8proc_ssize_t n = utf8proc_decompose(from, 0, NULL, 0, how);
	/* numbers of characters, written over by their bytes, four at most each, and the end */
	utf8proc_int32_t *to = n < 0 ? NULL : secant_calloc((size_t)n + 1, sizeof *to);
	if (to && utf8proc_decompose(from, 0, to, n, how) == n && utf8proc_reencode(to, n, how) >= 0)
		return (char *)to;
	secant_free(to);
	return NULL;
}

char *
ann_name_key(const char *name)
{
	char *key = apart(name);
	if (!key)
		key = base_strdup(name);
	for (char *c = key; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return key;
}
