/* `secant selftest`: is this machine's arithmetic right? */
#include "command.h"
#include <secant/info.h>
#include <secant/selftest.h>
#include <string.h>

typedef struct selftest {
	secant_selftest test;
	common common;
} selftest;

static const secant_opt selftest_rows[] = {
	SECANT_OPT_TABLE(selftest, test, &secant_selftest_options),
	SECANT_OPT_TABLE(selftest, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts selftest_options = { "selftest", sizeof(selftest), selftest_rows };

typedef struct table {
	bool json;
	json_t *rows;
} table;

static bool
add_row(void *user, const secant_selftest_row *r)
{
	table *t = user;
	if (t->json)
		(void)json_array_append_new(t->rows,
			json_pack("{s:s,s:s,s:s,s:s,s:f,s:b,s:s}", "operator", r->operator_name, "precision", r->precision, "shape",
				r->shape, "implementation", r->implementation, "ms", r->milliseconds, "right", r->right, "why",
				r->why));
	else
		printf("%-20s %-5s %-36s %-38s %9.2f  %s\n", r->operator_name, r->precision, r->shape, r->implementation,
			r->milliseconds, r->right ? "right" : r->why);
	fflush(stdout);
	return !tool_interrupted();
}

static int
selftest_run(void *options, int n, const char *const *operands, secant_err *err)
{
	selftest *o = options;
	table t = { o->common.json, o->common.json ? json_array() : NULL };
	secant_selftest_result r;
	if (!t.json)
		printf("%-20s %-5s %-36s %-38s %9s  %s\n", "operator", "", "pictures, channels, kernel", "implementation", "ms",
			"result");
	secant_status status = secant_selftest_run(&o->test, add_row, &t, &r, err);
	if (status) {
		json_decref(t.rows);
		return status;
	}
	if (t.json) {
		int printed = tool_print_json(stdout,
			json_pack("{s:i,s:i,s:i,s:s,s:s,s:o}", "runs", r.runs, "faults", r.faults, "left_out", r.left_out,
				"backend", secant_backend(), "instruction_set", secant_instruction_set(), "rows", t.rows),
			JSON_REAL_PRECISION(7), err);
		if (printed)
			return printed;
	} else {
		printf("%d runs, %d wrong, %d shapes left out for want of time; %s, %s\n", r.runs, r.faults, r.left_out,
			secant_instruction_set(), secant_backend());
	}
	return r.faults ? 1 : 0;
}

const command command_selftest = {
	.name = "selftest",
	.brief = "checks this machine's arithmetic at the shapes of real networks",
	.operands = "",
	.details = "Convolutions, their gradients and products, from 32x32 to 1024x1024, run by the implementations that "
			   "this CPU uses, between canaries, and compared with the scalar references by sums over channels. "
			   "Ends with 1 where one is wrong; then --precision f32, or SECANT_ONEDNN_WITHOUT=NAME with the name of "
			   "an implementation of oneDNN, takes another.\n"
			   "ms is the time of one run with the copies around it, and no measure of speed: see bench.",
	.example = "secant selftest --quick\nsecant selftest --json",
	.options = &selftest_options,
	.max_operands = 0,
	.run = selftest_run,
};
