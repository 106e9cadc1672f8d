/* program_codebook.h - the part of program.c that orders a learned codebook. */
#ifndef STERNA_PROGRAM_CODEBOOK_H
#define STERNA_PROGRAM_CODEBOOK_H

#include "program.h"

/* Append the entries of a matrix's words, and name them: program->word. */
void sterna_program_codebook(const struct sterna_matrix *matrix, struct sterna_program *program);

#endif
