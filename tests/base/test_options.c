/*
 * Option tables: defaults, text, JSON, the command line, what people read, and what happens when memory runs out.
 * Expected messages are written out: they are part of the interface.
 */
#include "data.h"
#include <jansson.h>
#include "base/file.h"
#include "base/mem.h"
#include "secant/options.h"

typedef struct inner {
	int depth;
	bool freeze;
} inner;
typedef struct blur {
	int radius, any;
	double sigma;
	bool fast;
	char *name, *norm, *config;
	int border;
	secant_ints size, crop, channels;
	secant_reals mean;
	secant_strings inputs;
	inner encoder;
} blur;

static const secant_opt inner_rows[] = {
	SECANT_OPT_HEADING("Encoder"),
	SECANT_OPT(inner, depth, INT, "encoder-depth", "5", 3, 5, "stages of the encoder"),
	SECANT_OPT(inner, freeze, BOOL, "freeze", "false", 0, 0, "keeps the encoder as it is"),
	SECANT_OPT_END,
};
static const secant_opts inner_options = { "encoder", sizeof(inner), inner_rows };
static const secant_opt blur_rows[] = {
	SECANT_OPT(blur, radius, INT, "radius", "2", 0, 64, "half the window, in pixels"),
	SECANT_OPT(blur, any, INT, "any-number", "-7", 1, 0, "without limits"),
	SECANT_OPT(blur, sigma, REAL, "sigma", "0.8", 0, 100, "deviation, in pixels"),
	SECANT_OPT(blur, fast, BOOL, "fast", "true", 0, 0, "takes the short way"),
	SECANT_OPT(blur, name, STR, "name", NULL, 0, 0, "what to call it"),
	SECANT_OPT(blur, norm, JSON, "norm", "batchnorm", 0, 0, "a name or an object"),
	SECANT_OPT(blur, config, STR, "config", NULL, 0, 0, "a file with options"),
	SECANT_OPT_CHOICE(blur, border, "border", "edge", "zero|edge|mirror", "what lies outside"),
	SECANT_OPT(blur, size, SIZE, "size", "256", 1, 4096, "of the picture"),
	SECANT_OPT(blur, crop, SIZE, "crop", NULL, 1, 4096, "of the part"),
	SECANT_OPT(blur, channels, INTS, "decoder-channels", "64,32,16", 1, 2048, "of each stage"),
	SECANT_OPT(blur, mean, REALS, "mean", "0.5", 1, 0, "of each channel"),
	SECANT_OPT(blur, inputs, STRS, "input", NULL, 0, 0, "a file; may be given again"),
	SECANT_OPT_TABLE(blur, encoder, &inner_options),
	SECANT_OPT_END,
};
static const secant_opts table = { "blur", sizeof(blur), blur_rows };

static int
setup(void **state)
{
	blur *b = secant_calloc(1, sizeof *b);
	*state = b;
	return secant_opts_init(&table, b, NULL);
}

static int
teardown(void **state)
{
	secant_opts_free(&table, *state);
	secant_free(*state);
	return 0;
}

static void
defaults(void **state)
{
	const blur *b = *state;
	assert_int_equal(b->radius, 2);
	assert_int_equal(b->any, -7);
	assert_true(b->sigma == .8);
	assert_true(b->fast);
	assert_null(b->name);
	assert_string_equal(b->norm, "\"batchnorm\"");
	assert_int_equal(b->border, 1);
	assert_int_equal(b->size.n, 2);
	assert_int_equal(b->size.v[1], 256);
	assert_int_equal(b->crop.n, 0);
	assert_int_equal(b->channels.n, 3);
	assert_int_equal(b->channels.v[2], 16);
	assert_int_equal(b->mean.n, 1);
	assert_int_equal(b->inputs.n, 0);
	assert_int_equal(b->encoder.depth, 5);
	assert_false(b->encoder.freeze);
}

static void
a_default_that_does_not_parse_is_our_bug(void **state)
{
	static const secant_opt rows[] = { SECANT_OPT(blur, radius, INT, "radius", "two", 0, 64, ""), SECANT_OPT_END };
	static const secant_opts bad = { "bad", sizeof(blur), rows };
	blur b;
	secant_err err = { 0 };
	assert_int_equal(secant_opts_init(&bad, &b, &err), SECANT_ERR_BUG);
	assert_string_equal(err.msg, "options of bad: default of radius: 'two' is not a whole number");
}

static void
values_from_text(void **state)
{
	static const struct {
		const char *name, *text, *back;
	} rows[] = {
		{ "radius", "64", "64" },
		{ "any-number", "-2147483648", "-2147483648" },
		{ "any_number", "+4", "4" },
		{ "sigma", "1e-3", "0.001" },
		{ "fast", "off", "false" },
		{ "fast", "1", "true" },
		{ "name", "", "" },
		{ "name", "x y", "x y" },
		{ "border", "mirror", "mirror" },
		{ "size", "512", "512x512" },
		{ "size", "480x640", "480x640" },
		{ "decoder-channels", "8", "8" },
		{ "decoder-channels", "", "" },
		{ "decoder-channels", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16" },
		{ "mean", "0.1,-2,3e5", "0.1,-2,300000" },
		{ "mean", "0.1, -2", "0.1,-2" },
		{ "norm", "instancenorm", "\"instancenorm\"" },
		{ "norm", "{\"type\":\"x\"}", "{\"type\": \"x\"}" },
		{ "norm", "true", "true" },
		{ "norm", "gamma(limit=[1,2])", "\"gamma(limit=[1,2])\"" },
		{ "norm", "\"quoted\"", "\"quoted\"" },
		{ "encoder-depth", "3", "3" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		secant_err err = { 0 };
		if (secant_opts_set(&table, *state, rows[i].name, rows[i].text, &err))
			fail_msg("%s", err.msg);
		char *back = secant_opts_get(&table, *state, rows[i].name);
		assert_string_equal(back, rows[i].back);
		secant_free(back);
	}
	assert_null(secant_opts_get(&table, *state, "crop"));
	assert_null(secant_opts_get(&table, *state, "no-such-thing"));
}

static void
wrong_values(void **state)
{
	static const struct {
		const char *name, *text, *message;
	} rows[] = {
		{ "radius", "65", "--radius: 65 is outside 0 to 64" },
		{ "radius", "-1", "--radius: -1 is outside 0 to 64" },
		{ "radius", "2.5", "--radius: '2.5' is not a whole number" },
		{ "radius", "", "--radius: '' is not a whole number" },
		{ "any-number", "2147483648", "--any-number: 2147483648 is outside -2147483648 to 2147483647" },
		{ "sigma", "nan", "--sigma: 'nan' is not a number" },
		{ "sigma", "100.5", "--sigma: 100.5 is outside 0 to 100" },
		{ "sigma", "1,5", "--sigma: '1,5' is not a number" },
		{ "fast", "maybe", "--fast: 'maybe' is not true or false" },
		{ "border", "miror", "--border: 'miror' is not one of zero|edge|mirror (nearest: mirror)" },
		{ "border", "Q", "--border: 'Q' is not one of zero|edge|mirror" },
		{ "size", "12y5", "--size: '12y5' is not a whole number" },
		{ "size", "0x5", "--size: 0 is outside 1 to 4096" },
		{ "size", "5x", "--size: '' is not a whole number" },
		{ "size", "1x2x3", "--size: '2x3' is not a whole number" },
		{ "decoder-channels", "1,,2", "--decoder-channels: '' is not a whole number" },
		{ "decoder-channels", "1,2,", "--decoder-channels: '' is not a whole number" },
		{ "decoder-channels", "0", "--decoder-channels: 0 is outside 1 to 2048" },
		{ "decoder-channels", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", "--decoder-channels: more than 16 numbers" },
		{ "norm", "{\"a\":", "--norm:1:5: unexpected token near end of file" },
		{ "norm", "", "--norm:1:0: unexpected token near end of file" },
		{ "radiu", "1", "--radiu: no such option (nearest: --radius)" },
		{ "zzzzzzzz", "1", "--zzzzzzzz: no such option" },
		{ "encoder", "1", "--encoder: no such option" },
	};
	char *before = secant_opts_to_json(&table, *state);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		secant_err err = { 0 };
		assert_int_not_equal(secant_opts_set(&table, *state, rows[i].name, rows[i].text, &err), SECANT_OK);
		if (strncmp(err.msg, rows[i].message, strlen(rows[i].message)))
			fail_msg("'%s' is not '%s'", err.msg, rows[i].message);
	}
	char *after = secant_opts_to_json(&table, *state);
	assert_string_equal(before, after);
	secant_free(before);
	secant_free(after);
}

static void
json_sets_and_reads_back(void **state)
{
	const char *json = "{\"radius\": 7, \"any_number\": 3, \"sigma\": 2, \"fast\": false, \"name\": \"n\", \"norm\": "
					   "{\"eps\": 0.001}, \"border\": \"zero\","
					   " \"size\": [3, 4], \"crop\": 5, \"decoder_channels\": [1, 2], \"mean\": [0.25, 1], \"input\": "
					   "[\"a\", \"b\"], \"encoder_depth\": 4}";
	secant_err err = { 0 };
	if (secant_opts_set_json(&table, *state, json, "f", &err))
		fail_msg("%s", err.msg);
	const blur *b = *state;
	assert_int_equal(b->radius, 7);
	assert_true(b->sigma == 2);
	assert_int_equal(b->size.v[1], 4);
	assert_int_equal(b->crop.v[1], 5);
	assert_string_equal(b->inputs.v[1], "b");
	assert_int_equal(b->encoder.depth, 4);
	char *text = secant_opts_to_json(&table, b), *again;
	assert_non_null(strstr(text, "\"sigma\": 2.0,"));
	assert_non_null(strstr(text, "\"norm\": {\n    \"eps\": 0.001\n  },"));
	assert_non_null(strstr(text, "\"config\": null,"));
	blur other;
	assert_int_equal(secant_opts_init(&table, &other, NULL), SECANT_OK);
	assert_int_equal(secant_opts_set_json(&table, &other, text, "f", NULL), SECANT_OK);
	again = secant_opts_to_json(&table, &other);
	assert_string_equal(text, again);
	secant_free(text);
	secant_free(again);
	secant_opts_free(&table, &other);
}

static void
text_that_is_no_utf8_is_still_json(void **state)
{
	assert_int_equal(secant_opts_set(&table, *state, "name", "caf\xe9", NULL), SECANT_OK);
	assert_int_equal(secant_opts_set(&table, *state, "input", "\xff/x", NULL), SECANT_OK);
	char *text = secant_opts_to_json(&table, *state);
	assert_non_null(strstr(text, "\"name\": \"caf?\""));
	assert_non_null(strstr(text, "\"input\": [\"?/x\"]"));
	secant_free(text);
}

static void
wrong_json(void **state)
{
	static const struct {
		const char *json, *message;
	} rows[] = {
		{ "[]", "c.json: expected a JSON object with options of blur" },
		{ "{\"radius\": 65}", "c.json: radius: 65 is outside 0 to 64" },
		{ "{\"radius\": \"7\"}", "c.json: radius: is a string, expected a whole number" },
		{ "{\"radius\": 7.5}", "c.json: radius: '7.5' is not a whole number" },
		{ "{\"radius\": null}", "c.json: radius: is null, expected a whole number" },
		{ "{\"fast\": 1}", "c.json: fast: is a number, expected true or false" },
		{ "{\"border\": 1}", "c.json: border: is a number, expected a string" },
		{ "{\"size\": [1, 2, 3]}", "c.json: size: '2x3' is not a whole number" },
		{ "{\"size\": {}}", "c.json: size: is an object, expected a size" },
		{ "{\"decoder-channels\": [1, \"2\"]}",
			"c.json: decoder-channels: is a string, expected an array of whole numbers" },
		{ "{\"input\": [1]}", "c.json: input: is a number, expected an array of strings" },
		{ "{\"radus\": 1}", "c.json: radus: no such option (nearest: radius)" },
		{ "{\"radius\": 1, \"radius\": 2}", "c.json:1:22: duplicate object key" },
		{ "{", "c.json:1:1: string or '}' expected near end of file" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		secant_err err = { 0 };
		assert_int_not_equal(secant_opts_set_json(&table, *state, rows[i].json, "c.json", &err), SECANT_OK);
		if (strncmp(err.msg, rows[i].message, strlen(rows[i].message)))
			fail_msg("'%s' is not '%s'", err.msg, rows[i].message);
	}
}

#define PARSE(b, operands, n, err, ...) \
	secant_opts_parse(&table, b, (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)), \
		(const char *[]){ __VA_ARGS__ }, operands, n, err)

static void
command_line(void **state)
{
	blur *b = *state;
	const char *operands[16];
	int n;
	secant_err err = { 0 };
	if (PARSE(b, operands, &n, &err, "in", "--radius", "5", "--sigma=3", "--no-fast", "-", "--any-number", "-3",
			"--freeze", "-4", "--", "--radius"))
		fail_msg("%s", err.msg);
	assert_int_equal(b->radius, 5);
	assert_true(b->sigma == 3);
	assert_false(b->fast);
	assert_int_equal(b->any, -3);
	assert_true(b->encoder.freeze);
	assert_int_equal(n, 4);
	assert_string_equal(operands[0], "in");
	assert_string_equal(operands[1], "-");
	assert_string_equal(operands[2], "-4");
	assert_string_equal(operands[3], "--radius");
	assert_int_equal(PARSE(b, operands, &n, NULL, "--fast=true", "--no-freeze", "--name="), SECANT_OK);
	assert_true(b->fast);
	assert_false(b->encoder.freeze);
	assert_string_equal(b->name, "");
	assert_int_equal(n, 0);
}

static void
lists_of_strings_append(void **state)
{
	blur *b = *state;
	const char *operands[8];
	int n;
	assert_int_equal(secant_opts_set(&table, b, "input", "from before", NULL), SECANT_OK);
	assert_int_equal(PARSE(b, operands, &n, NULL, "--input", "a", "--input=b"), SECANT_OK);
	assert_int_equal(b->inputs.n, 2);
	assert_string_equal(b->inputs.v[0], "a");
	assert_string_equal(b->inputs.v[1], "b");
}

static void
wrong_lines(void **state)
{
	static const struct {
		const char *argv[3], *message;
	} rows[] = {
		{ { "--radus", "1" }, "--radus: no such option (nearest: --radius)" },
		{ { "--radus=1" }, "--radus: no such option (nearest: --radius)" },
		{ { "--radius" }, "--radius: needs a value" },
		{ { "--name", "--fast" }, "--name: needs a value" },
		{ { "-r", "1" }, "-r: no such option (options begin with two dashes)" },
		{ { "--no-radius" }, "--no-radius: no such option (nearest: --radius)" },
		{ { "--no-fast=true" }, "--no-fast: takes no value" },
		{ { "--fast=2" }, "--fast: '2' is not true or false" },
		{ { "--=1" }, "--: no such option" },
		{ { "--config", "/no/such" }, "--config: /no/such: cannot open: No such file or directory" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *operands[4];
		int n, argc = rows[i].argv[1] ? 2 : 1;
		secant_err err = { 0 };
		assert_int_not_equal(secant_opts_parse(&table, *state, argc, rows[i].argv, operands, &n, &err), SECANT_OK);
		assert_string_equal(err.msg, rows[i].message);
	}
}

static void
the_command_line_wins_over_the_file(void **state)
{
	const char *dir = scratch_dir();
	char path[400], text[600];
	blur *b = *state;
	const char *operands[8];
	int n;
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/c.json", dir);
	const char *json = "{\"radius\": 9, \"sigma\": 4}";
	assert_int_equal(secant_file_write(path, json, strlen(json), NULL), SECANT_OK);
	assert_int_equal(PARSE(b, operands, &n, NULL, "--radius", "3", "--config", path), SECANT_OK);
	assert_int_equal(b->radius, 3);
	assert_true(b->sigma == 4);
	assert_string_equal(b->config, path);
	json = "{\"radus\": 9}";
	assert_int_equal(secant_file_write(path, json, strlen(json), NULL), SECANT_OK);
	assert_int_equal(PARSE(b, operands, &n, &err, "--config", path), SECANT_ERR_ARG);
	snprintf(text, sizeof text, "%s: radus: no such option (nearest: radius)", path);
	assert_string_equal(err.msg, text);
	err = (secant_err){ 0 };
	assert_int_equal(secant_file_write(path, "{}\0{}", 5, NULL), SECANT_OK);
	assert_int_equal(PARSE(b, operands, &n, &err, "--config", path), SECANT_ERR_FORMAT);
	snprintf(text, sizeof text, "%s: byte 2 is zero, expected JSON text", path);
	assert_string_equal(err.msg, text);
	assert_int_equal(base_remove_tree(dir, NULL), SECANT_OK);
}

static void
copies_own_their_strings(void **state)
{
	blur *b = *state, copy;
	assert_int_equal(secant_opts_set(&table, b, "name", "original", NULL), SECANT_OK);
	assert_int_equal(secant_opts_set(&table, b, "input", "x", NULL), SECANT_OK);
	assert_int_equal(secant_opts_copy(&table, &copy, b, NULL), SECANT_OK);
	char *one = secant_opts_to_json(&table, b), *two = secant_opts_to_json(&table, &copy);
	assert_string_equal(one, two);
	assert_ptr_not_equal(b->name, copy.name);
	assert_ptr_not_equal(b->inputs.v[0], copy.inputs.v[0]);
	secant_free(one);
	secant_free(two);
	secant_opts_free(&table, &copy);
	assert_null(copy.name);
	secant_opts_free(&table, &copy);
}

static void
rows_are_found_and_walked(void **state)
{
	size_t offset;
	assert_ptr_equal(secant_opts_find(&table, "encoder-depth", &offset), &inner_rows[1]);
	assert_int_equal(offset, offsetof(blur, encoder) + offsetof(inner, depth));
	assert_ptr_equal(secant_opts_find(&table, "encoder_depth", NULL), &inner_rows[1]);
	assert_null(secant_opts_find(&table, "", NULL));
}

static void
what_people_read(void **state)
{
	char *help = secant_opts_help(&table, NULL, 0), *page = secant_opts_markdown(&table, "--");
	assert_non_null(
		strstr(help, "  --radius N                      half the window, in pixels (0 to 64; default 2)\n"));
	assert_non_null(strstr(help, "  --any-number N                  without limits (default -7)\n"));
	assert_non_null(strstr(help, "what lies outside (zero|edge|mirror; default edge)\n"));
	assert_non_null(strstr(help, "\nEncoder:\n  --encoder-depth N "));
	for (char *line = help, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		assert_in_range(end - line, 0, 100);
	}
	assert_non_null(strstr(page,
		"| option | values | default | what it does |\n|---|---|---|---|\n| `--radius` | N, 0 to 64 | `2` | half the "
		"window, in pixels |\n"));
	assert_non_null(strstr(page, "| `--border` | `zero`, `edge`, `mirror` | `edge` | what lies outside |\n"));
	assert_non_null(strstr(page, "\n### Encoder\n\n| option | values |"));
	secant_free(help);
	secant_free(page);
}

static void *
json_alloc(size_t n)
{
	return secant_calloc(1, n);
}

static void
every_allocation_fails_once(void **state)
{
	const char *dir = scratch_dir();
	char path[400];
	const char *json = "{\"name\": \"n\", \"norm\": {\"a\": [1, 2.5]}, \"mean\": [1, 2], \"input\": [\"a\", \"b\"]}";
	snprintf(path, sizeof path, "%s/c.json", dir);
	assert_int_equal(secant_file_write(path, json, strlen(json), NULL), SECANT_OK);
	json_set_alloc_funcs(json_alloc, secant_free);
	long live = base_mem_live();
	for (long n = 1;; n++) {
		blur b = { 0 }, c = { 0 };
		char *text = NULL, *help = NULL, *page = NULL;
		const char *operands[8];
		int count;
		secant_err err = { 0 };
		base_mem_fail_at(n);
		secant_status s = secant_opts_init(&table, &b, &err);
		if (!s)
			s = PARSE(&b, operands, &count, &err, "--config", path, "--name", "m", "--input", "c", "--input", "d");
		if (!s)
			s = secant_opts_copy(&table, &c, &b, &err);
		if (!s
			&& (!(text = secant_opts_to_json(&table, &b)) || !(help = secant_opts_help(&table, NULL, 0))
				|| !(page = secant_opts_markdown(&table, ""))))
			s = secant_fail(&err, SECANT_ERR_NOMEM, "no memory");
		base_mem_fail_at(0);
		secant_opts_free(&table, &b);
		secant_opts_free(&table, &c);
		secant_free(text);
		secant_free(help);
		secant_free(page);
		assert_int_equal(base_mem_live(), live);
		if (!s)
			break;
		if (err.code != SECANT_ERR_NOMEM)
			fail_msg("allocation %ld: %s", n, err.msg);
		assert_in_range(n, 1, 2000);
	}
	json_set_alloc_funcs(malloc, free);
	assert_int_equal(base_remove_tree(dir, NULL), SECANT_OK);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(defaults),
		T(a_default_that_does_not_parse_is_our_bug),
		T(values_from_text),
		T(wrong_values),
		T(json_sets_and_reads_back),
		T(text_that_is_no_utf8_is_still_json),
		T(wrong_json),
		T(command_line),
		T(lists_of_strings_append),
		T(wrong_lines),
		T(the_command_line_wins_over_the_file),
		T(copies_own_their_strings),
		T(rows_are_found_and_walked),
		T(what_people_read),
		T(every_allocation_fails_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
