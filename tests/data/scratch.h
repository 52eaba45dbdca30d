/*
 * What a test of samples stands on: a folder of its own in *state, and in `o` the options as they are by default but
 * for numbers that are left as they are in the files. Both are gone after it.
 */
#ifndef TESTS_DATA_SCRATCH_H
#define TESTS_DATA_SCRATCH_H
#include "pictures.h"

static secant_data_options o;

static inline int
set_up(void **state)
{
	*state = strdup(scratch_dir());
	o = default_options();
	set_option(&o, "normalize", "none");
	return 0;
}

static inline int
tear_down(void **state)
{
	remove_root(*state);
	free(*state);
	secant_opts_free(&secant_data_options_table, &o);
	return 0;
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#endif
