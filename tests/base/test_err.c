/* The error record: the first error wins, messages are one clean line, prefixes say where. */
#include "data.h"
#include <secant/base.h>

static void
first_error_wins(void **state)
{
	secant_err err = { 0 };
	assert_int_equal(secant_fail(&err, SECANT_ERR_SHAPE, "%d is not %d", 64, 96), SECANT_ERR_SHAPE);
	assert_int_equal(secant_fail(&err, SECANT_ERR_IO, "a consequence"), SECANT_ERR_IO);
	assert_int_equal(err.code, SECANT_ERR_SHAPE);
	assert_string_equal(err.msg, "64 is not 96");
	assert_int_equal(secant_fail(NULL, SECANT_ERR_ARG, "nobody listens"), SECANT_ERR_ARG);
}

static void
prefix_names_the_place(void **state)
{
	secant_err err = { 0 };
	assert_int_equal(secant_err_prefix(&err, "a.png"), SECANT_OK);
	assert_string_equal(err.msg, "");
	secant_fail(&err, SECANT_ERR_FORMAT, "byte 7 is 0x00, expected 0x0d");
	assert_int_equal(secant_err_prefix(&err, "%s", "a.png"), SECANT_ERR_FORMAT);
	assert_string_equal(err.msg, "a.png: byte 7 is 0x00, expected 0x0d");
	assert_int_equal(secant_err_prefix(NULL, "x"), SECANT_OK);
}

static void
long_messages_are_cut_not_overrun(void **state)
{
	secant_err err = { 0 };
	char text[2000];
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	secant_fail(&err, SECANT_ERR_ARG, "%s", text);
	assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
	secant_err_prefix(&err, "%s", text);
	assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
	assert_int_equal(err.msg[sizeof err.msg - 3], ':');
}

static void
control_bytes_do_not_reach_the_terminal(void **state)
{
	secant_err err = { 0 };
	secant_fail(&err, SECANT_ERR_ARG, "name '%s'", "a\nb\033[2Jc\x7f");
	assert_string_equal(err.msg, "name 'a?b?[2Jc?'");
}

static void
a_cut_character_is_left_out(void **state)
{
	/* The 499 bytes end within the three bytes of the euro sign, at each place. */
	for (int fill = 495; fill <= 499; fill++) {
		secant_err err = { 0 };
		char text[600] = { 0 };
		memset(text, 'x', (size_t)fill);
		strcat(text, "\xe2\x82\xac");
		secant_fail(&err, SECANT_ERR_ARG, "%s", text);
		assert_int_equal(strlen(err.msg), fill + 3 <= 499 ? fill + 3 : fill);
	}
}

static char heard[200];
static void
hear(void *user, secant_level level, const char *line)
{
	snprintf(heard, sizeof heard, "%d %s %s", (int)level, (const char *)user, line);
}

static void
log_goes_to_the_callback(void **state)
{
	char me[] = "me";
	secant_logger logger = { hear, me };
	secant_log(&logger, SECANT_LOG_WARNING, "%d of %d", 1, 2);
	assert_string_equal(heard, "1 me 1 of 2");
	secant_log(NULL, SECANT_LOG_ERROR, "dropped");
	secant_log(&(secant_logger){ 0 }, SECANT_LOG_ERROR, "dropped");
	assert_string_equal(heard, "1 me 1 of 2");
}

static void
version_is_three_numbers(void **state)
{
	int a, b, c;
	assert_int_equal(sscanf(secant_version(), "%d.%d.%d", &a, &b, &c), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_error_wins),
		cmocka_unit_test(prefix_names_the_place),
		cmocka_unit_test(long_messages_are_cut_not_overrun),
		cmocka_unit_test(control_bytes_do_not_reach_the_terminal),
		cmocka_unit_test(a_cut_character_is_left_out),
		cmocka_unit_test(log_goes_to_the_callback),
		cmocka_unit_test(version_is_three_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
