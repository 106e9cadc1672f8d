/* study_claim.h - one worker per run, over processes and machines that share a folder.
 *
 * A claim is a file that exists while somebody works: created exclusively (O_EXCL, which holds over NFS), with one line
 *
 *   HOST PID START DATE
 *
 * START is when that process began, in the kernel's clock ticks (0: unknown), so that a process that got the number of a dead one, as the
 * first in a container always does, is not taken for it. A claim is stale if it is of this host and its process is gone.
 */
#ifndef STERNA_STUDY_CLAIM_H
#define STERNA_STUDY_CLAIM_H

#include "sterna.h"

enum { STERNA_CLAIM_SIZE = 160 };

/* Claim `path`: *taken tells whether it is the caller's now. If not, holder says whose: "HOST, process PID, since DATE". A stale claim is
 * taken over; with steal also one of another host, or one that cannot be read, but never one of a living process of this host.
 * Not for two threads of a process on the same path at a time. */
STERNA_MUST_CHECK enum sterna_status sterna_claim_take(const char *path, bool steal, bool *taken,
                                                       char holder[STERNA_CLAIM_SIZE],
                                                       struct sterna_error *error);
/* Give up the claim; one that somebody has stolen meanwhile is left alone. */
void sterna_claim_release(const char *path);
/* Whether there is a claim that is not stale; then also whose. */
bool sterna_claim_held(const char *path, char holder[STERNA_CLAIM_SIZE]);

#endif
