/* Which input of conv2d_bytes, add_bytes and mean_bytes is what: for their references and for what runs them. */
#ifndef OP_BYTES_H
#define OP_BYTES_H

enum { /* of all */
	OP_BYTES_X_SCALE = 1,
	OP_BYTES_X_ZERO = 2
};
enum { /* of conv2d_bytes */
	OP_BYTES_W = 3,
	OP_BYTES_W_SCALE = 4,
	OP_BYTES_BIAS = 5,
	OP_BYTES_ADDED = 6,
	OP_BYTES_ADDED_SCALE = 7,
	OP_BYTES_ADDED_ZERO = 8,
	OP_BYTES_Y_SCALE = 9,
	OP_BYTES_Y_ZERO = 10
};
enum { /* of mean_bytes */
	OP_BYTES_MEAN_SCALE = 3,
	OP_BYTES_MEAN_ZERO = 4
};
enum { /* of add_bytes */
	OP_BYTES_OTHER = 3,
	OP_BYTES_OTHER_SCALE = 4,
	OP_BYTES_OTHER_ZERO = 5,
	OP_BYTES_SUM_SCALE = 6,
	OP_BYTES_SUM_ZERO = 7
};
#endif
