/*
 * Steps between canaries. See canaries.h.
 */
#include "exec/canaries.h"
#include <stdlib.h>
#include <string.h>

/* In front of every operand and behind it. Implementations that went astray did so by a row of a kernel of weights or
 * of a picture: 64 x 64 channels, three wide, are 48 KiB. Where all operands are smaller, so are their rows. */
enum { LEAST = 4 << 10, MOST = 64 << 10 };
static const uint16_t song = 0x7fa5; /* no number, as bf16 and twice as f32 */

typedef struct copy {
	const void *of; /* where the operand really is */
	char *at;
	size_t bytes;
	bool in, out; /* the step reads it, writes it */
	int slot; /* for messages: which input, or which output where it is none */
} copy;

struct exec_canaries {
	char *block;
	size_t canary; /* bytes of each, of the step that runs */
	copy *copies;
	const void **in;
	void **out;
};

bool
exec_canaries_wanted(void)
{
	const char *text = getenv("SECANT_CANARIES");
	return text && *text && strcmp(text, "0");
}

static size_t
rounded(size_t bytes)
{
	return (bytes + 63) / 64 * 64;
}

static size_t
operand_bytes(const exec_step *s, int i)
{
	return rounded(exec_operand_bytes(i < s->n_in ? &s->in[i] : &s->out[i - s->n_in]));
}

static size_t
canary_of(const exec_step *s)
{
	size_t most = LEAST;
	for (int i = 0; i < s->n_in + s->n_out; i++)
		most = operand_bytes(s, i) > most ? operand_bytes(s, i) : most;
	return most < MOST ? most : MOST;
}

/* Bytes of the copies of a step's operands, canaries included. */
static size_t
room_of(const exec_step *s)
{
	size_t both = 2 * canary_of(s), room = rounded(s->scratch) + both;
	for (int i = 0; i < s->n_in + s->n_out; i++)
		room += operand_bytes(s, i) + both;
	return room;
}

exec_canaries *
exec_canaries_new(const exec_plan *p)
{
	size_t room = 64;
	int most = 1;
	for (int i = 0; i < p->n_step; i++) {
		const exec_step *s = &p->step[i];
		room = room_of(s) > room ? room_of(s) : room;
		most = s->n_in + s->n_out + 1 > most ? s->n_in + s->n_out + 1 : most;
	}
	exec_canaries *c = secant_calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->block = base_alloc_raw(room);
	c->copies = secant_calloc((size_t)most, sizeof *c->copies);
	c->in = secant_calloc((size_t)most, sizeof *c->in);
	c->out = secant_calloc((size_t)most, sizeof *c->out);
	if (c->block && c->copies && c->in && c->out)
		return c;
	exec_canaries_free(c);
	return NULL;
}

void
exec_canaries_free(exec_canaries *c)
{
	if (!c)
		return;
	secant_free(c->block);
	secant_free(c->copies);
	secant_free(c->in);
	secant_free(c->out);
	secant_free(c);
}

/* An even number of bytes. What is written already is copied behind itself: under sanitizers a loop over numbers took a
 * third of all tests. */
static void
sing(char *p, size_t bytes)
{
	for (size_t done = 0, more; done < bytes; done += more) {
		more = done ? (done < bytes - done ? done : bytes - done) : sizeof song;
		memcpy(p + done, done ? p : (const char *)&song, more);
	}
}

/* Are `bytes` from p, an even number of them, not as sing left them? */
static bool
broken(const char *p, size_t bytes)
{
	return bytes && (memcmp(p, &song, sizeof song) || memcmp(p, p + sizeof song, bytes - sizeof song));
}

/* The copy of the operand at `of`, made where there is none: an input that is also a result has one. */
static copy *
copy_of(exec_canaries *c, int *n, char **at, const void *of, size_t bytes, int slot)
{
	for (int i = 0; i < *n; i++)
		if (c->copies[i].of == of && c->copies[i].bytes == bytes)
			return &c->copies[i];
	copy *k = &c->copies[(*n)++];
	*k = (copy){ of, *at + c->canary, bytes, false, false, slot };
	sing(*at, rounded(bytes) + 2 * c->canary);
	*at += rounded(bytes) + 2 * c->canary;
	return k;
}

static secant_status
hurt(const exec_step *s, const char *what, const char *kind, int slot, secant_err *err)
{
	return secant_fail(err, SECANT_ERR_BUG,
		"%s%s%s%s by %s%s%s %s %s %d: results are not to be trusted; --precision f32, or SECANT_ONEDNN_WITHOUT=NAME "
		"for an implementation of oneDNN, takes another",
		s->node->op->name, s->node->name ? " '" : "", s->node->name ? s->node->name : "", s->node->name ? "'" : "",
		s->impl->name, *s->detail ? " " : "", s->detail, what, kind, slot);
}

static secant_status
check(const exec_step *s, size_t canary, const copy *k, secant_err *err)
{
	const char *kind = k->in ? "input" : "output";
	size_t odd = k->bytes % 2, behind = rounded(k->bytes) - k->bytes - odd + canary;
	if (broken(k->at - canary, canary))
		return hurt(s, "wrote in front of", kind, k->slot, err);
	if (broken(k->at + k->bytes + odd, behind))
		return hurt(s, "wrote behind", kind, k->slot, err);
	if (k->in && !k->out && memcmp(k->at, k->of, k->bytes))
		return hurt(s, "wrote into", kind, k->slot, err);
	return SECANT_OK;
}

secant_status
exec_canaries_run(
	exec_canaries *c, const exec_step *s, void *bound, const void *const *in, void *const *out, secant_err *err)
{
	int n = 0;
	c->canary = canary_of(s);
	char *at = c->block, *scratch = at + c->canary;
	sing(at, rounded(s->scratch) + 2 * c->canary);
	at += rounded(s->scratch) + 2 * c->canary;
	for (int i = 0; i < s->n_in; i++) {
		copy *k = in[i] ? copy_of(c, &n, &at, in[i], exec_operand_bytes(&s->in[i]), i) : NULL;
		c->in[i] = k ? k->at : NULL;
		if (k && !k->in)
			memcpy(k->at, in[i], k->bytes);
		if (k)
			k->in = true;
	}
	for (int i = 0; i < s->n_out; i++) {
		copy *k = out[i] ? copy_of(c, &n, &at, out[i], exec_operand_bytes(&s->out[i]), i) : NULL;
		c->out[i] = k ? k->at : NULL;
		if (k)
			k->out = true;
	}
	secant_status status = s->impl->run(s, bound, c->in, c->out, s->scratch ? scratch : NULL, err);
	copy all = { NULL, scratch, s->scratch, false, true, 0 };
	if (!status && check(s, c->canary, &all, NULL))
		status = hurt(s, "wrote beside", "scratch", 0, err);
	for (int i = 0; i < n && !status; i++)
		status = check(s, c->canary, &c->copies[i], err);
	for (int i = 0; i < s->n_out && !status; i++)
		if (out[i])
			memcpy(out[i], c->out[i], exec_operand_bytes(&s->out[i]));
	return status;
}
