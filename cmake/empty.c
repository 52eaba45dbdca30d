/* A shared library made of the rooms needs one source of its own. */
typedef int secant_empty;
