/* Frames of streams; see frame.h. */
#include "stream/frame.h"
#include <pthread.h>

typedef struct entry {
	char *key;
	const stream_message *kind;
	stream_blob *blob;
} entry;

typedef struct failure {
	char *element, *text;
	int code;
} failure;

struct stream_frame {
	int refs;
	pthread_mutex_t lock;
	entry *v; /* in byte order */
	failure *bad; /* in byte order */
	int n, capacity, n_bad, bad_capacity;
	char *vision;
	stream_blob *bytes;
	stream_way way;
};

enum { NO_MEMORY = 1006, RESERVED = 1004, TWICE = 7010, EMPTY = 7024 };

/* ---- bytes ---- */

stream_blob *
stream_blob_new(size_t n)
{
	stream_blob *b = base_alloc_raw(sizeof *b + n + 1);
	if (b) {
		*b = (stream_blob){ 1, n, (uint8_t *)(b + 1) };
		b->p[n] = '\0'; /* so that text can be read as it is */
	}
	return b;
}

stream_blob *
stream_blob_of(const void *p, size_t n)
{
	stream_blob *b = stream_blob_new(n);
	if (b && n)
		memcpy(b->p, p, n);
	return b;
}

/* The text's memory becomes the blob's: dumps and tensors have many megabytes. */
stream_blob *
stream_blob_take(base_str *s)
{
	stream_blob *b = s->failed ? NULL : s->p ? secant_calloc(1, sizeof *b) : stream_blob_new(0);
	if (b && s->p) {
		*b = (stream_blob){ 1, s->n, (uint8_t *)s->p };
		s->p = NULL;
	}
	base_str_free(s);
	*s = (base_str){ 0 };
	return b;
}

stream_blob *
stream_blob_hold(stream_blob *b)
{
	if (b)
		__atomic_add_fetch(&b->refs, 1, __ATOMIC_RELAXED);
	return b;
}

void
stream_blob_drop(stream_blob *b)
{
	if (!b || __atomic_sub_fetch(&b->refs, 1, __ATOMIC_ACQ_REL))
		return;
	if (b->p != (uint8_t *)(b + 1)) /* taken over from a text */
		secant_free(b->p);
	secant_free(b);
}

/* ---- frames ---- */

stream_frame *
stream_frame_new(void)
{
	stream_frame *f = secant_calloc(1, sizeof *f);
	if (!f)
		return NULL;
	pthread_mutex_init(&f->lock, NULL);
	f->refs = 1;
	f->way = (stream_way){ .id = -1, .pts = UINT64_MAX };
	return f;
}

stream_frame *
stream_frame_hold(stream_frame *f)
{
	if (f)
		__atomic_add_fetch(&f->refs, 1, __ATOMIC_RELAXED);
	return f;
}

void
stream_frame_drop(stream_frame *f)
{
	if (!f || __atomic_sub_fetch(&f->refs, 1, __ATOMIC_ACQ_REL))
		return;
	for (int i = 0; i < f->n; i++) {
		secant_free(f->v[i].key);
		stream_blob_drop(f->v[i].blob);
	}
	for (int i = 0; i < f->n_bad; i++) {
		secant_free(f->bad[i].element);
		secant_free(f->bad[i].text);
	}
	secant_free(f->v);
	secant_free(f->bad);
	secant_free(f->vision);
	stream_blob_drop(f->bytes);
	pthread_mutex_destroy(&f->lock);
	secant_free(f);
}

/* Where a key stands or would stand. */
static int
place(const stream_frame *f, const char *key, bool *found)
{
	int at = 0;
	while (at < f->n && strcmp(f->v[at].key, key) < 0)
		at++;
	*found = at < f->n && !strcmp(f->v[at].key, key);
	return at;
}

static bool
is_reserved(const char *key)
{
	static const char *const names[] = { "ReserveMetadataGraph", "ReservedVisionList", "ErrorInfo" };
	for (int i = 0; i < 3; i++)
		if (!strcmp(key, names[i]))
			return true;
	return false;
}

int
stream_frame_put(stream_frame *f, const char *key, const stream_message *kind, stream_blob *blob)
{
	bool found = false;
	char *copy = base_strdup(key);
	int code = !blob || !copy ? NO_MEMORY : !*key ? EMPTY : is_reserved(key) ? RESERVED : 0;
	pthread_mutex_lock(&f->lock);
	int at = code ? 0 : place(f, key, &found);
	if (found)
		code = TWICE;
	if (!code && base_grow((void **)&f->v, &f->capacity, f->n, sizeof *f->v))
		code = NO_MEMORY;
	if (!code) {
		memmove(f->v + at + 1, f->v + at, (size_t)(f->n++ - at) * sizeof *f->v);
		f->v[at] = (entry){ copy, kind, blob };
	}
	pthread_mutex_unlock(&f->lock);
	if (code) {
		secant_free(copy);
		stream_blob_drop(blob);
	}
	return code;
}

static void
hand_out(const entry *e, const stream_message **kind, stream_blob **blob)
{
	if (kind)
		*kind = e->kind;
	if (blob)
		*blob = stream_blob_hold(e->blob);
}

bool
stream_frame_get(stream_frame *f, const char *key, const stream_message **kind, stream_blob **blob)
{
	bool found;
	pthread_mutex_lock(&f->lock);
	int at = place(f, key, &found);
	if (found)
		hand_out(&f->v[at], kind, blob);
	pthread_mutex_unlock(&f->lock);
	return found;
}

bool
stream_frame_at(stream_frame *f, int i, const char **key, const stream_message **kind, stream_blob **blob)
{
	pthread_mutex_lock(&f->lock);
	bool found = i >= 0 && i < f->n;
	if (found) {
		*key = f->v[i].key;
		hand_out(&f->v[i], kind, blob);
	}
	pthread_mutex_unlock(&f->lock);
	return found;
}

void
stream_frame_copy_messages(stream_frame *to, stream_frame *from)
{
	const char *key;
	const stream_message *kind;
	stream_blob *blob;
	char vision[256], *text;
	for (int i = 0; stream_frame_at(from, i, &key, &kind, &blob); i++)
		(void)stream_frame_put(to, key, kind, blob);
	stream_frame_vision(from, vision, sizeof vision);
	stream_frame_set_vision(to, vision);
	to->way = from->way;
	pthread_mutex_lock(&from->lock);
	int n = from->n_bad;
	pthread_mutex_unlock(&from->lock);
	for (int i = 0; i < n; i++) {
		pthread_mutex_lock(&from->lock);
		failure b = from->bad[i];
		pthread_mutex_unlock(&from->lock);
		text = b.text;
		stream_frame_fail(to, b.element, b.code, text);
	}
}

stream_blob *
stream_frame_bytes(const stream_frame *f)
{
	return f->bytes;
}

void
stream_frame_set_bytes(stream_frame *f, stream_blob *b)
{
	stream_blob_drop(f->bytes);
	f->bytes = b;
}

void
stream_frame_set_vision(stream_frame *f, const char *key)
{
	char *copy = base_strdup(key);
	pthread_mutex_lock(&f->lock);
	secant_free(f->vision);
	f->vision = copy;
	pthread_mutex_unlock(&f->lock);
}

void
stream_frame_vision(stream_frame *f, char *key, size_t size)
{
	pthread_mutex_lock(&f->lock);
	size_t n = f->vision ? strlen(f->vision) : 0;
	n = n < size ? n : size - 1;
	memcpy(key, f->vision ? f->vision : "", n);
	key[n] = '\0';
	pthread_mutex_unlock(&f->lock);
}

void
stream_frame_fail(stream_frame *f, const char *element, int code, const char *text)
{
	failure b = { base_strdup(element), base_strdup(text), code };
	int at = 0;
	pthread_mutex_lock(&f->lock);
	while (at < f->n_bad && strcmp(f->bad[at].element, element) <= 0)
		at++;
	bool room = b.element && b.text && !base_grow((void **)&f->bad, &f->bad_capacity, f->n_bad, sizeof *f->bad);
	if (room) {
		memmove(f->bad + at + 1, f->bad + at, (size_t)(f->n_bad++ - at) * sizeof *f->bad);
		f->bad[at] = b;
	}
	pthread_mutex_unlock(&f->lock);
	if (!room) {
		secant_free(b.element);
		secant_free(b.text);
	}
}

int
stream_frame_failed(stream_frame *f, base_str *text)
{
	pthread_mutex_lock(&f->lock);
	int code = f->n_bad ? f->bad[f->n_bad - 1].code : 0;
	for (int i = 0; text && i < f->n_bad; i++)
		base_str_addf(text, "%s%s", i ? "\n" : "", f->bad[i].text);
	pthread_mutex_unlock(&f->lock);
	return code;
}

stream_way *
stream_frame_way(stream_frame *f)
{
	return &f->way;
}
