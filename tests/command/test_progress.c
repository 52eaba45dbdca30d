/*
 * Log lines and the progress bar, in a child process whose standard error is a pseudo-terminal or a file: the bar is
 * drawn over itself and leaves nothing behind, log lines do not run into it, files get plain lines, SECANT_LOG=json
 * JSON lines, --quiet nothing.
 */
#include "data.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include "../../tools/json.c"
#include "../../tools/progress.c"

static char seen[20000];

/* Runs `work` with standard error on a terminal (or a file) and keeps what it wrote. */
static void
watch(bool terminal, const char *setting, void (*work)(const common *c), bool quiet)
{
	char path[] = "/tmp/secant-progress-XXXXXX";
	int file = mkstemp(path), main_end = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(file >= 0);
	if (main_end < 0) {
		print_message("skipped: this system lends no pseudo-terminal: %s\n", strerror(errno));
		close(file);
		unlink(path);
		skip();
	}
	assert_int_equal(grantpt(main_end) | unlockpt(main_end), 0);
	int other_end = open(ptsname(main_end), O_RDWR | O_NOCTTY);
	assert_true(other_end >= 0);
	assert_int_equal(ioctl(other_end, TIOCSWINSZ, &(struct winsize){ .ws_row = 25, .ws_col = 150 }), 0);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		common c = { .quiet = quiet };
		setenv("SECANT_LOG", setting, 1);
		setenv("TERM", "xterm", 1);
		dup2(terminal ? other_end : file, STDERR_FILENO);
		work(&c);
		fflush(stderr);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	size_t n = 0;
	ssize_t got = terminal ? 0 : pread(file, seen, sizeof seen - 1, 0);
	/* A terminal hands on what was written in pieces, and some of them late. */
	for (struct pollfd p = { .fd = main_end, .events = POLLIN };
		 terminal && poll(&p, 1, 300) > 0 && (got = read(main_end, seen + n, sizeof seen - 1 - n)) > 0; got = 0)
		n += (size_t)got;
	seen[n + (got > 0 ? (size_t)got : 0)] = '\0';
	close(main_end);
	close(other_end);
	close(file);
	unlink(path);
}

static void
job(const common *c)
{
	secant_logger log = tool_logger(c);
	tool_progress_begin(c, "images");
	for (int i = 0; i <= 40; i++) {
		tool_progress("epoch 1/2", i, 40, "loss 0.5");
		if (i == 20)
			secant_log(&log, SECANT_LOG_INFO, "half of it");
	}
	tool_progress_end();
	secant_log(&log, SECANT_LOG_WARNING, "done");
	secant_log(&log, SECANT_LOG_DEBUG, "details");
}

static void
on_a_terminal(void **state)
{
	watch(true, "", job, false);
	assert_non_null(strstr(seen, "\repoch 1/2 [                        ] 0/40"));
	assert_non_null(strstr(seen, "\r\033[Khalf of it\r\n"));
	assert_non_null(strstr(seen, "\repoch 1/2 [########################] 40/40"));
	assert_non_null(strstr(seen, "loss 0.5\033[K\r\033[Kwarning: done\r\n"));
	assert_null(strstr(seen, "details"));
}

static void
in_a_file(void **state)
{
	watch(false, "", job, false);
	assert_string_equal(seen, "half of it\nwarning: done\n");
	watch(false, "debug", job, false);
	assert_string_equal(seen, "half of it\nwarning: done\ndetails\n");
	watch(false, "", job, true);
	assert_string_equal(seen, "warning: done\n");
	watch(true, "", job, true);
	assert_string_equal(seen, "warning: done\r\n");
}

/* A long job as the clock of the bar sees it: eleven seconds have passed since the last line. */
static void
long_job(const common *c)
{
	tool_progress_begin(c, "images");
	tool_progress("epoch 1/2", 0, 40, NULL);
	bar.drawn -= 11;
	bar.began -= 11;
	tool_progress("epoch 1/2", 22, 40, "loss 0.5");
	tool_progress("epoch 1/2", 23, 40, "loss 0.5");
}

static void
long_jobs_in_a_file(void **state)
{
	watch(false, "", long_job, false);
	assert_string_equal(seen, "epoch 1/2: 22/40, 2.0 images/s, loss 0.5\n");
	watch(false, "json", long_job, false);
	assert_memory_equal(seen, "{\"progress\":\"epoch 1/2\",\"now\":22,\"total\":40,\"rate\":", 51);
	json_t *j = json_loads(seen, 0, NULL);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "values")), "loss 0.5");
	json_decref(j);
}

static void
clocks(void **state)
{
	static const struct {
		double s;
		const char *text;
	} rows[] = {
		{ 0, "0:00" },
		{ 59.6, "1:00" },
		{ 3599, "59:59" },
		{ 3723, "1:02:03" },
		{ -1, "0:00" },
		{ 1e30, "0:00" },
	};
	char text[32];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		clock_text(rows[i].s, text);
		assert_string_equal(text, rows[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_a_terminal),
		cmocka_unit_test(in_a_file),
		cmocka_unit_test(long_jobs_in_a_file),
		cmocka_unit_test(clocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
