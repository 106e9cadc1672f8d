/* kmeans.h - clusters of vectors: k-means++ (Arthur and Vassilvitskii 2007), then Lloyd's algorithm. Symmetric: a center stands for its
 * negative too, and a vector is nearest to a center or to a center's negative.
 */
#ifndef STERNA_KMEANS_H
#define STERNA_KMEANS_H

#include "sterna.h"

struct sterna_kmeans {
    size_t count, size, centers; /* points [count, size] */
    bool symmetric;
    size_t rounds; /* of Lloyd's at most; it ends when no name changes */
    uint64_t seed;
};

/* weight [count] >= 0 of the points, NULL: 1. Writes center [centers, size], and of each point name [count], and sign [count] (1 or -1; NULL if
 * not symmetric). A center that has lost its points goes to the point that is farthest from its own. STERNA_ERR_RANGE if there
 * are more centers than points. */
STERNA_MUST_CHECK enum sterna_status sterna_kmeans(const struct sterna_kmeans *problem, const double *point,
                                                   const double *weight, double *center, uint16_t *name,
                                                   int8_t *sign, struct sterna_error *error);

#endif
