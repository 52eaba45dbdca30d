/* Functions of one number that networks seldom use: computed one by one, in double, everywhere (op_scalar.c). */
#ifndef OP_SCALAR_H
#define OP_SCALAR_H

/* The function of an operator's name; NULL: none of these. */
double (*op_scalar_find(const char *name))(double x);
#endif
