/*
 * libtiff's view of the world: memory to read from, a sink to write to, and messages that go into an error record
 * instead of to standard error. Handlers belong to one handle (libtiff 4.5), so that threads do not meet.
 */
#include "codec/tiff.h"
#include <stdarg.h>
#include <stdio.h>

#if TIFFLIB_VERSION < 20221213
#error "libtiff 4.5 or later is needed: handlers of messages for each file"
#endif

enum { LARGEST_BLOCK = INT32_MAX };

static tmsize_t
read_bytes(thandle_t h, void *to, tmsize_t n)
{
	codec_tiff_file *f = h;
	if (!f->data || n < 0 || f->at >= f->size)
		return 0;
	uint64_t left = f->size - f->at;
	if ((uint64_t)n > left)
		n = (tmsize_t)left;
	memcpy(to, f->data + f->at, (size_t)n);
	f->at += (uint64_t)n;
	return n;
}

static tmsize_t
write_bytes(thandle_t h, void *from, tmsize_t n)
{
	codec_tiff_file *f = h;
	return f->sink && n >= 0 && codec_sink_put(f->sink, from, (size_t)n) ? n : -1;
}

static toff_t
seek(thandle_t h, toff_t offset, int whence)
{
	codec_tiff_file *f = h;
	uint64_t at = f->sink ? f->sink->at : f->at, end = f->sink ? f->sink->end : f->size;
	uint64_t to = offset + (whence == SEEK_CUR ? at : whence == SEEK_END ? end : 0);
	if (f->sink)
		return codec_sink_seek(f->sink, to) ? to : (toff_t)-1;
	f->at = to;
	return to;
}

static toff_t
size_of(thandle_t h)
{
	codec_tiff_file *f = h;
	return f->sink ? f->sink->end : f->size;
}

static int
leave(thandle_t h)
{
	return 0;
}

static int
map(thandle_t h, void **data, toff_t *size)
{
	codec_tiff_file *f = h;
	*data = (void *)(uintptr_t)f->data;
	*size = f->size;
	return f->data != NULL;
}

static void
unmap(thandle_t h, void *data, toff_t size)
{
}

/* Tags that move no pixel: with a value that the standard does not know they are left out, as other readers do. */
static bool
is_trifle(const char *text)
{
	static const char *const tags[] = { "\"Orientation\"", "\"ResolutionUnit\"", "\"XResolution\"", "\"YResolution\"" };
	bool found = false;
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		found |= strstr(text, tags[i]) != NULL;
	return found && strstr(text, "Bad value");
}

static int
keep_error(TIFF *t, void *user, const char *module, const char *fmt, va_list ap)
{
	codec_tiff_file *f = user;
	char text[300];
	(void)vsnprintf(text, sizeof text, fmt, ap);
	if (is_trifle(text))
		return 1;
	(void)secant_fail(&f->err, strstr(text, "memory") ? SECANT_ERR_NOMEM : SECANT_ERR_FORMAT, "TIFF: %s", text);
	return 1;
}

/* Warnings are remarks on style, but for one: libtiff leaves out tags whose data lies behind the end of the file. */
static int
consider_warning(TIFF *t, void *user, const char *module, const char *fmt, va_list ap)
{
	codec_tiff_file *f = user;
	char text[300];
	(void)vsnprintf(text, sizeof text, fmt, ap);
	if (strstr(text, "IO error"))
		(void)secant_fail(&f->err, SECANT_ERR_FORMAT, "TIFF: the file ends too early: %s", text);
	return 1;
}

static secant_status
open_handle(codec_tiff_file *f, const char *mode, secant_err *err)
{
	TIFFOpenOptions *o = TIFFOpenOptionsAlloc();
	if (!o)
		return secant_fail(err, SECANT_ERR_NOMEM, "TIFF: no memory");
	TIFFOpenOptionsSetErrorHandlerExtR(o, keep_error, f);
	TIFFOpenOptionsSetWarningHandlerExtR(o, consider_warning, f);
	TIFFOpenOptionsSetMaxSingleMemAlloc(o, LARGEST_BLOCK);
	f->t = TIFFClientOpenExt("picture", mode, f, read_bytes, write_bytes, seek, leave, size_of, map, unmap, o);
	TIFFOpenOptionsFree(o);
	if (f->t && !f->err.code)
		return SECANT_OK;
	secant_status s = codec_tiff_fail(f, "the header or the first directory is damaged", err);
	codec_tiff_close(f);
	return s;
}

secant_status
codec_tiff_open(codec_tiff_file *f, const uint8_t *data, size_t size, secant_err *err)
{
	*f = (codec_tiff_file){ .data = data, .size = size };
	return open_handle(f, "r", err);
}

secant_status
codec_tiff_create(codec_tiff_file *f, codec_sink *sink, bool big, secant_err *err)
{
	*f = (codec_tiff_file){ .sink = sink };
	return open_handle(f, big ? "wl8" : "wl", err);
}

secant_status
codec_tiff_fail(const codec_tiff_file *f, const char *what, secant_err *err)
{
	if (f->err.code)
		return secant_fail(err, f->err.code, "%s", f->err.msg);
	return secant_fail(err, SECANT_ERR_FORMAT, "TIFF: %s", what);
}

void
codec_tiff_close(codec_tiff_file *f)
{
	if (f->t)
		TIFFClose(f->t);
	f->t = NULL;
}
