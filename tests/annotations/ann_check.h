/* Running check in tests: with an option, and looking for a finding. */
#ifndef TESTS_ANN_CHECK_H
#define TESTS_ANN_CHECK_H
#include "ann.h"

static inline bool
found(const secant_check *c, const char *rule, int level, const char *part)
{
	secant_finding f;
	for (int i = 0; secant_check_finding(c, i, &f); i++)
		if (!strcmp(f.rule, rule) && (int)f.level == level && (strstr(f.message, part) || strstr(f.file, part)))
			return true;
	return false;
}

static inline secant_check *
check_with(const char *path, const char *option, const char *value)
{
	secant_err err = { 0 };
	secant_dataset_checking o;
	secant_dataset_reading r;
	assert_int_equal(secant_opts_init(&secant_dataset_checking_options, &o, &err)
			| secant_opts_init(&secant_dataset_reading_options, &r, &err),
		0);
	if (option)
		assert_int_equal(secant_opts_set(&secant_dataset_checking_options, &o, option, value, &err), 0);
	secant_check *c = secant_dataset_check(path, &r, &o, NULL, &err);
	if (!c)
		fail_msg("%s", err.msg);
	secant_opts_free(&secant_dataset_checking_options, &o);
	secant_opts_free(&secant_dataset_reading_options, &r);
	return c;
}

enum { E = SECANT_FINDING_ERROR, W = SECANT_FINDING_WARNING, I = SECANT_FINDING_INFO };
#endif
