/*
 * Links in data sets: what they lead to outside of the set is said by every verb and found by check, and refused where
 * that is asked; a set without such links hears nothing.
 */
#include "run.h"

static char out[8000];

/* A set of two pictures whose second lies behind a linked folder (or, with `file`, is a linked file); in $D. */
static void
make(const char *how)
{
	const char *list =
		"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 8, \"height\": 8}, {\"id\": 2, "
		"\"file_name\": \"%s\", \"width\": 8, \"height\": 8}], \"categories\": [{\"id\": 1, \"name\": \"x\"}], "
		"\"annotations\": [{\"id\": 1, \"image_id\": 2, \"category_id\": 1, \"bbox\": [1, 1, 4, 4], "
		"\"area\": 16, \"iscrowd\": 0}]}";
	char text[1000];
	snprintf(text, sizeof text, list, !strcmp(how, "folder") ? "link/secret.png" : "b.png");
	int status = run_line(out, sizeof out,
		"rm -rf \"$D\" && mkdir -p \"$D/set/annotations\" \"$D/set/images\" \"$D/secret\" && cp "
		"tests/cases/hostile/empty-mask-folder/n/train/images/a.png \"$D/set/images\" && cp "
		"\"$D/set/images/a.png\" \"$D/secret/secret.png\" && printf '%%s' '%s' > "
		"\"$D/set/annotations/instances_train.json\" && cd \"$D/set/images\" && case %s in folder) ln -s ../../secret "
		"link ;; file) ln -s ../../secret/secret.png b.png ;; inside) ln -s a.png b.png ;; esac",
		text, how);
	if (status)
		fail_msg("%s", out);
}

static int
setup(void **state)
{
	setenv("D", scratch_dir(), 1);
	return 0;
}

static void
links_out_of_a_set_are_said(void **state)
{
	static const char *const ways[] = { "folder", "file" };
	for (int i = 0; i < 2; i++) {
		make(ways[i]);
		int status = run_line(out, sizeof out, "\"$SECANT\" data check \"$D/set\" --strict");
		if (!strstr(out, "path-outside") || !strstr(out, "/secret/secret.png"))
			fail_msg("%s: status %d: %s", ways[i], status, out);
		status = run_line(out, sizeof out, "\"$SECANT\" data convert \"$D/set\" --to voc --out \"$D/out\"");
		if (status || !strstr(out, "1 of 2 pictures lie outside of the data set") || !strstr(out, "/secret/secret.png"))
			fail_msg("%s: status %d: %s", ways[i], status, out);
	}
}

static void
and_refused_where_that_is_asked(void **state)
{
	static const char *const verbs[] = { "convert \"$D/set\" --to voc --out \"$D/out\"",
		"masks \"$D/set\" --out \"$D/out\"", "tile \"$D/set\" --out \"$D/out\"", "check \"$D/set\"" };
	for (int i = 0; i < 8; i++) {
		make(i & 1 ? "folder" : "file");
		int status = run_line(out, sizeof out, "\"$SECANT\" data %s --links refuse", verbs[i / 2]);
		if (status != 1 || !strstr(out, "a link leads out of the data set, to ")
			|| !strstr(out, "--links follow takes"))
			fail_msg("%s: status %d: %s", verbs[i / 2], status, out);
		assert_int_equal(run_line(out, sizeof out, "test -e \"$D/out\""), 1);
	}
}

static void
links_within_a_set_and_folders_of_ones_own_are_not(void **state)
{
	make("inside");
	assert_int_equal(
		run_line(out, sizeof out, "\"$SECANT\" data convert \"$D/set\" --to voc --out \"$D/out\" --links refuse"), 0);
	assert_null(strstr(out, "outside"));
	make("inside");
	int status = run_line(out, sizeof out,
		"mv \"$D/set/images\" \"$D/elsewhere\" && \"$SECANT\" data convert \"$D/set\" --images \"$D/elsewhere\" --to "
		"voc "
		"--out \"$D/out\" --links refuse");
	if (status || strstr(out, "outside"))
		fail_msg("status %d: %s", status, out);
	/* The set itself may be reached through a link. */
	make("inside");
	status = run_line(out, sizeof out,
		"ln -s set \"$D/way\" && \"$SECANT\" data convert \"$D/way\" --to voc --out \"$D/out\" --links refuse");
	if (status || strstr(out, "outside"))
		fail_msg("status %d: %s", status, out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_out_of_a_set_are_said),
		cmocka_unit_test(and_refused_where_that_is_asked),
		cmocka_unit_test(links_within_a_set_and_folders_of_ones_own_are_not),
	};
	return tests_end(cmocka_run_group_tests(tests, setup, NULL), sizeof tests / sizeof *tests);
}
