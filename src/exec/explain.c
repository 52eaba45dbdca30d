/*
 * A plan as a table: a line a step with operator, implementation, shape, memory it touches and work; with a timed
 * context also milliseconds, share, GFLOP/s and GB/s. Below it what the plan takes as a whole.
 */
#include <string.h>
#include "base/json.h"
#include "exec/plan.h"
#include "ops/known.h"

typedef struct line {
	const exec_step *step;
	const char *implementation, *detail, *dtype;
	char shapes[200];
	double bytes, ms, share, gflops, gbs; /* the last four 0 without times */
} line;

static double
touched(const exec_step *s)
{
	double bytes = 0;
	for (int k = 0; k < s->n_in; k++)
		bytes += (double)exec_operand_bytes(&s->in[k]);
	for (int k = 0; k < s->n_out; k++)
		bytes += s->out[k].used ? (double)exec_operand_bytes(&s->out[k]) : 0;
	return bytes;
}

static double
total_seconds(const exec_plan *p, const exec_context *timed)
{
	double sum = 0;
	for (int i = 0; timed && timed->seconds && i < p->n_step; i++)
		sum += timed->seconds[i];
	return sum;
}

static line
line_of(const exec_plan *p, const exec_context *timed, int i, double total)
{
	const exec_step *s = &p->step[i];
	char in[96] = "", out[96] = "";
	line l = { .step = s,
		.implementation = s->impl ? s->impl->name : "view",
		.detail = s->detail,
		.dtype = secant_dtype_name(s->n_out ? s->out[0].dtype : SECANT_F32) };
	for (int k = 0; k < s->n_in && !in[0]; k++)
		if (s->in[k].shape.rank >= 0)
			secant_shape_text(&s->in[k].shape, in, sizeof in);
	if (s->n_out)
		secant_shape_text(&s->out[0].shape, out, sizeof out);
	(void)snprintf(
		l.shapes, sizeof l.shapes, "%s%s%s", in, in[0] && strcmp(in, out) ? " > " : "", strcmp(in, out) ? out : "");
	l.bytes = s->impl ? touched(s) : 0;
	if (total > 0) {
		double t = timed->seconds[i];
		l.ms = 1e3 * t;
		l.share = 100 * t / total;
		l.gflops = t > 0 ? s->flops / t / 1e9 : 0;
		l.gbs = t > 0 ? l.bytes / t / 1e9 : 0;
	}
	return l;
}

typedef struct totals {
	double flops, bytes, ms;
	int steps, views, casts, reorders, references;
} totals;

static void
count(totals *t, const line *l)
{
	t->flops += l->step->flops;
	t->bytes += l->bytes;
	t->ms += l->ms;
	t->steps++;
	t->views += !l->step->impl;
	t->casts += l->step->node->op == &op_cast;
	t->reorders += l->step->reorders;
	t->references += l->step->impl == &exec_impl_reference;
}

static char *
as_json(const exec_plan *p, const exec_context *timed, double total)
{
	json_t *all = json_object(), *steps = json_array();
	totals t = { 0 };
	for (int i = 0; i < p->n_step; i++) {
		line l = line_of(p, timed, i, total);
		json_t *j = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:f,s:f,s:i}", "step", i, "op", l.step->node->op->name,
			"implementation", l.implementation, "kernel", l.detail, "shape", l.shapes, "dtype", l.dtype, "bytes",
			l.bytes, "flops", l.step->flops, "reorders", l.step->reorders);
		if (l.step->node->name)
			json_object_set_new(j, "name", json_string(l.step->node->name));
		if (total > 0) {
			json_object_set_new(j, "ms", json_real(l.ms));
			json_object_set_new(j, "share", json_real(l.share));
			json_object_set_new(j, "gflops_per_second", json_real(l.gflops));
			json_object_set_new(j, "gbytes_per_second", json_real(l.gbs));
		}
		json_array_append_new(steps, j);
		count(&t, &l);
	}
	json_object_set_new(all, "precision", json_string(exec_precision_name(p->options.precision)));
	json_object_set_new(all, "threads", json_integer(p->options.threads));
	json_object_set_new(all, "slab_bytes", json_integer((json_int_t)p->slab));
	json_object_set_new(all, "tensor_bytes", json_integer((json_int_t)p->sum));
	json_object_set_new(all, "gflop", json_real(t.flops / 1e9));
	json_object_set_new(all, "casts", json_integer(t.casts));
	json_object_set_new(all, "reorders", json_integer(t.reorders));
	json_object_set_new(all, "references", json_integer(t.references));
	if (total > 0)
		json_object_set_new(all, "ms", json_real(t.ms));
	json_object_set_new(all, "steps", steps);
	char *text = base_json_text(all, 2);
	json_decref(all);
	return text;
}

static char *
as_text(const exec_plan *p, const exec_context *timed, double total)
{
	base_str s = { 0 };
	totals t = { 0 };
	base_str_addf(&s, "%4s %-22s %-30s %-5s %-36s %9s%s  %s\n", "step", "operator", "implementation", "type", "shape",
		"MiB", total > 0 ? "       ms     %  GFLOP/s   GB/s" : "   GFLOP", "name");
	for (int i = 0; i < p->n_step; i++) {
		line l = line_of(p, timed, i, total);
		char how[64], more[64];
		(void)snprintf(how, sizeof how, "%s%s%s%s", l.implementation, l.detail[0] ? " " : "", l.detail,
			l.step->reorders ? " +reorder" : "");
		if (total > 0)
			(void)snprintf(more, sizeof more, "%9.3f %5.1f %8.1f %6.1f", l.ms, l.share, l.gflops, l.gbs);
		else
			(void)snprintf(more, sizeof more, "%8.3f", l.step->flops / 1e9);
		base_str_addf(&s, "%4d %-22s %-30s %-5s %-36s %9.2f%s  %s\n", i, l.step->node->op->name, how, l.dtype, l.shapes,
			l.bytes / 1048576, more, l.step->node->name ? l.step->node->name : "");
		count(&t, &l);
	}
	base_str_addf(&s, "\n%d steps in %s on %d threads, %d of them views, %d casts, %d reorders, %d scalar references\n",
		t.steps, exec_precision_name(p->options.precision), p->options.threads, t.views, t.casts, t.reorders,
		t.references);
	base_str_addf(&s, "memory: slab %.1f MiB, all tensors side by side %.1f MiB\n", (double)p->slab / 1048576,
		(double)p->sum / 1048576);
	if (p->options.lend)
		base_str_addf(
			&s, "weights: %d packed copies stand in the file, the others were packed here\n", exec_plan_lent(p));
	base_str_addf(&s, "work: %.2f GFLOP, %.1f MiB read and written", t.flops / 1e9, t.bytes / 1048576);
	if (total > 0)
		base_str_addf(&s, "; %.2f ms, %.1f GFLOP/s, %.1f GB/s", t.ms, t.flops / t.ms / 1e6, t.bytes / t.ms / 1e6);
	base_str_add(&s, "\n");
	return base_str_take(&s);
}

char *
exec_plan_explain(const exec_plan *p, const exec_context *timed, bool json)
{
	double total = total_seconds(p, timed);
	return json ? as_json(p, timed, total) : as_text(p, timed, total);
}
