/* Tables of positions for another number of patches (positions.c). */
#ifndef MODEL_POSITIONS_H
#define MODEL_POSITIONS_H
#include "model/model.h"

/* Tables `pos_embed` of vision transformers, 1 x [class token +] patches x C, that were made for pictures of another
 * size than the store's are resampled to its; said once a table. `under` stands before the file's names in the store.
 */
secant_status model_resample_positions(secant_tensors *t, const exec_store *s, const char *under,
	const secant_logger *log, secant_err *err) SECANT_NODISCARD;
#endif
