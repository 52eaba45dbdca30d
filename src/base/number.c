/*
 * Numbers to text and back through a C locale of our own, because the process that embeds the library may have set
 * another.
 */
#include "base/number.h"
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static locale_t plain;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
make_plain(void)
{
	plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static double
plain_strtod(const char *text, char **end)
{
	pthread_once(&once, make_plain);
	return plain ? strtod_l(text, end, plain) : strtod(text, end);
}

bool
base_real_parse(const char *text, double *v)
{
	char *end;
	if (!*text || text[strspn(text, "0123456789+-.eE")])
		return false;
	*v = plain_strtod(text, &end);
	return end != text && !*end && isfinite(*v);
}

const char *
base_real_text(double v, char buffer[40])
{
	pthread_once(&once, make_plain);
	locale_t old = plain ? uselocale(plain) : (locale_t)0;
	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(buffer, 40, "%.*g", digits, v);
		if (!(v == v) || plain_strtod(buffer, NULL) == v)
			break;
	}
	if (old)
		uselocale(old);
	return buffer;
}

bool
base_int_parse(const char *text, long long *v)
{
	char *end;
	if (!*text || text[strspn(text, "0123456789+-")])
		return false;
	errno = 0;
	*v = strtoll(text, &end, 10);
	return end != text && !*end && !errno;
}
