/*
 * What goes to standard error while a verb works: log lines and the progress bar, which must not run into each other.
 * On a terminal the bar is drawn over itself; elsewhere a plain line comes every few seconds; with SECANT_LOG=json
 * everything is a JSON line.
 */
#include "command.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Loader threads may log while the main thread draws. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct bar {
	bool active, visible, terminal;
	char label[80], unit[24];
	int64_t first; /* `now` when this label began */
	double began, drawn; /* seconds */
} bar;

static bool
log_has(const char *word)
{
	const char *text = getenv("SECANT_LOG");
	return text && strstr(text, word);
}

static void
erase(void)
{
	if (bar.visible)
		fputs("\r\033[K", stderr);
	bar.visible = false;
}

static void
log_line(secant_level most, secant_level level, const char *line)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	if (level > most)
		return;
	pthread_mutex_lock(&lock);
	erase();
	if (log_has("json"))
		(void)tool_print_json(stderr, json_pack("{s:s, s:s}", "level", names[level], "message", line),
			JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9), NULL);
	else
		fprintf(stderr, "%s%s%s\n", level <= SECANT_LOG_WARNING ? names[level] : "",
			level <= SECANT_LOG_WARNING ? ": " : "", line);
	pthread_mutex_unlock(&lock);
}

static void
log_all(void *user, secant_level level, const char *line)
{
	log_line(log_has("debug") ? SECANT_LOG_DEBUG : SECANT_LOG_INFO, level, line);
}

static void
log_warnings(void *user, secant_level level, const char *line)
{
	log_line(SECANT_LOG_WARNING, level, line);
}

secant_logger
tool_logger(const common *c)
{
	return (secant_logger){ c->quiet ? log_warnings : log_all, NULL };
}

void
tool_progress_begin(const common *c, const char *unit)
{
	pthread_mutex_lock(&lock);
	const char *term = getenv("TERM");
	bar = (struct bar){ .active = !c->quiet,
		.terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") && !log_has("json") };
	snprintf(bar.unit, sizeof bar.unit, "%s", unit);
	pthread_mutex_unlock(&lock);
}

static int
terminal_width(void)
{
	struct winsize size;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

/* "0:41", "1:02:03". */
static void
clock_text(double s, char text[32])
{
	long t = s > 0 && s < 1e9 ? (long)(s + 0.5) : 0;
	if (t >= 3600)
		snprintf(text, 32, "%ld:%02ld:%02ld", t / 3600, t / 60 % 60, t % 60);
	else
		snprintf(text, 32, "%ld:%02ld", t / 60, t % 60);
}

static void
draw(int64_t now, int64_t total, const char *values, double rate, double left)
{
	char clock[32], line[400];
	int width = terminal_width() - 1, cells = width < 100 ? 12 : 24;
	int filled = total > 0 ? (int)(cells * now / total) : 0;
	clock_text(left, clock);
	int n = snprintf(line, sizeof line, "%s [%.*s%.*s] %lld/%lld  ", bar.label, filled, "########################",
		cells - filled, "                        ", (long long)now, (long long)total);
	if (rate > 0) /* the first line knows none */
		n += snprintf(line + n, sizeof line - (size_t)n, "%.1f %s/s  %s left  ", rate, bar.unit, clock);
	n += snprintf(line + n, sizeof line - (size_t)n, "%s", values);
	if (n > width && width < (int)sizeof line)
		line[width] = '\0';
	fprintf(stderr, "\r%s\033[K", line);
	fflush(stderr);
	bar.visible = true;
}

void
tool_progress(const char *label, int64_t now, int64_t total, const char *values)
{
	pthread_mutex_lock(&lock);
	double t = secant_seconds();
	if (bar.active && strcmp(bar.label, label)) {
		snprintf(bar.label, sizeof bar.label, "%s", label);
		bar.began = t;
		bar.drawn = bar.terminal ? 0 : t;
		bar.first = now;
	}
	double rate = t > bar.began ? (double)(now - bar.first) / (t - bar.began) : 0;
	double left = rate > 0 ? (double)(total - now) / rate : 0;
	/* Elsewhere than on a terminal a line every ten seconds, and one at the end of what took that long. */
	bool due = t - bar.drawn >= (bar.terminal ? 0.1 : 10) || (bar.terminal && now == total);
	if (bar.active && due) {
		bar.drawn = t;
		if (log_has("json"))
			(void)tool_print_json(stderr,
				json_pack("{s:s, s:I, s:I, s:f, s:f, s:s}", "progress", label, "now", (json_int_t)now, "total",
					(json_int_t)total, "rate", rate, "seconds_left", left, "values", values ? values : ""),
				JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9), NULL);
		else if (bar.terminal)
			draw(now, total, values ? values : "", rate, left);
		else
			fprintf(stderr, "%s: %lld/%lld, %.1f %s/s%s%s\n", label, (long long)now, (long long)total, rate, bar.unit,
				values && *values ? ", " : "", values ? values : "");
	}
	pthread_mutex_unlock(&lock);
}

void
tool_progress_end(void)
{
	pthread_mutex_lock(&lock);
	erase();
	bar.active = false;
	pthread_mutex_unlock(&lock);
}
