/*
 * Which of oneDNN's implementations are used: those that no row of the table in trust.c speaks against. Where one is
 * refused, oneDNN is asked for its next one (onednn.c), and where it has none, the step goes to an implementation of
 * our own.
 */
#ifndef EXEC_DNNL_TRUST_H
#define EXEC_DNNL_TRUST_H

#define ONEDNN_VERSION(major, minor, patch) ((major)*10000 + (minor)*100 + (patch))

/* Why `impl` (oneDNN's own name for it) is not used for operator `op` ("conv2d_grad_weights dilated" is one) by oneDNN
 * `version`; NULL: it is used. Names in the environment variable SECANT_ONEDNN_WITHOUT, separated by commas, are
 * refused as well. */
const char *exec_dnnl_refused(const char *op, const char *impl, int version);
/* The oneDNN that is linked at run time. */
int exec_dnnl_version(void);
#endif
