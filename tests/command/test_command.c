/*
 * The grammar of the command, from outside: help, unknown verbs and options, exit statuses, one line for an error,
 * versions.
 */
#include "run.h"

static char out[200000];

static void
says(int status, const char *expected, const char *arguments)
{
	int got = run_line(out, sizeof out, "$SECANT %s", arguments);
	if (got != status || strcmp(out, expected))
		fail_msg(
			"secant %s: status %d, expected %d; printed '%s', expected '%s'", arguments, got, status, out, expected);
}

static void
contains(int status, const char *part, const char *arguments)
{
	int got = run_line(out, sizeof out, "$SECANT %s", arguments);
	if (got != status || !strstr(out, part))
		fail_msg(
			"secant %s: status %d, expected %d; printed '%s', which lacks '%s'", arguments, got, status, out, part);
}

static void
version(void **state)
{
	int a, b, c;
	char backend[40], isa[20];
	assert_int_equal(run_line(out, sizeof out, "$SECANT --version"), 0);
	assert_int_equal(sscanf(out, "secant %d.%d.%d (oneDNN %39[0-9.], %19[a-z0-9])\n", &a, &b, &c, backend, isa), 5);
	assert_int_equal(run_line(out, sizeof out, "SECANT_CPU=sse2 $SECANT --version"), 0);
	assert_non_null(strstr(out, ", sse2)\n"));
	assert_int_equal(run_line(out, sizeof out, "SECANT_CPU=mmx $SECANT list"), 2);
	assert_string_equal(out, "secant: SECANT_CPU: 'mmx' is not sse2, avx2, avx512 or amx\n");
}

static void
help(void **state)
{
	contains(0, "usage: secant VERB [options] operands", "--help");
	contains(0, "\n  list       ", "help");
	contains(0, "usage: secant doc [options] [DIR]", "doc --help");
	contains(0, "usage: secant doc [options] [DIR]", "help doc");
	contains(0, "usage: secant doc [options] [DIR]", "doc --unknown -h");
	contains(0, "With every verb:", "list --help");
	contains(0, "\nexample:\n  secant doc docs/reference\n", "doc --help");
	contains(0, "'secant train --help-all' shows all ", "train --help");
	/* Every name of the short help is an option: as many lines as names. */
	contains(0, "\n23 train\n12 eval\n15 predict\n",
		"list > /dev/null; echo; for v in train eval predict; do echo $($SECANT $v --help | grep -c '^  --') $v; done");
	contains(0, "1\n", "train --help-all | grep -c '^  --cycle-momentum '");
	contains(0, "0\n", "train --help | grep -c '^  --cycle-momentum ' || true");
	contains(
		0, "0\n", "train --help-all > /dev/null; COLUMNS=70 $SECANT train --help-all | grep -cE '^ {17}.{54}' || true");
}

static void
wrong_usage(void **state)
{
	says(2, "secant: a verb is missing: 'secant --help' lists them\n", "");
	says(2, "secant: 'lst': no such verb (nearest: list)\n", "lst");
	says(2, "secant: 'lst': no such verb (nearest: list)\n", "help lst");
	says(2, "secant: 'xyzzy': no such verb ('secant --help' lists them)\n", "xyzzy");
	says(2, "secant: --verbose: no such option (before a verb: --help, --version)\n", "--verbose");
	says(2, "secant list: --jsn: no such option (nearest: --json)\n", "list --jsn");
	says(2, "secant list: 2 operands: expected at most 1 ([KIND])\n", "list a b");
	says(
		2, "secant doc: --completion: 'zhs' is not one of none|bash|zsh|fish (nearest: zsh)\n", "doc --completion zhs");
	says(2, "secant doc: --completion: needs a value\n", "doc --completion");
	says(2, "secant doc: a folder is missing: secant doc DIR\n", "doc");
}

static void
failures(void **state)
{
	says(1, "secant list: --config: /no/such: cannot open: No such file or directory\n", "list --config /no/such");
	says(1, "secant doc: /dev/null: cannot make folder: File exists\n", "doc /dev/null/x");
	if (access("/dev/full", W_OK) == 0)
		says(1, "secant list: standard output: No space left on device\n", "list --json > /dev/full");
}

/* Under --json an error is the one object on standard output, and a line on the other as ever. */
static void
errors_as_json(void **state)
{
	says(2, "{\"verb\": \"list\", \"error\": \"--jsn: no such option (nearest: --json)\", \"status\": 2}\n",
		"list --json --jsn 2> /dev/null");
	says(1, "{\"verb\": \"info\", \"error\": \"/no/such: no such file or folder\", \"status\": 1}\n",
		"info /no/such --json 2> /dev/null");
	says(1, "secant info: /no/such: no such file or folder\n", "info /no/such --json > /dev/null");
	says(1, "", "info /no/such 2> /dev/null");
	says(2, "{\"verb\": \"data draw\", \"error\": \"--out is missing: the picture to write\", \"status\": 2}\n",
		"data draw x --json 2> /dev/null");
}

static void
presets_for_several_classes_are_named(void **state)
{
	contains(2, "--preset remote-sensing is for one class, there are 3; --preset remote-sensing-classes fits",
		"train nowhere --preset remote-sensing --classes 3 --out never");
	contains(2, "--preset remote-sensing-sgd is for one class, there are 3; --preset remote-sensing-classes fits",
		"train nowhere --preset remote-sensing-sgd --classes 3 --out never");
	contains(1, "nowhere", "train nowhere --preset remote-sensing --classes 3 --loss dice --out never");
}

static void
config_files(void **state)
{
	char *dir = scratch_dir();
	int status = run_line(
		out, sizeof out, "echo '{\"man\": true, \"mann\": 1}' > %s/c.json; $SECANT doc --config %s/c.json", dir, dir);
	char expected[400];
	snprintf(expected, sizeof expected, "secant doc: %s/c.json: mann: no such option (nearest: man)\n", dir);
	assert_int_equal(status, 2);
	assert_string_equal(out, expected);
	assert_int_equal(
		run_line(out, sizeof out, "echo '{\"man\": true}' > %s/c.json; $SECANT doc --config %s/c.json", dir, dir), 0);
	assert_memory_equal(out, ".TH SECANT 1 ", 13);
	assert_int_equal(run_line(out, sizeof out, "rm -r %s", dir), 0);
}

static void
lists(void **state)
{
	contains(0, "formats", "list");
	contains(0, "safetensors", "list formats");
	contains(0, "\"formats\": {\n", "list --json");
	contains(0, "\"formats\": {\n", "list formats --json");
	says(2, "secant list: 'formts': no such kind (nearest: formats)\n", "list formts");
	says(2, "secant list: 'qqqqqqqq': no such kind ('secant list' shows them)\n", "list qqqqqqqq");
}

static void
completion_and_man_page_are_well_formed(void **state)
{
	assert_int_equal(run_line(out, sizeof out, "$SECANT doc --completion bash | bash -n"), 0);
	assert_string_equal(out, "");
	const char *script = "$SECANT doc --completion bash > %1$s/c; bash -c 'source %1$s/c; COMP_WORDS=(secant doc "
						 "--completion \"\"); COMP_CWORD=3; _secant; "
						 "echo ${COMPREPLY[@]}; COMP_WORDS=(secant do); COMP_CWORD=1; _secant; echo ${COMPREPLY[@]}'";
	char *dir = scratch_dir(), line[1000];
	snprintf(line, sizeof line, script, dir);
	assert_int_equal(run_line(out, sizeof out, "%s", line), 0);
	assert_string_equal(out, "none bash zsh fish\ndoc\n");
	script = "bash -c 'source %1$s/c; COMP_WORDS=(secant train --encoder resnet1); COMP_CWORD=3; _secant; echo "
			 "${COMPREPLY[@]}'";
	snprintf(line, sizeof line, script, dir);
	assert_int_equal(run_line(out, sizeof out, "%s", line), 0);
	assert_non_null(strstr(out, "resnet18 "));
	assert_int_equal(run_line(out, sizeof out, "rm -r %s", dir), 0);
	static const struct {
		const char *program, *line;
	} checks[] = {
		{ "zsh", "$SECANT doc --completion zsh | zsh -n" },
		{ "fish", "$SECANT doc --completion fish | fish -n" },
		{ "groff", "$SECANT doc --man | groff -man -Tascii -ww -z" },
	};
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		if (run_line(out, sizeof out, "command -v %s", checks[i].program)) {
			fprintf(stderr, "not checked: %s is not installed\n", checks[i].program);
			continue;
		}
		assert_int_equal(run_line(out, sizeof out, "%s", checks[i].line), 0);
		assert_string_equal(out, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version),
		cmocka_unit_test(help),
		cmocka_unit_test(wrong_usage),
		cmocka_unit_test(failures),
		cmocka_unit_test(errors_as_json),
		cmocka_unit_test(presets_for_several_classes_are_named),
		cmocka_unit_test(config_files),
		cmocka_unit_test(lists),
		cmocka_unit_test(completion_and_man_page_are_well_formed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
