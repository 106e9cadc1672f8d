#include "bench_kernels.h"

#include <math.h>
#include <stdio.h>

#include "command.h"
#include "terminal.h"

enum { REPETITIONS = 2000, REPETITIONS_MAX = 1000000 };

size_t sterna_bench_repetitions(const struct sterna_options *options, size_t usual)
{
    if ((options->given & STERNA_TAKES_LENGTH) == 0 || options->length == 0)
        return usual;
    return options->length > REPETITIONS_MAX ? REPETITIONS_MAX : (size_t)options->length;
}

bool sterna_bench_add_number(cJSON *object, const char *key, double value)
{
    return cJSON_AddItemToObject(object, key,
                                 isfinite(value) ? cJSON_CreateNumber(value) : cJSON_CreateNull());
}

cJSON *sterna_bench_machine_object(const struct sterna_bench_machine *machine)
{
    cJSON *object = cJSON_CreateObject();
    if (object != NULL && cJSON_AddStringToObject(object, "processor", machine->processor) != NULL &&
        sterna_bench_add_number(object, "cores", machine->cores) &&
        sterna_bench_add_number(object, "gigahertz", machine->gigahertz) &&
        cJSON_AddStringToObject(object, "kernel", machine->kernel) != NULL &&
        sterna_bench_add_number(object, "ceiling_products_per_cycle", machine->ceiling) &&
        cJSON_AddStringToObject(object, "compiler", machine->compiler) != NULL &&
        cJSON_AddStringToObject(object, "openblas", machine->openblas) != NULL &&
        cJSON_AddStringToObject(object, "date", machine->date) != NULL)
        return object;
    cJSON_Delete(object);
    return NULL;
}

void sterna_bench_machine_print(const struct sterna_bench_machine *machine)
{
    printf("%s, %u cores; %.2f GHz while measured; kernel %s, on registers alone %.1f products a cycle\n"
           "%s; %s; %s\n\n",
           machine->processor, machine->cores, machine->gigahertz, machine->kernel, machine->ceiling,
           machine->compiler, machine->openblas, machine->date);
}

int sterna_bench_print_object(cJSON *object, bool complete)
{
    char *text = complete ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    if (text == NULL) {
        sterna_complain("bench", "out of memory");
        return STERNA_EXIT_FAILED;
    }
    puts(text);
    cJSON_free(text);
    return STERNA_EXIT_DONE;
}

static void print_lines(const struct sterna_bench_kernel *result)
{
    printf("kernel %s", result->kernel);
    if (isfinite(result->ceiling))
        printf(", on registers alone %.1f products a cycle", result->ceiling);
    printf("\n%-8s %-8s %12s %12s %18s\n", "format", "layout", "matrix", "nanoseconds", "weights per cycle");
    for (size_t i = 0; i < STERNA_BENCH_KERNELS; i++) {
        char size[32];
        (void)snprintf(size, sizeof size, "%zu x %zu", result[i].rows, result[i].columns);
        printf("%-8s %-8s %12s %12.0f %18.1f\n", result[i].format, result[i].layout, size,
               result[i].nanoseconds, result[i].weights_per_cycle);
    }
    printf("\n");
}

static bool add_line(cJSON *list, const struct sterna_bench_kernel *result)
{
    cJSON *object = cJSON_CreateObject();
    return object != NULL && cJSON_AddItemToArray(list, object) &&
           cJSON_AddStringToObject(object, "format", result->format) != NULL &&
           cJSON_AddStringToObject(object, "layout", result->layout) != NULL &&
           cJSON_AddStringToObject(object, "kernel", result->kernel) != NULL &&
           sterna_bench_add_number(object, "rows", (double)result->rows) &&
           sterna_bench_add_number(object, "columns", (double)result->columns) &&
           sterna_bench_add_number(object, "ceiling_products_per_cycle", result->ceiling) &&
           sterna_bench_add_number(object, "nanoseconds", result->nanoseconds) &&
           sterna_bench_add_number(object, "gigahertz", result->gigahertz) &&
           sterna_bench_add_number(object, "weights_per_cycle", result->weights_per_cycle);
}

/* One kernel, added to the list or printed: the first one below the machine. */
static bool measure(const char *kernel, size_t repetitions, cJSON *list,
                    const struct sterna_bench_machine *machine)
{
    struct sterna_bench_kernel result[STERNA_BENCH_KERNELS];
    struct sterna_error error;

    if (sterna_bench_kernels(kernel, repetitions, result, &error) != STERNA_OK) {
        sterna_complain("bench", "%s", error.reason);
        return false;
    }
    if (list == NULL && machine != NULL)
        sterna_bench_machine_print(machine);
    if (list == NULL)
        print_lines(result);
    for (size_t i = 0; list != NULL && i < STERNA_BENCH_KERNELS; i++) {
        if (!add_line(list, &result[i])) {
            sterna_complain("bench", "out of memory");
            return false;
        }
    }
    return true;
}

int sterna_bench_kernels_run(const struct sterna_options *options)
{
    const size_t repetitions = sterna_bench_repetitions(options, REPETITIONS);
    struct sterna_bench_machine machine;
    struct sterna_error error;
    cJSON *object = options->json ? cJSON_CreateObject() : NULL;
    cJSON *list = options->json ? cJSON_AddArrayToObject(object, "kernels") : NULL;
    const char *kernel = options->kernel != NULL ? options->kernel : sterna_bench_kernel_name(0);
    bool done = sterna_bench_machine(&machine, &error) == STERNA_OK;

    if (!done)
        sterna_complain("bench", "%s", error.reason);
    for (size_t i = 0; done && kernel != NULL; i++) {
        done = measure(kernel, repetitions, list, i == 0 ? &machine : NULL);
        kernel = options->kernel != NULL ? NULL : sterna_bench_kernel_name(i + 1);
    }
    if (done && options->json)
        return sterna_bench_print_object(
            object,
            list != NULL && cJSON_AddItemToObject(object, "machine", sterna_bench_machine_object(&machine)));
    cJSON_Delete(object);
    return done ? STERNA_EXIT_DONE : STERNA_EXIT_FAILED;
}
