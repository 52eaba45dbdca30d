/*
 * Rational polynomials (RPC) of satellites' pictures, wherever they stand as text: in .aux.xml (sidecar.c), in
 * STEM.RPB (DigitalGlobe: `lineOffset = 12;`, `lineNumCoef = (..., ...);`) and in STEM_RPC.TXT (Space Imaging:
 * `LINE_OFF: 12 pixels`, `LINE_NUM_COEFF_1: ...`). All become the 92 numbers of GeoTIFF's tag 50844, in its order (RPC
 * in GeoTIFF, 2007); pixels are counted alike in all of them.
 */
#include "codec/codec.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "base/number.h"

enum { NUMBERS = 92 };

static const struct part {
	const char *name, *rpb;
	int n;
	bool unknown; /* may be missing: -1 */
} parts[] = {
	{ "ERR_BIAS", "errBias", 1, true },
	{ "ERR_RAND", "errRand", 1, true },
	{ "LINE_OFF", "lineOffset", 1, false },
	{ "SAMP_OFF", "sampOffset", 1, false },
	{ "LAT_OFF", "latOffset", 1, false },
	{ "LONG_OFF", "longOffset", 1, false },
	{ "HEIGHT_OFF", "heightOffset", 1, false },
	{ "LINE_SCALE", "lineScale", 1, false },
	{ "SAMP_SCALE", "sampScale", 1, false },
	{ "LAT_SCALE", "latScale", 1, false },
	{ "LONG_SCALE", "longScale", 1, false },
	{ "HEIGHT_SCALE", "heightScale", 1, false },
	{ "LINE_NUM_COEFF", "lineNumCoef", 20, false },
	{ "LINE_DEN_COEFF", "lineDenCoef", 20, false },
	{ "SAMP_NUM_COEFF", "sampNumCoef", 20, false },
	{ "SAMP_DEN_COEFF", "sampDenCoef", 20, false },
};

double *
codec_rpc_make(codec_rpc_source source, const void *user)
{
	double *v = secant_calloc(NUMBERS, sizeof *v), *at = v;
	bool whole = v != NULL;
	for (size_t i = 0; whole && i < sizeof parts / sizeof *parts; at += parts[i++].n) {
		bool found = source(user, parts[i].name, parts[i].n, at);
		if (!found && parts[i].unknown)
			*at = -1;
		whole = found || parts[i].unknown;
	}
	if (whole)
		return v;
	secant_free(v);
	return NULL;
}

/* The number at *text, behind what separates numbers, and the text behind it. */
static bool
take_number(const char **text, double *v)
{
	char word[64];
	const char *p = *text + strspn(*text, " \t\r\n,(=:");
	p += *p == '+';
	size_t n = strcspn(p, " \t\r\n,);");
	if (!n || n >= sizeof word)
		return false;
	memcpy(word, p, n);
	word[n] = '\0';
	*text = p + n;
	return base_real_parse(word, v);
}

/* The text behind a key that stands alone as a word before `mark`; NULL: there is none. */
static const char *
behind(const char *text, const char *key, char mark)
{
	size_t n = strlen(key);
	for (const char *p = text; (p = strstr(p, key)); p += n) {
		const char *q = p + n + strspn(p + n, " \t");
		if ((p == text || isspace((unsigned char)p[-1])) && *q == mark)
			return q + 1;
	}
	return NULL;
}

static bool
from_rpb(const void *text, const char *key, int n, double *v)
{
	const char *p = NULL;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (!strcmp(parts[i].name, key))
			p = behind(text, parts[i].rpb, '=');
	for (int i = 0; p && i < n; i++)
		if (!take_number(&p, v + i))
			return false;
	return p != NULL;
}

static bool
from_lines(const void *text, const char *key, int n, double *v)
{
	bool found = true;
	for (int i = 0; found && i < n; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, n > 1 ? "%s_%d" : "%s", key, i + 1);
		const char *p = behind(text, name, ':');
		found = p && take_number(&p, v + i);
	}
	return found;
}

double *
codec_rpc_text(const char *text)
{
	double *v = codec_rpc_make(from_rpb, text);
	return v ? v : codec_rpc_make(from_lines, text);
}
