/*
 * An HTTP server on the loopback address for tests: one thread, one request a connection. What it does with a path is
 * said by rows; requests are counted. A request for another host (GET http://...) is one to a proxy.
 */
#ifndef TESTS_HTTP_H
#define TESTS_HTTP_H
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct http_row {
	const char *path; /* the request's path ends so */
	const void *body;
	size_t size;
	const char *headers; /* more lines, each with \r\n; NULL */
	int status; /* 0: 200 */
	size_t breaks_after; /* so many bytes of the body, then the connection ends; 0: never */
	int fails; /* so many requests get 503 first */
	bool no_ranges;
	bool wrong_range; /* begins a byte later than it should */
	int requests, ranged, proxied; /* counted */
} http_row;

typedef struct http_server {
	int socket, port;
	pthread_t thread;
	http_row *rows; /* to a row without path */
	char base[64]; /* "http://127.0.0.1:4711" */
} http_server;

static inline void
http_put(int fd, const void *data, size_t n)
{
	const char *p = data;
	while (n) {
		ssize_t put = send(fd, p, n, MSG_NOSIGNAL);
		if (put <= 0)
			return;
		p += put;
		n -= (size_t)put;
	}
}

static inline void
http_say(int fd, const char *text)
{
	http_put(fd, text, strlen(text));
}

static inline void
http_answer(int fd, http_row *r, const char *request)
{
	char head[2048];
	const char *range = strstr(request, "\r\nRange: bytes=");
	size_t from = range && !r->no_ranges ? strtoul(range + 15, NULL, 10) : 0;
	r->requests++;
	r->ranged += range != NULL;
	r->proxied += !strncmp(request, "GET http://", 11);
	if (r->fails > 0) {
		r->fails--;
		http_say(fd, "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy");
		return;
	}
	int status = r->status ? r->status : range && !r->no_ranges ? 206 : 200;
	if (status == 206 && from >= r->size) {
		http_say(fd, "HTTP/1.1 416 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
		return;
	}
	size_t n = r->size - from, sent = r->breaks_after && r->breaks_after < n ? r->breaks_after : n;
	int used = snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n%s", status, n,
		r->headers ? r->headers : "");
	if (status == 206)
		used += snprintf(head + used, sizeof head - (size_t)used, "Content-Range: bytes %zu-%zu/%zu\r\n",
			from + r->wrong_range, r->size - 1, r->size);
	used += snprintf(head + used, sizeof head - (size_t)used, "\r\n");
	http_put(fd, head, (size_t)used);
	http_put(fd, (const char *)r->body + from, sent);
}

static inline void *
http_serve(void *user)
{
	http_server *s = user;
	for (;;) {
		int fd = accept(s->socket, NULL, NULL);
		if (fd < 0)
			return NULL;
		char request[8192];
		size_t n = 0;
		ssize_t got;
		while (n + 1 < sizeof request && (got = recv(fd, request + n, sizeof request - 1 - n, 0)) > 0) {
			n += (size_t)got;
			request[n] = '\0';
			if (strstr(request, "\r\n\r\n"))
				break;
		}
		request[n] = '\0';
		char *path = strchr(request, ' '), *end = path ? strchr(path + 1, ' ') : NULL;
		http_row *r = s->rows;
		for (; end && r->path; r++) {
			size_t m = strlen(r->path);
			if ((size_t)(end - path - 1) >= m && !strncmp(end - m, r->path, m))
				break;
		}
		if (end && r->path)
			http_answer(fd, r, request);
		else
			http_say(fd, "HTTP/1.1 404 None\r\nContent-Length: 5\r\nConnection: close\r\n\r\nnone\n");
		close(fd);
	}
}

static inline bool
http_start(http_server *s, http_row *rows)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	*s = (http_server){ .rows = rows, .socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	if (s->socket < 0 || bind(s->socket, (struct sockaddr *)&at, sizeof at) || listen(s->socket, 16)
		|| getsockname(s->socket, (struct sockaddr *)&at, &n) || pthread_create(&s->thread, NULL, http_serve, s))
		return false;
	s->port = ntohs(at.sin_port);
	snprintf(s->base, sizeof s->base, "http://127.0.0.1:%d", s->port);
	return true;
}

static inline void
http_stop(http_server *s)
{
	shutdown(s->socket, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->socket);
}
#endif
