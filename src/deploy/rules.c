/* Class rules: reading and asking them. See rules.h. */
#include "deploy/rules.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/number.h"

typedef struct term {
	const char *name;
	int bands;
	double (*of)(double a, double b);
} term;

static double
first(double a, double b)
{
	return a;
}
static double
normalised(double a, double b)
{
	return (a - b) / (a + b);
}
static double
ratio(double a, double b)
{
	return a / b;
}
static double
difference(double a, double b)
{
	return a - b;
}

static const term terms[] = {
	{ "band", 1, first },
	{ "nd", 2, normalised },
	{ "ndvi", 2, normalised },
	{ "ndwi", 2, normalised },
	{ "ndbi", 2, normalised },
	{ "ratio", 2, ratio },
	{ "diff", 2, difference },
};
enum { TERMS = sizeof terms / sizeof *terms };
static const char *const operators[] = { ">=", "<=", ">", "<" };
enum { AT_LEAST, AT_MOST, ABOVE, BELOW, OPERATORS };

double
deploy_band_value(const secant_image *im, int64_t pixel, int band)
{
	int64_t at = pixel * im->channels + band;
	switch (im->dtype) {
	case SECANT_U8: return ((const uint8_t *)im->data)[at];
	case SECANT_U16: return ((const uint16_t *)im->data)[at];
	case SECANT_I16: return ((const int16_t *)im->data)[at];
	default: return (double)((const float *)im->data)[at];
	}
}

/* ---- reading ---- */

typedef struct reader {
	const char *at, *all;
	char *const *names;
	int n_names, classes;
	secant_err *err;
} reader;

static secant_status
wrong(const reader *r, const char *expected)
{
	return secant_fail(r->err, SECANT_ERR_ARG,
		"--rule: expected %s at '%.40s', place %d; a rule is CLASS: ndvi(4,3) > 0.2", expected, r->at,
		(int)(r->at - r->all) + 1);
}

static void
skip_space(reader *r)
{
	while (isspace((unsigned char)*r->at))
		r->at++;
}

static bool
take(reader *r, const char *what)
{
	skip_space(r);
	size_t n = strlen(what);
	if (strncmp(r->at, what, n))
		return false;
	r->at += n;
	return true;
}

static secant_status
read_class(reader *r, int *class)
{
	skip_space(r);
	size_t n = strcspn(r->at, ":;");
	char name[64];
	if (r->at[n] != ':' || n >= sizeof name)
		return wrong(r, "a class and a colon");
	while (n && isspace((unsigned char)r->at[n - 1]))
		n--;
	memcpy(name, r->at, n);
	name[n] = '\0';
	*class = -1;
	for (int i = 0; i < r->n_names; i++)
		if (!strcmp(r->names[i], name))
			*class = i;
	long long number;
	if (*class < 0 && base_int_parse(name, &number) && number >= 0 && number < r->classes)
		*class = (int)number;
	if (*class < 0)
		return secant_fail(r->err, SECANT_ERR_ARG, "--rule: '%s' is no class of the model, which has %d (0 to %d)",
			name, r->classes, r->classes - 1);
	r->at += strcspn(r->at, ":") + 1;
	return SECANT_OK;
}

static secant_status
read_band(reader *r, int *band)
{
	char *end;
	skip_space(r);
	long v = strtol(r->at, &end, 10);
	if (end == r->at || v < 1 || v > 4096)
		return wrong(r, "a band from 1");
	*band = (int)v - 1;
	r->at = end;
	return SECANT_OK;
}

static secant_status
read_term(reader *r, deploy_rule *rule)
{
	skip_space(r);
	size_t n = strspn(r->at, "abcdefghijklmnopqrstuvwxyz");
	rule->term = -1;
	for (int i = 0; i < TERMS; i++)
		if (strlen(terms[i].name) == n && !strncmp(terms[i].name, r->at, n))
			rule->term = i;
	if (rule->term < 0)
		return wrong(r, "band(, nd(, ndvi(, ndwi(, ndbi(, ratio( or diff(");
	r->at += n;
	if (!take(r, "("))
		return wrong(r, "(");
	if (read_band(r, &rule->a))
		return SECANT_ERR_ARG;
	rule->b = rule->a;
	if (terms[rule->term].bands == 2
		&& (!take(r, ",") ? wrong(r, "a comma and a second band") : read_band(r, &rule->b)))
		return SECANT_ERR_ARG;
	return take(r, ")") ? SECANT_OK : wrong(r, ")");
}

static secant_status
read_condition(reader *r, deploy_rule *rule)
{
	if (read_term(r, rule))
		return SECANT_ERR_ARG;
	rule->operator= - 1;
	for (int i = 0; i < OPERATORS && rule->operator<0; i++)
		if (take(r, operators[i]))
			rule->operator= i;
	if (rule->operator<0)
		return wrong(r, ">, >=, < or <=");
	skip_space(r);
	size_t n = strspn(r->at, "+-.0123456789eE");
	char text[40];
	if (!n || n >= sizeof text)
		return wrong(r, "a number");
	memcpy(text, r->at, n);
	text[n] = '\0';
	if (!base_real_parse(text, &rule->limit))
		return wrong(r, "a number");
	r->at += n;
	return SECANT_OK;
}

secant_status
deploy_rules_parse(deploy_rules *rules, const char *text, char *const *names, int n, int classes, secant_err *err)
{
	reader r = { text, text, names, n, classes, err };
	rules->n = 0;
	if (!text || !*text)
		return SECANT_OK;
	do {
		int class = -1;
		skip_space(&r);
		if (!*r.at)
			break; /* a ; at the end */
		if (read_class(&r, &class))
			return SECANT_ERR_ARG;
		do {
			if (rules->n == DEPLOY_MOST_RULES)
				return secant_fail(err, SECANT_ERR_ARG, "--rule: more than %d conditions", DEPLOY_MOST_RULES);
			deploy_rule *rule = &rules->v[rules->n];
			rule->class = class;
			if (read_condition(&r, rule))
				return SECANT_ERR_ARG;
			rules->n++;
		} while (take(&r, "and"));
	} while (take(&r, ";"));
	skip_space(&r);
	return *r.at ? wrong(&r, "'and', ';' or the end") : SECANT_OK;
}

/* ---- asking ---- */

secant_status
deploy_rules_check(const deploy_rules *r, int channels, secant_err *err)
{
	for (int i = 0; i < r->n; i++) {
		int most = r->v[i].a > r->v[i].b ? r->v[i].a : r->v[i].b;
		if (most >= channels)
			return secant_fail(err, SECANT_ERR_ARG, "--rule: %s asks for band %d, the picture has %d",
				terms[r->v[i].term].name, most + 1, channels);
	}
	return SECANT_OK;
}

bool
deploy_rules_allow(const deploy_rules *r, int class, const secant_image *im, int64_t pixel)
{
	double unit = r->white > 0 ? r->white : 1;
	if (r->never && class == r->never - 1)
		return false;
	for (int i = 0; i < r->n; i++) {
		const deploy_rule *rule = &r->v[i];
		if (rule->class != class)
			continue;
		double v = terms[rule->term].of(
			unit * deploy_band_value(im, pixel, rule->a), unit * deploy_band_value(im, pixel, rule->b));
		bool holds = rule->operator== AT_LEAST ? v >= rule->limit
			: rule->operator== AT_MOST         ? v <= rule->limit
			: rule->operator== ABOVE           ? v > rule->limit
											   : v<rule->limit;
		if (!holds)
			return false;
	}
	return true;
}
