/*
 * What becomes of an input that cannot be predicted: it is told, the others go on, and the end says how many. What
 * would stop the next as well, a full disk or an interruption, stops at once.
 */
#include "deploy/failures.h"
#include <string.h>

bool
deploy_failures_note(deploy_failures *f, secant_err *why, secant_predict_progress *now,
	bool (*progress)(void *user, const secant_predict_progress *now), void *user)
{
	size_t n = strlen(now->input);
	bool named = strstr(why->msg, now->input), read = !strncmp(why->msg, now->input, n);
	if (!named)
		secant_err_prefix(why, "%s", now->input);
	/* Messages about a file that was opened for reading begin with its name; others of this kind come from writing
	 * results. */
	f->stop = why->code == SECANT_ERR_CANCELLED || (why->code == SECANT_ERR_IO && !read);
	if (!f->n++)
		f->first = *why;
	if (f->stop)
		f->last = *why;
	else if (progress && now->pictures > 1) {
		now->error = why->msg;
		f->stop = !progress(user, now);
		if (f->stop)
			(void)secant_fail(&f->last, SECANT_ERR_CANCELLED, "interrupted");
	}
	return !f->stop;
}

secant_status
deploy_failures_end(const deploy_failures *f, int inputs, const char *what, secant_err *err)
{
	if (!f->n)
		return SECANT_OK;
	if (f->stop)
		return secant_fail(err, f->last.code, "%s", f->last.msg);
	if (inputs == 1)
		return secant_fail(err, f->first.code, "%s", f->first.msg);
	return secant_fail(err, f->first.code, "%d of %d %s could not be predicted%s%s", f->n, inputs, what,
		f->n == 1 ? ": " : "; the first: ", f->first.msg);
}
