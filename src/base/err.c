/*
 * The error record, the version and the log call. The first error wins; messages are one line whatever a hostile file
 * put into a name, so control bytes become '?' and a cut never leaves half a UTF-8 character.
 */
#include <secant/base.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#ifndef SECANT_VERSION
#error "the build defines SECANT_VERSION"
#endif

/* Makes `text`, which may have been cut at its end, one clean line. */
static void
clean_line(char *text)
{
	size_t n = strlen(text), start = n;
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
		else if ((unsigned char)*p == 0xc2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xa0)
			p[0] = p[1] = '?'; /* a control of two bytes in UTF-8 */
	while (start > 0 && n - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
		start--;
	if (start == 0 || (unsigned char)text[start - 1] < 0xC0)
		return;
	unsigned char lead = (unsigned char)text[start - 1];
	size_t need = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
	if (n - start < need)
		text[start - 1] = '\0';
}

secant_status
secant_fail(secant_err *err, secant_status code, const char *fmt, ...)
{
	if (!err || err->code != SECANT_OK)
		return code;
	va_list ap;
	va_start(ap, fmt);
	err->code = code;
	(void)vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	va_end(ap);
	clean_line(err->msg);
	return code;
}

secant_status
secant_err_prefix(secant_err *err, const char *fmt, ...)
{
	char old[sizeof err->msg], head[sizeof err->msg];
	if (!err)
		return SECANT_OK;
	if (err->code == SECANT_OK)
		return SECANT_OK;
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(head, sizeof head, fmt, ap);
	va_end(ap);
	memcpy(old, err->msg, sizeof old);
	size_t n = strlen(head), room = sizeof err->msg - 1;
	if (n > room - 2)
		n = room - 2;
	memcpy(err->msg, head, n);
	memcpy(err->msg + n, ": ", 2);
	size_t m = strlen(old);
	if (m > room - n - 2)
		m = room - n - 2;
	memcpy(err->msg + n + 2, old, m);
	err->msg[n + 2 + m] = '\0';
	clean_line(err->msg);
	return err->code;
}

double
secant_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

const char *
secant_version(void)
{
	return SECANT_VERSION;
}

void
secant_log(const secant_logger *logger, secant_level level, const char *fmt, ...)
{
	char line[1024];
	if (!logger || !logger->log)
		return;
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	clean_line(line);
	logger->log(logger->user, level, line);
}
