/*
 * One file over HTTP, by libcurl. Bytes go to FILE.part, which survives a broken connection and a killed process: the
 * next try asks for the rest. Only a whole file, of the size and the SHA-256 that were announced, gets its name. One
 * process fetches a file at a time; others wait for it. A build without libcurl says where to put the file.
 *
 * What is announced: a sum known beforehand; else X-Linked-Etag and X-Linked-Size, with which Hugging Face's hub
 * answers before it redirects to where the bytes lie. Proxies are libcurl's matter: http_proxy, https_proxy, no_proxy.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "hub/hub.h"

bool
hub_is_sum(const char *text, size_t n)
{
	size_t i = 0;
	while (i < n && i < 64 && ((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')))
		i++;
	return i == n && n > 0;
}

secant_status
hub_file_sum(const char *path, char sum[65], secant_err *err)
{
	secant_bytes b;
	secant_status status = base_file_map(&b, path, err);
	if (status)
		return status;
	base_sha256_hex(b.data, b.size, sum);
	base_file_unmap(&b);
	return SECANT_OK;
}

#ifdef SECANT_CURL
#include <curl/curl.h>
#include <pthread.h>
#include <strings.h>
#include <time.h>

typedef struct fetch {
	const hub_wanted *w;
	const secant_weights_events *e;
	char *part; /* where bytes go */
	int fd;
	CURL *curl;
	uint64_t at, began; /* bytes of the part file, and of them before this request */
	uint64_t total; /* of the file; 0: not known */
	uint64_t range_at; /* where the server says its answer begins */
	char sum[65]; /* that it is to have, maybe its first digits only; "": not known */
	bool refused; /* a body that is no part of the file: a page about an error */
	bool cancelled;
	secant_err err; /* of writing */
} fetch;

/* ---- what libcurl calls ---- */

/* "Name: value\r\n" as value's beginning and length; false: another header. */
static bool
header_is(const char *line, size_t n, const char *name, const char **value, size_t *length)
{
	size_t m = strlen(name);
	if (n <= m || strncasecmp(line, name, m) || line[m] != ':')
		return false;
	const char *at = line + m + 1, *end = line + n;
	while (at < end && (*at == ' ' || *at == '"'))
		at++;
	while (end > at && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' ' || end[-1] == '"'))
		end--;
	*value = at;
	*length = (size_t)(end - at);
	return true;
}

static uint64_t
number(const char *text, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n && text[i] >= '0' && text[i] <= '9' && v < UINT64_MAX / 16; i++)
		v = v * 10 + (uint64_t)(text[i] - '0');
	return v;
}

/* Headers of every answer on the way, redirects too. */
static size_t
on_header(char *line, size_t size, size_t n, void *user)
{
	fetch *f = user;
	const char *value;
	size_t length;
	if (n > 5 && !strncmp(line, "HTTP/", 5)) {
		f->range_at = 0;
	} else if (header_is(line, n, "x-linked-etag", &value, &length)) {
		if (length == 64 && hub_is_sum(value, 64) && !f->w->sha256)
			(void)snprintf(f->sum, sizeof f->sum, "%.64s", value);
	} else if (header_is(line, n, "x-linked-size", &value, &length)) {
		f->total = number(value, length);
	} else if (header_is(line, n, "content-range", &value, &length) && length > 6 && !strncasecmp(value, "bytes ", 6)) {
		f->range_at = number(value + 6, length - 6);
	}
	return size * n;
}

static bool
start_over(fetch *f)
{
	f->at = f->began = 0;
	if (ftruncate(f->fd, 0))
		return secant_fail(&f->err, SECANT_ERR_IO, "%s: %s", f->part, strerror(errno)), false;
	return true;
}

/* The first bytes of an answer's body: are they what was asked for? */
static bool
first_bytes(fetch *f)
{
	long code = 0;
	(void)curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &code);
	if (code != 200 && code != 206) {
		f->refused = true;
		return true;
	}
	if (code == 200 && f->at && !start_over(f)) /* a server that knows no ranges sends all of it */
		return false;
	if (code == 206 && f->range_at != f->at) {
		secant_fail(&f->err, SECANT_ERR_FORMAT, "%s: asked for bytes from %llu, the server sends from %llu",
			f->w->address, (unsigned long long)f->at, (unsigned long long)f->range_at);
		return false;
	}
	curl_off_t length = -1;
	if (!f->total && !curl_easy_getinfo(f->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) && length > 0)
		f->total = f->at + (uint64_t)length;
	return true;
}

static size_t
on_bytes(char *data, size_t size, size_t n, void *user)
{
	fetch *f = user;
	uint64_t most = f->total ? f->total : f->w->most ? f->w->most : (uint64_t)16 << 30;
	if (!f->refused && f->at == f->began && !first_bytes(f))
		return 0;
	n *= size;
	if (f->refused)
		return n;
	if (f->at + n > most || (f->w->most && f->total > f->w->most)) {
		secant_fail(&f->err, SECANT_ERR_FORMAT, "%s: more than the %llu bytes it should have", f->w->address,
			(unsigned long long)(f->w->most && f->w->most < most ? f->w->most : most));
		return 0;
	}
	for (size_t done = 0; done < n;) {
		ssize_t put = pwrite(f->fd, data + done, n - done, (off_t)(f->at + done));
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			secant_fail(&f->err, SECANT_ERR_IO, "%s: %s", f->part, put ? strerror(errno) : "nothing can be written");
			return 0;
		}
		done += (size_t)put;
	}
	f->at += n;
	return n;
}

static int
on_progress(void *user, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
	fetch *f = user;
	if (f->e->progress && f->at > f->began)
		f->e->progress(f->e->user, f->w->name, (int64_t)f->at, (int64_t)f->total);
	f->cancelled = f->e->cancelled && f->e->cancelled(f->e->user);
	return f->cancelled;
}

/* ---- a request ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
start_curl(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool
prepare(fetch *f)
{
	bool safe = !strncmp(f->w->address, "https:", 6); /* what was asked for in secret stays secret */
	(void)pthread_once(&once, start_curl);
	if (!(f->curl = curl_easy_init()))
		return false;
	CURL *c = f->curl;
	bool bad = curl_easy_setopt(c, CURLOPT_URL, f->w->address) || curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L)
		|| curl_easy_setopt(c, CURLOPT_MAXREDIRS, 10L) || curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L)
		|| curl_easy_setopt(c, CURLOPT_USERAGENT, "secant/" SECANT_VERSION)
		|| curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 30L) || curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L)
		|| curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 60L) || curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header)
		|| curl_easy_setopt(c, CURLOPT_HEADERDATA, f) || curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes)
		|| curl_easy_setopt(c, CURLOPT_WRITEDATA, f) || curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress)
		|| curl_easy_setopt(c, CURLOPT_XFERINFODATA, f) || curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L)
#if LIBCURL_VERSION_NUM >= 0x075500
		|| curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https")
		|| curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, safe ? "https" : "http,https");
#else
		|| curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS))
		|| curl_easy_setopt(
			c, CURLOPT_REDIR_PROTOCOLS, (long)(safe ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	return !bad;
}

/* A connection that broke may hold the next time; a name that nobody knows is no name. */
static bool
may_pass(CURLcode code, long http)
{
	switch (code) {
	case CURLE_OK: return http == 408 || http == 429 || http >= 500;
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM: return true;
	default: return false;
	}
}

static secant_status
say_http(const fetch *f, long http, secant_err *err)
{
	const char *why = http == 401 || http == 403 ? "the server refuses it"
		: http == 404 || http == 410             ? "it is not there"
		: http == 429                            ? "too many requests; try again later"
		: http >= 500                            ? "the server is in trouble"
												 : "an answer that is no file";
	return secant_fail(err, SECANT_ERR_IO, "HTTP %ld: %s", http, why);
}

/* Asks once for what is missing. *again: it may be asked once more. */
static secant_status
ask(fetch *f, bool *again, secant_err *err)
{
	char range[40], why[CURL_ERROR_SIZE] = "";
	long http = 0;
	f->began = f->at;
	f->refused = false;
	(void)snprintf(range, sizeof range, "%llu-", (unsigned long long)f->at);
	(void)curl_easy_setopt(f->curl, CURLOPT_RANGE, f->at ? range : NULL);
	(void)curl_easy_setopt(f->curl, CURLOPT_ERRORBUFFER, why);
	CURLcode code = curl_easy_perform(f->curl);
	(void)curl_easy_setopt(f->curl, CURLOPT_ERRORBUFFER, NULL);
	(void)curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &http);
	*again = may_pass(code, http) && !f->err.code && !f->cancelled;
	if (f->cancelled)
		return secant_fail(err, SECANT_ERR_CANCELLED, "stopped; what has come is kept");
	if (f->err.code)
		return secant_fail(err, f->err.code, "%s", f->err.msg);
	if (code)
		return secant_fail(err, SECANT_ERR_IO, "%s", *why ? why : curl_easy_strerror(code));
	if (http == 416 && f->at) { /* more is here than there: another file */
		*again = true;
		return start_over(f) ? secant_fail(err, SECANT_ERR_IO, "the server has fewer bytes than are here")
							 : secant_fail(err, f->err.code, "%s", f->err.msg);
	}
	if (http != 200 && http != 206)
		return say_http(f, http, err);
	if (f->total && f->at != f->total) {
		*again = f->at < f->total;
		return secant_fail(
			err, SECANT_ERR_FORMAT, "%llu bytes came of %llu", (unsigned long long)f->at, (unsigned long long)f->total);
	}
	return SECANT_OK;
}

static void
rest(double seconds)
{
	struct timespec t = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };
	(void)nanosleep(&t, NULL);
}

/* Asks until all is there, or so many tries have brought nothing. */
static secant_status
ask_all(fetch *f, secant_err *err)
{
	int tries = f->e->tries > 0 ? f->e->tries : 5;
	double pause = f->e->pause > 0 ? f->e->pause : 1;
	uint64_t most = f->at; /* that were ever here: a server that makes us begin again brings nothing new */
	for (int failed = 0;;) {
		secant_err one = { 0 };
		bool again = false;
		if (!ask(f, &again, &one))
			return SECANT_OK;
		failed = f->at > most ? 1 : failed + 1;
		most = f->at > most ? f->at : most;
		if (!again || failed >= tries)
			return secant_fail(err, one.code, "%s", one.msg);
		secant_log(&f->e->log, SECANT_LOG_INFO, "%s: %s; going on at byte %llu", f->w->name, one.msg,
			(unsigned long long)f->at);
		rest(pause * (double)(1 << (failed - 1 < 6 ? failed - 1 : 6)));
	}
}

/* ---- a file ---- */

/* Opens FILE.part for this process alone. *done: while it waited, another one fetched the file. */
static secant_status
open_part(fetch *f, const char *path, bool *done, secant_err *err)
{
	for (;;) {
		struct stat ours, named;
		if ((f->fd = open(f->part, O_RDWR | O_CREAT | O_CLOEXEC, 0644)) < 0)
			return secant_fail(err, SECANT_ERR_IO, "%s: %s", f->part, strerror(errno));
		if (flock(f->fd, LOCK_EX | LOCK_NB)) {
			secant_log(&f->e->log, SECANT_LOG_INFO, "%s: another process fetches it; waiting", f->w->name);
			while (flock(f->fd, LOCK_EX) && errno == EINTR)
				if (f->e->cancelled && f->e->cancelled(f->e->user))
					return secant_fail(err, SECANT_ERR_CANCELLED, "stopped");
		}
		*done = secant_is_file(path);
		/* renamed while we waited: then what we hold is the finished file, and a new part is to be begun */
		bool same = !fstat(f->fd, &ours) && !stat(f->part, &named) && ours.st_ino == named.st_ino
			&& ours.st_dev == named.st_dev;
		if (same || *done) {
			f->at = same ? (uint64_t)ours.st_size : 0;
			if (same && *done)
				(void)unlink(f->part);
			return SECANT_OK;
		}
		(void)close(f->fd);
		f->fd = -1;
	}
}

/* Is it what was announced? *resumed: bytes of an earlier try may be another file's; those are tried once more. */
static secant_status
check(fetch *f, char sum[65], bool *resumed, secant_err *err)
{
	secant_status status = hub_file_sum(f->part, sum, err);
	if (status || !f->sum[0] || !strncmp(sum, f->sum, strlen(f->sum)))
		return *resumed = false, status;
	if (*resumed)
		return SECANT_ERR_FORMAT;
	(void)unlink(f->part);
	return secant_fail(err, SECANT_ERR_FORMAT, "what came has the SHA-256 %s, it should be %s%s", sum, f->sum,
		strlen(f->sum) < 64 ? "..." : "");
}

static secant_status
fetch_to(fetch *f, const char *path, char sum[65], secant_err *err)
{
	bool resumed = f->at > 0;
	if (resumed && !f->w->sha256)
		secant_log(&f->e->log, SECANT_LOG_DEBUG, "%s: %llu bytes are here", f->w->name, (unsigned long long)f->at);
	for (;;) {
		secant_status status = ask_all(f, err);
		if (status)
			return status;
		if (resumed && !f->sum[0]) { /* nothing says that both halves are of one file */
			resumed = false;
			if (!start_over(f))
				return secant_fail(err, f->err.code, "%s", f->err.msg);
			continue;
		}
		status = check(f, sum, &resumed, err);
		if (!resumed && status)
			return status;
		if (!resumed)
			break;
		secant_log(&f->e->log, SECANT_LOG_WARNING, "%s: what was here of it is of another file; all of it is fetched",
			f->w->name);
		resumed = false;
		if (!start_over(f))
			return secant_fail(err, f->err.code, "%s", f->err.msg);
	}
	if (fsync(f->fd) || rename(f->part, path))
		return secant_fail(err, SECANT_ERR_IO, "%s: %s", path, strerror(errno));
	return SECANT_OK;
}

secant_status
hub_fetch(const hub_wanted *w, const char *path, const secant_weights_events *e, char sum[65], secant_err *err)
{
	fetch f = { .w = w, .e = e, .fd = -1 };
	secant_err own = { 0 };
	char *dir = base_path_dir(path);
	bool done = false;
	sum[0] = '\0';
	if (w->sha256)
		(void)snprintf(f.sum, sizeof f.sum, "%s", w->sha256);
	if (!dir || !(f.part = base_format("%s.part", path)) || !prepare(&f))
		secant_fail(&own, SECANT_ERR_NOMEM, "no memory to fetch %s", w->address);
	else if (!secant_make_dirs(dir, &own) && !open_part(&f, path, &done, &own) && done)
		(void)!hub_file_sum(path, sum, &own);
	else if (!own.code)
		(void)!fetch_to(&f, path, sum, &own);
	long http = 0;
	if (f.curl && own.code)
		(void)curl_easy_getinfo(f.curl, CURLINFO_RESPONSE_CODE, &http);
	bool spared = w->spare && own.code && (http == 404 || http == 410);
	if (f.fd >= 0 && own.code && (f.at == 0 || spared))
		(void)unlink(f.part);
	if (f.curl)
		curl_easy_cleanup(f.curl);
	if (f.fd >= 0)
		(void)close(f.fd);
	secant_free(f.part);
	secant_free(dir);
	return own.code && !spared ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}

#else

secant_status
hub_fetch(const hub_wanted *w, const char *path, const secant_weights_events *e, char sum[65], secant_err *err)
{
	return secant_fail(err, SECANT_ERR_UNSUPPORTED, "this build has no libcurl and fetches nothing");
}

#endif
