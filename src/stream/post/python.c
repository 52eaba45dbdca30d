/*
 * Post-processing by classes of Python (funcLanguage python): a Python of its own runs each element's class, so that a
 * program needs none itself, and a class that dies or hangs takes nothing along. It is started with python.py of this
 * folder and a socket; see there for what is said. Every wait ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "stream/post/post.h"

extern char **environ;

enum { PATIENCE = 60, SLICE = 50, MOST_ANSWER = 1 << 30 };

typedef struct python {
	pid_t pid;
	int fd;
	const int *stopping;
	base_str come; /* what was read and belongs to no line yet */
	stream_library library; /* a copy with the element's message */
} python;

/* Waits until the socket can be read (written); false: time is over, or the stream stops. */
static bool
ready(const python *p, short what)
{
	double until = secant_seconds() + PATIENCE;
	struct pollfd f = { .fd = p->fd, .events = what };
	while (!__atomic_load_n(p->stopping, __ATOMIC_RELAXED) && secant_seconds() < until) {
		int got = poll(&f, 1, SLICE);
		if (got > 0)
			return true;
		if (got < 0 && errno != EINTR)
			return false;
	}
	return false;
}

static bool
say(python *p, const void *data, size_t n)
{
	const char *from = data;
	while (n) {
		if (!ready(p, POLLOUT))
			return false;
		ssize_t sent = send(p->fd, from, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		from += sent > 0 ? sent : 0;
		n -= sent > 0 ? (size_t)sent : 0;
	}
	return true;
}

/* The next line; NULL: none comes. The caller drops it. */
static json_t *
hear(python *p, char *why, size_t size)
{
	char part[1 << 14];
	secant_err err = { 0 };
	for (;;) {
		const char *end = p->come.n ? memchr(p->come.p, '\n', p->come.n) : NULL;
		if (end) {
			size_t n = (size_t)(end - p->come.p);
			json_t *j = base_json_parse(p->come.p, n, "what Python answered", &err);
			base_str rest = { 0 };
			base_str_addn(&rest, end + 1, p->come.n - n - 1);
			base_str_free(&p->come);
			p->come = rest;
			if (!j)
				snprintf(why, size, "%s", err.msg);
			return j;
		}
		if (p->come.failed || p->come.n > MOST_ANSWER) {
			snprintf(why, size, "the answer of Python is too large");
			return NULL;
		}
		if (!ready(p, POLLIN)) {
			snprintf(why, size, "Python does not answer within %d seconds, or the stream was stopped", (int)PATIENCE);
			return NULL;
		}
		ssize_t got = recv(p->fd, part, sizeof part, MSG_DONTWAIT);
		if (got > 0)
			base_str_addn(&p->come, part, (size_t)got);
		else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
			snprintf(why, size, "Python has ended");
			return NULL;
		}
	}
}

/* After a wait without an end: an answer that comes late must not be taken for the next one. */
static void
give_up(python *p)
{
	close(p->fd);
	p->fd = -1;
	kill(p->pid, SIGKILL);
}

/* The answer's items, or NULL with `why`; the caller drops the answer. */
static json_t *
answer(python *p, json_t **items, char *why, size_t size)
{
	json_t *j = hear(p, why, size);
	if (!j)
		give_up(p);
	*items = json_object_get(j, "items");
	if (json_is_array(*items))
		return j;
	const char *error = json_string_value(json_object_get(j, "error"));
	if (j)
		snprintf(why, size, "%s", error ? error : "the answer of Python has neither items nor an error");
	json_decref(j);
	return NULL;
}

/* A line of JSON; takes it. */
static bool
say_json(python *p, json_t *j)
{
	char *text = base_json_text(j, 0);
	json_decref(j);
	bool fine = text && say(p, text, strlen(text)) && say(p, "\n", 1);
	secant_free(text);
	return fine;
}

static json_t *
picture_of(const stream_post_from *from)
{
	json_t *p = json_object(), *box = from->boxed ? json_array() : json_null();
	const struct {
		const char *name;
		int v;
	} numbers[] = { { "width", from->width }, { "height", from->height }, { "net_width", from->net_width },
		{ "net_height", from->net_height }, { "resize_type", from->resize_type } };
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		json_object_set_new(p, numbers[i].name, json_integer(numbers[i].v));
	json_object_set_new(p, "scaling", json_real((double)from->scaling));
	for (int i = 0; from->boxed && i < 4; i++)
		json_array_append_new(box, json_real((double)from->box[i]));
	json_object_set_new(p, "box", box);
	return p;
}

static bool
say_package(python *p, const stream_tensor *t, int n, const stream_post_from *from)
{
	json_t *ask = json_object(), *tensors = json_array();
	for (int i = 0; i < n; i++) {
		json_t *one = json_object(), *shape = json_array();
		for (int k = 0; k < t[i].rank; k++)
			json_array_append_new(shape, json_integer(t[i].dim[k]));
		json_object_set_new(one, "type", json_integer(t[i].type));
		json_object_set_new(one, "shape", shape);
		json_object_set_new(one, "size", json_integer((json_int_t)t[i].size));
		json_array_append_new(tensors, one);
	}
	json_object_set_new(ask, "key", json_string(from->key));
	json_object_set_new(ask, "member", json_integer(from->member));
	json_object_set_new(ask, "tensors", tensors);
	json_object_set_new(ask, "picture", picture_of(from));
	bool fine = say_json(p, ask);
	for (int i = 0; fine && i < n; i++)
		fine = say(p, t[i].data, t[i].size);
	return fine;
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	python *p = s->state;
	json_t *items = NULL, *item, *j = NULL;
	size_t i;
	secant_err err = { 0 };
	const stream_message *kind = stream_message_find(
		stream_message_items(stream_message_find(s->library->message))->of);
	*why = '\0';
	if (p->fd < 0)
		snprintf(why, size, "Python has ended before");
	else if (!say_package(p, t, n, from)) {
		snprintf(why, size, "Python has ended, or takes nothing for %d seconds", (int)PATIENCE);
		give_up(p);
	} else
		j = answer(p, &items, why, size);
	json_array_foreach (items, i, item) {
		base_str bytes = { 0 };
		if (!stream_message_parse(&bytes, kind, item, &err))
			stream_put_message(list, 1, &bytes);
		base_str_free(&bytes);
	}
	if (err.code)
		snprintf(why, size, "what Python answered: %s", err.msg);
	json_decref(j);
	return j && !err.code ? 0 : STREAM_FAILURE;
}

/* Ends by itself where its socket is closed; what does not within two seconds is killed. */
static void
end(stream_post *s)
{
	python *p = s->state;
	if (p->fd >= 0)
		close(p->fd);
	base_str_free(&p->come);
	if (p->pid <= 0)
		return;
	for (int i = 0; i < 40; i++) {
		if (waitpid(p->pid, NULL, WNOHANG) != 0)
			return;
		(void)poll(NULL, 0, SLICE);
	}
	kill(p->pid, SIGKILL);
	(void)waitpid(p->pid, NULL, 0);
}

static const stream_library library = { .names = "", .run = run, .close = end };

/* Starts the interpreter with the socket as its file 3. */
static bool
spawn(python *p, char *why, size_t size)
{
	int ends[2];
	const char *name = getenv("SECANT_PYTHON");
	name = name && *name ? name : "python3";
	char option[] = "-c", *const argv[] = { (char *)name, option, (char *)stream_python_program, NULL };
	posix_spawn_file_actions_t actions;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		snprintf(why, size, "no socket: %s", strerror(errno));
		return false;
	}
	p->fd = ends[0];
	/* not 3 itself: a file that is only named anew keeps its mark to be closed */
	int other = ends[1] == 3 ? fcntl(ends[1], F_DUPFD_CLOEXEC, 4) : ends[1];
	int code = posix_spawn_file_actions_init(&actions);
	if (!code) {
		code = posix_spawn_file_actions_adddup2(&actions, other, 3);
		code = code ? code : posix_spawnp(&p->pid, name, &actions, NULL, argv, environ);
		posix_spawn_file_actions_destroy(&actions);
	}
	if (other != ends[1])
		close(other);
	close(ends[1]);
	if (code)
		snprintf(why, size, "%s cannot be started (SECANT_PYTHON names another interpreter): %s", name, strerror(code));
	return !code;
}

/* Tells which class is meant. */
static bool
begin(stream_worker *w, python *p, const char *message, char *why, size_t size)
{
	static const char *const said[][2] = { { "path", "postProcessLibPath" }, { "module", "pythonModule" },
		{ "class", "className" }, { "config", "postProcessConfigPath" }, { "content", "postProcessConfigContent" },
		{ "labels", "labelPath" } };
	json_t *start = json_object(), *items;
	char error[400] = "", name[200], module[200];
	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
		char *text = stream_prop_copy(w, said[i][1]);
		json_object_set_new(start, said[i][0], json_string(text ? text : ""));
		secant_free(text);
	}
	json_object_set_new(start, "message", json_string(message));
	json_t *j = say_json(p, start) ? answer(p, &items, error, sizeof error) : NULL;
	if (!j) {
		stream_prop_text(w, "className", name, sizeof name);
		stream_prop_text(w, "pythonModule", module, sizeof module);
		snprintf(why, size, "class %s of the Python module %s: %s", name, module, *error ? error : "Python has ended");
	}
	json_decref(j);
	return j != NULL;
}

bool
stream_python_built_in(stream_worker *w, char *file, size_t size)
{
	char module[200], name[200];
	stream_prop_text(w, "pythonModule", module, sizeof module);
	stream_prop_text(w, "className", name, sizeof name);
	if (strcmp(module, "postprocess.post") != 0 && strcmp(module, "mindx.sdk.base.post") != 0)
		return false;
	snprintf(file, size, "lib%s.so", name);
	return stream_library_for(file) != NULL;
}

int
stream_python_open(stream_worker *w, stream_post *s, const char *message, char *why, size_t size)
{
	python *p = secant_calloc(1, sizeof *p);
	if (!p)
		return STREAM_NO_MEMORY;
	p->fd = -1;
	p->stopping = &w->stopping;
	p->library = library;
	p->library.message = message;
	s->state = p;
	s->library = &p->library;
	return spawn(p, why, size) && begin(w, p, message, why, size) ? 0 : STREAM_MISSING;
}
