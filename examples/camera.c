/*
 * Frames of a camera through a compiled model, on two threads with a context each: one waits for its frame while the
 * other computes, the weights stand in memory once, and no picture is copied. Frames are read as they lie in memory,
 * one behind the other, in the form the model was compiled for (pixels, or the planes of NV12), and masks are written
 * the same way.
 *
 *     cc camera.c $(pkg-config --cflags --libs secant-deploy) -pthread -o camera
 *     secant compile model.safetensors --out model.secant --size 480x640 --preprocess nv12.json
 *     ./camera model.secant frames.nv12 masks.raw
 */
#include <pthread.h>
#include <secant/options.h>
#include <secant/session.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The files, and whose turn it is: frames are taken, and masks given back, in their order. */
typedef struct camera {
	pthread_mutex_t lock;
	pthread_cond_t turn;
	FILE *frames, *masks;
	long taken, written;
	int ended; /* no frames any more, or an error */
	secant_shape shape; /* of a frame */
	size_t bytes;
} camera;

typedef struct context {
	camera *from;
	secant_session *session;
	unsigned char *frame;
	secant_err err;
} context;

/* The next frame into the context's memory; its number, or -1 at the end. */
static long
take(context *c)
{
	camera *from = c->from;
	long number = -1;
	pthread_mutex_lock(&from->lock);
	if (!from->ended && fread(c->frame, 1, from->bytes, from->frames) == from->bytes)
		number = from->taken++;
	else
		from->ended = 1;
	pthread_mutex_unlock(&from->lock);
	return number;
}

static void
give(context *c, long number, const secant_tensor *mask)
{
	camera *from = c->from;
	pthread_mutex_lock(&from->lock);
	while (from->written != number)
		pthread_cond_wait(&from->turn, &from->lock);
	if (mask && fwrite(mask->data, 1, secant_tensor_bytes(mask), from->masks) != secant_tensor_bytes(mask))
		from->ended = 1;
	from->written++;
	pthread_cond_broadcast(&from->turn);
	pthread_mutex_unlock(&from->lock);
}

static void *
work(void *user)
{
	context *c = (context *)user;
	long number;
	while ((number = take(c)) >= 0) {
		secant_tensor in, mask;
		int bad;
		memset(&in, 0, sizeof in);
		memset(&mask, 0, sizeof mask); /* no memory of ours: a view into the session */
		in.dtype = SECANT_U8;
		in.shape = c->from->shape;
		in.data = c->frame;
		bad = secant_session_run(c->session, &in, &mask, &c->err) != SECANT_OK;
		if (bad) {
			pthread_mutex_lock(&c->from->lock);
			c->from->ended = 1;
			pthread_mutex_unlock(&c->from->lock);
		}
		give(c, number, bad ? NULL : &mask);
		if (bad)
			break;
	}
	return NULL;
}

static int
run(secant_engine *e, camera *from, secant_err *err)
{
	static const char *const wanted[] = { "mask" };
	context c[2];
	pthread_t thread[2];
	int i, started = 0, bad = 0;
	memset(c, 0, sizeof c);
	for (i = 0; i < 2; i++) {
		c[i].from = from;
		c[i].session = secant_engine_session(e, wanted, 1, err);
		c[i].frame = (unsigned char *)malloc(from->bytes);
		if (!c[i].session || !c[i].frame)
			bad = 1;
	}
	while (!bad && started < 2 && !pthread_create(&thread[started], NULL, work, &c[started]))
		started++;
	for (i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < 2; i++) {
		if (c[i].err.code && !bad) {
			*err = c[i].err;
			bad = 1;
		}
		secant_session_free(c[i].session);
		free(c[i].frame);
	}
	return bad || !started;
}

int
main(int argc, char **argv)
{
	camera from;
	secant_err err = { SECANT_OK, "" };
	secant_options *o = secant_options_new("predict", &err);
	secant_engine *e = NULL;
	int bad = 1;
	if (argc != 4) {
		fprintf(stderr, "usage: camera MODEL.secant FRAMES MASKS\n");
		return 2;
	}
	memset(&from, 0, sizeof from);
	if (o && secant_options_set(o, "threads", "1", &err) == SECANT_OK) /* of each context: both run at once */
		e = secant_engine_open(argv[1], (const struct secant_predict *)secant_options_struct(o), &err);
	if (e && strcmp(secant_engine_input(e, 0)->name, "picture"))
		secant_fail(&err, SECANT_ERR_ARG, "%s is not compiled: it takes no picture", argv[1]);
	from.frames = fopen(argv[2], "rb");
	from.masks = fopen(argv[3], "wb");
	if (!err.code && (!from.frames || !from.masks))
		secant_fail(&err, SECANT_ERR_IO, "%s or %s cannot be opened", argv[2], argv[3]);
	if (!err.code) {
		from.shape = secant_engine_input(e, 0)->shape;
		from.bytes = (size_t)secant_shape_count(&from.shape);
		pthread_mutex_init(&from.lock, NULL);
		pthread_cond_init(&from.turn, NULL);
		bad = run(e, &from, &err);
	}
	if (from.masks && fclose(from.masks))
		bad = 1;
	if (from.frames)
		fclose(from.frames);
	if (bad)
		fprintf(stderr, "camera: %s\n", err.code ? err.msg : "cannot run");
	else
		printf("%ld frames\n", from.written);
	secant_engine_close(e);
	secant_options_free(o);
	return bad;
}
