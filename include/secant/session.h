/*
 * A model that many threads run, on arrays in memory: an engine is opened once and shared; each thread has a session.
 *
 *     secant_engine *e = secant_engine_open("model.safetensors", NULL, &err);
 *     secant_session *s = secant_engine_session(e, NULL, 0, &err);
 *     secant_session_run(s, inputs, outputs, &err);
 *     secant_session_free(s);
 *     secant_engine_close(e);
 *
 * The engine holds the weights and the plans, once; a session what goes through the network. For pictures of any size,
 * tiles, views and masks there is predict.h, which stands on the same.
 */
#ifndef SECANT_SESSION_H
#define SECANT_SESSION_H
#include <secant/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What goes into a network or comes out of it. */
typedef struct secant_port {
	const char *name;
	secant_dtype dtype;
	secant_shape shape; /* of the network's nominal size: the number of axes and channels hold for all */
} secant_port;

typedef struct secant_engine secant_engine;
typedef struct secant_session secant_session;

struct secant_predict; /* predict.h */
/* Opens a model file. Of the options precision, threads and allow_reference count; NULL: defaults. For many sessions at
 * once, threads = 1 gives the most runs a second. NULL and err on failure. */
SECANT_API secant_engine *secant_engine_open(const char *model, const struct secant_predict *options, secant_err *err);
/* The same of a model file's bytes in memory, which stay the caller's and must outlive the engine; `name`, for
 * messages, stands for the path. */
SECANT_API secant_engine *secant_engine_open_memory(
	const void *data, size_t size, const char *name, const struct secant_predict *options, secant_err *err);
/* After its last session. NULL is fine. */
SECANT_API void secant_engine_close(secant_engine *e);
/* Inputs and outputs, in order: those of the file, and "probabilities" where the network has "logits". A compiled model
 * has the input "picture", the bytes of pictures (N x H x W x C, or the planes of a camera, N x 3H/2 x W x 1), and the
 * outputs "probabilities" (f32, N x H x W x classes), "classes" (i32, -1: none) and "mask" (what predict writes). Ports
 * live as long as the engine. Thread-safe, as secant_engine_session is. */
SECANT_API int secant_engine_inputs(const secant_engine *e);
SECANT_API const secant_port *secant_engine_input(const secant_engine *e, int i);
SECANT_API int secant_engine_outputs(const secant_engine *e);
SECANT_API const secant_port *secant_engine_output(const secant_engine *e, int i);

/* A session, of one thread at a time, that computes these outputs, by name, in this order; names NULL: all. It takes
 * about a kilobyte until it runs, then what lies between the network's layers. Refuses a name that the network does not
 * have, naming those it has. */
SECANT_API secant_session *secant_engine_session(secant_engine *e, const char *const *names, int n, secant_err *err);
SECANT_API void secant_session_free(secant_session *s);
/* The outputs of the session, in order. */
SECANT_API int secant_session_outputs(const secant_session *s);
SECANT_API const secant_port *secant_session_output(const secant_session *s, int i);

/*
 * Runs. in: a tensor for each input of the engine, in order, borrowed; dense, with as many axes as the port; its
 * numbers may be of any type, those of the port's are read where they stand (float, or double in f64). An input that
 * none of the outputs depends on may have data NULL.
 *
 * out: a tensor for each output of the session. Where data is NULL it becomes a view into the session, valid until its
 * next run. Where data is set, shape and type say what memory is there: numbers are written to it (converted where the
 * type is another); a shape other than the result's is an error that names both.
 */
SECANT_API secant_status secant_session_run(
	secant_session *s, const secant_tensor *in, secant_tensor *out, secant_err *err) SECANT_NODISCARD;
/* Every run from now on ends with DEADLINE before the first step that would begin later than so many seconds after it
 * started; 0: whenever it is done. */
SECANT_API void secant_session_limit(secant_session *s, double seconds);
/* Ends the run that is going on, or else the next one, with CANCELLED, before its next step. From any thread. */
SECANT_API void secant_session_cancel(secant_session *s);

#ifdef __cplusplus
}
#endif
#endif
