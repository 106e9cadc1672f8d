/* kmeans.c - see kmeans.h. */
#include "kmeans.h"

#include <assert.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "philox.h"

struct job {
    const struct sterna_kmeans *problem;
    const double *point, *weight;
    double *center, *sum, *mass; /* sum [centers, size], mass [centers] of a center's points */
    double *distance;            /* [count] to the nearest center, squared and weighted */
    uint16_t *name;
    int8_t *sign;
};

static double weight_of(const struct job *job, size_t i)
{
    return job->weight ? job->weight[i] : 1.0;
}

/* Squared distance to a center, or to its negative if that is nearer and allowed. */
static double distance(const struct job *job, const double *point, const double *center, int8_t *sign)
{
    double plus = 0, minus = 0;
    for (size_t j = 0; j < job->problem->size; j++) {
        const double difference = point[j] - center[j], sum = point[j] + center[j];
        plus += difference * difference;
        minus += sum * sum;
    }
    const bool negative = job->problem->symmetric && minus < plus;
    *sign = negative ? -1 : 1;
    return negative ? minus : plus;
}

/* Compare every point with center k, which is nearest so far if k is 0. */
static void compare(const struct job *job, size_t k)
{
    const struct sterna_kmeans *problem = job->problem;
    for (size_t i = 0; i < problem->count; i++) {
        int8_t sign = 1;
        const double d = weight_of(job, i) * distance(job, job->point + i * problem->size,
                                                      job->center + k * problem->size, &sign);
        if (k > 0 && d >= job->distance[i])
            continue;
        job->distance[i] = d;
        job->name[i] = (uint16_t)k;
        job->sign[i] = sign;
    }
}

static void place_center(const struct job *job, size_t k, size_t point)
{
    const size_t size = job->problem->size;
    memcpy(job->center + k * size, job->point + point * size, size * sizeof(double));
}

/* k-means++: each next center is a point, picked with a probability that goes with its squared distance to the nearest so far. */
static void seed_centers(const struct job *job)
{
    const struct sterna_kmeans *problem = job->problem;
    const struct sterna_draw draw = {.seed = problem->seed};
    for (size_t k = 0; k < problem->centers; k++) {
        double total = 0, reached = 0;
        float uniform = 0;
        sterna_philox_uniform(&draw, k, 1, &uniform);
        for (size_t i = 0; i < problem->count; i++)
            total += k > 0 ? job->distance[i] : weight_of(job, i);
        size_t picked = 0;
        for (size_t i = 0; i < problem->count && reached <= (double)uniform * total; i++) {
            const double share = k > 0 ? job->distance[i] : weight_of(job, i);
            reached += share;
            picked = share > 0 ? i : picked;
        }
        place_center(job, k, picked);
        compare(job, k);
    }
}

/* Every point to its nearest center; whether a name or sign has changed. */
static bool assign(const struct job *job, uint16_t *before, int8_t *before_sign)
{
    const size_t count = job->problem->count;
    memcpy(before, job->name, count * sizeof *before);
    memcpy(before_sign, job->sign, count);
    for (size_t k = 0; k < job->problem->centers; k++)
        compare(job, k);
    return memcmp(before, job->name, count * sizeof *before) != 0 ||
           memcmp(before_sign, job->sign, count) != 0;
}

/* The farthest point leaves its center for an empty one. */
static void reseed(const struct job *job, size_t k)
{
    size_t farthest = 0;
    for (size_t i = 1; i < job->problem->count; i++)
        if (job->distance[i] > job->distance[farthest])
            farthest = i;
    place_center(job, k, farthest);
    job->distance[farthest] = 0;
    job->name[farthest] = (uint16_t)k;
    job->sign[farthest] = 1;
}

static void move_centers(const struct job *job)
{
    const struct sterna_kmeans *problem = job->problem;
    const size_t size = problem->size;
    memset(job->sum, 0, problem->centers * size * sizeof *job->sum);
    memset(job->mass, 0, problem->centers * sizeof *job->mass);
    for (size_t i = 0; i < problem->count; i++) {
        const double weight = weight_of(job, i);
        job->mass[job->name[i]] += weight;
        for (size_t j = 0; j < size; j++)
            job->sum[job->name[i] * size + j] += job->sign[i] * weight * job->point[i * size + j];
    }
    for (size_t k = 0; k < problem->centers; k++) {
        for (size_t j = 0; j < size && job->mass[k] > 0; j++)
            job->center[k * size + j] = job->sum[k * size + j] / job->mass[k];
        if (!(job->mass[k] > 0))
            reseed(job, k);
    }
}

enum sterna_status sterna_kmeans(const struct sterna_kmeans *problem, const double *point,
                                 const double *weight, double *center, uint16_t *name, int8_t *sign,
                                 struct sterna_error *error)
{
    const size_t count = problem->count, centers = problem->centers;
    assert(centers >= 1 && centers <= UINT16_MAX && (sign || !problem->symmetric));
    if (centers > count)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "%zu codewords for %zu sub-vectors: there can be no more words than those",
                           centers, count);
    struct job job = {.problem = problem, .point = point, .weight = weight};
    double *memory = calloc(centers * (problem->size + 1) + count, sizeof *memory);
    uint16_t *before = malloc(count * sizeof *before);
    int8_t *signs = malloc(2 * count);
    enum sterna_status status = STERNA_OK;
    if (!memory || !before || !signs) {
        status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu sub-vectors", count);
        goto out;
    }
    job.center = center;
    job.name = name;
    job.sum = memory;
    job.mass = memory + centers * problem->size;
    job.distance = job.mass + centers;
    job.sign = signs;
    seed_centers(&job);
    for (size_t round = 0; round < problem->rounds; round++) {
        move_centers(&job);
        if (!assign(&job, before, signs + count))
            break;
    }
    if (sign)
        memcpy(sign, signs, count);
out:
    free(memory);
    free(before);
    free(signs);
    return status;
}
