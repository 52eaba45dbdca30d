/*
 * The registry of losses and the little language of weighted sums: "1.0*lovasz+0.5*soft-ce(smooth=0.1)". A missing
 * factor is 1.
 */
#include "nn/nn.h"
#include "base/registry.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LOSS(name) extern const nn_loss nn_loss_##name;
#include "nn/losses.inc"
#undef LOSS
static const nn_loss *const losses[] = {
#define LOSS(name) &nn_loss_##name,
#include "nn/losses.inc"
#undef LOSS
	NULL,
};

const nn_loss *
nn_loss_at(int i)
{
	return i >= 0 && i < (int)(sizeof losses / sizeof *losses) ? losses[i] : NULL;
}

const nn_loss *
nn_loss_find(const char *name)
{
	for (const nn_loss *const *l = losses; *l; l++)
		if (!strcmp((*l)->name, name))
			return *l;
	return NULL;
}

/* One summand, parsed. */
typedef struct term {
	double factor;
	char name[32], settings[400];
} term;

static const char *
skip_spaces(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* Reads [FACTOR *] NAME [(SETTINGS)]; returns what follows, NULL and err on failure. */
static const char *
read_term(const char *at, const char *spec, term *t, secant_err *err)
{
	char *end;
	*t = (term){ .factor = 1 };
	at = skip_spaces(at);
	double factor = strtod(at, &end);
	if (end != at && !isalpha((unsigned char)*at)) {
		t->factor = factor;
		at = skip_spaces(end);
		if (*at != '*') {
			secant_fail(err, SECANT_ERR_ARG, "loss '%s': after the factor %g a * is wanted at character %d", spec,
				factor, (int)(at - spec) + 1);
			return NULL;
		}
		if (!(factor >= 0 && factor < 1e30)) {
			secant_fail(err, SECANT_ERR_ARG, "loss '%s': the factor %g: a number from 0 is wanted", spec, factor);
			return NULL;
		}
		at = skip_spaces(at + 1);
	}
	size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-_");
	if (!n || n >= sizeof t->name) {
		secant_fail(
			err, SECANT_ERR_ARG, "loss '%s': want the name of a loss at character %d", spec, (int)(at - spec) + 1);
		return NULL;
	}
	memcpy(t->name, at, n);
	at = skip_spaces(at + n);
	if (*at == '(') {
		size_t depth = 0, k = 0;
		for (; at[k]; k++)
			if (at[k] == '(' || at[k] == '[')
				depth++;
			else if ((at[k] == ')' || at[k] == ']') && --depth == 0)
				break;
		if (!at[k] || k - 1 >= sizeof t->settings) {
			secant_fail(err, SECANT_ERR_ARG, "loss '%s': no closing bracket for the one at character %d", spec,
				(int)(at - spec) + 1);
			return NULL;
		}
		memcpy(t->settings, at + 1, k - 1);
		at = skip_spaces(at + k + 1);
	}
	return at;
}

/* "[1, 2]" to "1,2". */
static void
squeeze(char *list)
{
	char *to = list;
	for (const char *from = list; *from; from++)
		if (!isspace((unsigned char)*from) && *from != '[' && *from != ']')
			*to++ = *from;
	*to = 0;
}

/* "gamma=2, weights=[1,2]": commas inside brackets belong to a value. */
static secant_status
read_settings(const nn_loss *l, char *text, void *settings, secant_err *err)
{
	for (char *at = text; *skip_spaces(at);) {
		size_t depth = 0, k = 0;
		at += skip_spaces(at) - at;
		for (; at[k] && (at[k] != ',' || depth); k++)
			depth += at[k] == '[' ? 1u : at[k] == ']' && depth ? (size_t)-1 : 0;
		bool last = !at[k];
		at[k] = 0;
		char *equals = strchr(at, '=');
		if (!equals)
			return secant_fail(err, SECANT_ERR_ARG, "loss %s: '%s' is not name=value", l->name, at);
		*equals = 0;
		for (char *e = equals; e > at && isspace((unsigned char)e[-1]);)
			*--e = 0;
		if (!l->settings)
			return secant_fail(err, SECANT_ERR_ARG, "loss %s has no settings, got '%s'", l->name, at);
		char *value = equals + 1 + (skip_spaces(equals + 1) - (equals + 1));
		size_t length = strlen(value);
		if (*value == '[' && length > 1
			&& value[length - 1] == ']') /* a list: brackets only keep its commas together */
			squeeze(value);
		secant_err own = { 0 };
		if (secant_opts_set(l->settings, settings, at, value, &own))
			return secant_fail(err, own.code, "loss %s: %s", l->name, own.msg);
		at += k + (last ? 0 : 1);
		if (last)
			break;
	}
	return SECANT_OK;
}

static secant_entry
entry(int i)
{
	const nn_loss *l = nn_loss_at(i);
	return l ? (secant_entry){ l->name, l->brief, l->settings } : (secant_entry){ 0 };
}
const base_kind base_kind_losses = { "losses", "Losses", entry };

static const nn_loss *
find(const char *name, base_mode mode, secant_err *err)
{
	char near[100];
	const nn_loss *l = nn_loss_find(name);
	if (l && !(l->modes >> mode & 1)) {
		secant_fail(err, SECANT_ERR_ARG, "loss %s is not defined for %s targets", name, base_mode_name(mode));
		return NULL;
	}
	if (l)
		return l;
	secant_fail(err, SECANT_ERR_ARG, "loss: none is named '%s'%s (secant list losses)", name,
		base_kind_near(&base_kind_losses, name, near));
	return NULL;
}

/* Does the loss take what the network gives: logits, or with an activation probabilities (nll: their logarithm)? */
static secant_status
check_activation(const nn_loss *l, const void *settings, const char *activation, secant_err *err)
{
	char *logits = l->settings ? secant_opts_get(l->settings, settings, "from-logits") : NULL;
	bool plain = !strcmp(activation, "identity"), nll = l->takes_logs,
		 wants_logits = !nll && (!logits || !strcmp(logits, "true"));
	secant_free(logits);
	if (plain && nll)
		return secant_fail(
			err, SECANT_ERR_ARG, "loss nll wants log-probabilities and the network gives logits: use ce");
	if (plain && !wants_logits)
		return secant_fail(err, SECANT_ERR_ARG,
			"loss %s(from-logits=false) wants probabilities and the network gives logits: leave from-logits out",
			l->name);
	if (!plain && (wants_logits || nll != !strcmp(activation, "logsoftmax")))
		return secant_fail(err, SECANT_ERR_ARG,
			"activation %s: the loss %s wants %s; leave the activation out (prediction applies it by itself)",
			activation, l->name,
			nll                ? "log-probabilities"
				: wants_logits ? "logits"
							   : "probabilities");
	return SECANT_OK;
}

/* Builds the sum, or with g NULL only checks it; against the network's activation where that is not NULL. */
static graph_value
walk(graph_net *g, const char *spec, const nn_loss_input *in, base_mode mode, const char *activation, secant_err *err)
{
	graph_value sum = -1;
	double factors = 0;
	secant_err own = { 0 };
	const char *at = spec;
	do {
		term t;
		if (!(at = read_term(*at == '+' ? at + 1 : at, spec, &t, &own)))
			break;
		const nn_loss *l = find(t.name, mode, &own);
		void *settings = l && l->settings ? secant_calloc(1, l->settings->size) : NULL;
		if (!l || (l->settings && (!settings || secant_opts_init(l->settings, settings, &own)))
			|| read_settings(l, t.settings, settings, &own)
			|| (activation && check_activation(l, settings, activation, &own))) {
			if (l && l->settings && settings)
				secant_opts_free(l->settings, settings);
			secant_free(settings);
			break;
		}
		factors += t.factor;
		if (g) {
			graph_value v = l->build(g, settings, in);
			v = t.factor == 1 ? v : graph_apply(g, "mul_scalar", &(op_number_attr){ t.factor, 0 }, 1, v);
			sum = sum < 0 ? v : graph_apply(g, "add", NULL, 2, sum, v);
		}
		if (l->settings)
			secant_opts_free(l->settings, settings);
		secant_free(settings);
		if (*at && *at != '+')
			secant_fail(
				&own, SECANT_ERR_ARG, "loss '%s': want + between losses at character %d", spec, (int)(at - spec) + 1);
	} while (!own.code && *at);
	if (!own.code && factors == 0)
		secant_fail(&own, SECANT_ERR_ARG, "loss '%s': every factor is 0", spec);
	if (!own.code && g)
		(void)!graph_check(g, &own);
	if (own.code)
		secant_fail(err, own.code, "%s", own.msg);
	return own.code ? -1 : sum;
}

graph_value
nn_loss_build(graph_net *g, const char *spec, const nn_loss_input *in, secant_err *err)
{
	secant_err own = { 0 };
	graph_value v = walk(g, spec, in, in->mode, NULL, &own);
	if (own.code)
		secant_fail(err, own.code, "%s", own.msg);
	return v;
}

graph_value
nn_loss_build_heads(graph_net *g, const char *spec, nn_loss_input *in, const nn_built *built, secant_err *err)
{
	graph_value sum = -1;
	for (int i = 0; i <= built->heads; i++) {
		in->logits = graph_apply(g, "upcast", NULL, 1, i < built->heads ? built->head[i] : built->logits);
		graph_value one = nn_loss_build(g, spec, in, err);
		if (one < 0)
			return -1;
		sum = sum < 0 ? one : graph_apply(g, "add", NULL, 2, sum, one);
	}
	return built->penalty < 0 ? sum : graph_apply(g, "add", NULL, 2, sum, built->penalty);
}

secant_status
nn_loss_check(const char *spec, base_mode mode, const char *activation, secant_err *err)
{
	secant_err own = { 0 };
	walk(NULL, spec, NULL, mode, activation, &own);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
