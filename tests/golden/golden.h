/*
 * The rules of the golden numbers (golden/README.md): values made by a hash of a key, probes, statistics.
 */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H
#include "data.h"
#include <math.h>
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "exec/exec.h"
#include "nn/nn.h"

typedef struct rule {
	uint64_t h;
} rule;

static inline rule
rule_of(const char *key)
{
	return (rule){ base_fnv1a(key, strlen(key)) };
}

static inline uint64_t
rule_bits(rule r, int64_t i)
{
	uint64_t z = r.h + (uint64_t)(i + 1) * 0x9E3779B97F4A7C15u;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

static inline double
rule_u(rule r, int64_t i)
{
	return (double)(rule_bits(r, i) >> 40) * 0x1p-23 - 1;
}
static inline int
rule_class(rule r, int64_t i, int classes)
{
	return (int)((rule_bits(r, i) >> 33) % (uint64_t)classes);
}
static inline int
rule_bit(rule r, int64_t i)
{
	return (int)(rule_bits(r, i) >> 63);
}

/* Place in an N x C x H x W array of element i of the N x H x W x C array of that shape. */
static inline int64_t
to_nchw(const secant_shape *s, int64_t i)
{
	if (s->rank != 4)
		return i;
	int64_t c = i % s->dim[3], w = i / s->dim[3] % s->dim[2], h = i / s->dim[3] / s->dim[2] % s->dim[1],
			n = i / s->dim[3] / s->dim[2] / s->dim[1];
	return ((n * s->dim[3] + c) * s->dim[1] + h) * s->dim[2] + w;
}

typedef struct statistic {
	double sum, l2, dot;
} statistic;

/* Of an array in PyTorch's order; `channels_last` shapes are taken as N H W C and visited as N C H W. */
static inline statistic
statistic_of(const char *key, const secant_shape *shape, bool channels_last, double (*get)(const void *, int64_t),
	const void *from)
{
	char probe[320];
	snprintf(probe, sizeof probe, "probe:%s", key);
	rule r = rule_of(probe);
	statistic s = { 0 };
	for (int64_t i = 0, n = secant_shape_count(shape); i < n; i++) {
		double v = get(from, i);
		s.sum += v;
		s.l2 += v * v;
		s.dot += v * rule_u(r, channels_last ? to_nchw(shape, i) : i);
	}
	s.l2 = sqrt(s.l2);
	return s;
}

static inline double
get_double(const void *p, int64_t i)
{
	return ((const double *)p)[i];
}
static inline double
get_float(const void *p, int64_t i)
{
	return ((const float *)p)[i];
}

/* Fills every state of a network by the rule. */
static inline void
fill_states(exec_store *s, double gain)
{
	for (int k = 0; k < s->n; k++) {
		exec_slot *slot = &s->slot[k];
		rule r = rule_of(slot->name);
		const char *name = strrchr(slot->name, '.') + 1;
		int64_t fan_in = 1;
		for (int d = 1; d < slot->type.shape.rank; d++)
			fan_in *= slot->type.shape.dim[d];
		double scale = slot->type.shape.rank >= 2 ? gain * sqrt(3 / (double)fan_in) : 0.1, shift = 0;
		if (slot->type.shape.rank == 1 && !strcmp(name, "weight"))
			shift = 1;
		if (!strcmp(name, "running_var"))
			scale = 0.25, shift = 1;
		if (!strcmp(name, "num_batches_tracked"))
			scale = 0;
		for (int64_t i = 0; i < slot->count; i++)
			exec_slot_set(s, slot, i, (double)(float)(shift + scale * rule_u(r, i)));
	}
}

/* Batch of the rule's input, channels-last; `f64`: doubles, else floats. */
static inline void *
make_input(const char *key, const secant_shape *nhwc, bool f64)
{
	rule r = rule_of(key);
	int64_t n = secant_shape_count(nhwc);
	void *p = base_alloc_aligned((size_t)n * 8);
	for (int64_t i = 0; i < n; i++) {
		double v = rule_u(r, to_nchw(nhwc, i));
		if (f64)
			((double *)p)[i] = v;
		else
			((float *)p)[i] = (float)v;
	}
	return p;
}

static inline json_t *
golden_json(const char *rest)
{
	secant_err err = { 0 };
	const char *path = golden_path(rest);
	skip_without(path);
	json_t *j = base_json_read(path, &err);
	if (!j)
		fail_msg("%s", err.msg);
	return j;
}

static inline double
number(const json_t *j, const char *key)
{
	const json_t *v = json_object_get(j, key);
	if (json_is_string(v))
		return !strcmp(json_string_value(v), "nan") ? NAN
			: !strcmp(json_string_value(v), "-inf") ? -INFINITY
													: INFINITY;
	if (!json_is_number(v))
		fail_msg("the golden file has no number '%s'", key);
	return json_number_value(v);
}

static inline void
assert_near(const char *what, double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance))
		fail_msg(
			"%s: got %.17g, want %.17g, apart by %.3g, allowed %.3g", what, got, want, fabs(got - want), tolerance);
}
#endif
